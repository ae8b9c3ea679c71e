#include "gateway/auth/login_routes.h"

#include <algorithm>

#include "audit/moment.h"
#include "gateway/auth/presented.h"
#include "gateway/auth/replies.h"
#include "gateway/auth/token_gate.h"
#include "gateway/transit/api/params.h"

namespace sluis::gateway::auth {
namespace {

using transit::Answer;
using transit::JsonPen;
using transit::Params;

constexpr std::uint64_t kSecond = audit::kSecondUs;
// Params keeps the list that it is given, so its names stand still.
const std::initializer_list<std::string_view> kLoginNames = {"name"};
const std::initializer_list<std::string_view> kRenewNames = {"increment", "token"};
const std::initializer_list<std::string_view> kNoNames = {"token"};

std::uint64_t seconds_left(const store::LoginToken& row, std::uint64_t now_us) {
  return row.expires_us > now_us ? (row.expires_us - now_us) / kSecond : 0;
}

std::string moment(std::uint64_t time_us) {
  const auto text = audit::moment_text(std::min(time_us, audit::kTimeLimitUs - 1));
  return {text.data(), text.size()};
}

audit::Event event_of(const Call& call, std::string_view action, std::string detail) {
  audit::Event event;
  event.action = action;
  event.payload.detail = std::move(detail);
  if (call.certificate) event.payload.detail += ", certificate " + to_hex(call.certificate->digest);
  return event;
}

std::string detail_of(const store::LoginToken& row) {
  return "token " + row.accessor + " until " + moment(row.expires_us);
}

// A refusal; where it is a denial, the log hears why and the caller does not.
Outcome refuse_logged(const Call& call, std::string_view action, const Error& error) {
  Outcome outcome = refuse(error);
  if (error.code != Code::denied) return outcome;
  outcome.events.push_back(event_of(call, action, std::string(error.what.view())));
  outcome.events.back().outcome = audit::Outcome::denied;
  return outcome;
}

Outcome done(const Call& call, Reply reply, std::string_view action, std::string detail) {
  Outcome outcome;
  outcome.reply = std::move(reply);
  outcome.events.push_back(event_of(call, action, std::move(detail)));
  outcome.hold = Hold::write;
  return outcome;
}

// The roles stand for what those clients call policies.
void append_policies(JsonPen& pen, const Call& call) {
  pen.open_array();
  for (const policy::Role role : call.principal->roles) pen.text(policy::name(role));
  pen.close_array();
}

void append_metadata(JsonPen& pen, const Call& call) {
  const ClientCertificate& certificate = *call.certificate;
  pen.open_object();
  pen.name("cert_name").text(call.principal->name);
  pen.name("common_name").text(certificate.common_name);
  pen.name("serial_number").text(certificate.serial_number);
  pen.name("subject_key_id").text(certificate.subject_key_id);
  pen.name("authority_key_id").text(certificate.authority_key_id);
  pen.close_object();
}

SecretBuffer auth_block(const Call& call, std::string_view token, const store::LoginToken& row) {
  SecretBuffer out;
  JsonPen pen(out);
  pen.open_object();
  pen.name("client_token").text(token);
  pen.name("accessor").text(row.accessor);
  append_policies(pen.name("policies"), call);
  append_policies(pen.name("token_policies"), call);
  append_metadata(pen.name("metadata"), call);
  pen.name("lease_duration").number(seconds_left(row, call.now_us));
  pen.name("renewable").flag(true);
  pen.name("entity_id").text("");
  pen.name("token_type").text("service");
  pen.name("orphan").flag(true);
  pen.name("mfa_requirement").null();
  pen.name("num_uses").number(0);
  pen.close_object();
  return out;
}

Outcome login(Tokens& tokens, Call& call) {
  constexpr std::string_view kAction = "auth.login";
  Params params(call, kLoginNames);
  const std::string_view name = params.text("name");
  if (params.refusal()) return refuse(*params.refusal());
  const auto holder = holder_of(call);
  if (!holder) return refuse_logged(call, kAction, holder.error());
  if (!name.empty() && name != holder->principal) {
    Outcome outcome = refuse_logged(call, kAction, {Code::denied, "the certificate is not of the principal asked for"});
    outcome.reply = transit::errors_of({400, "invalid certificate or no client certificate supplied"});
    return outcome;
  }
  const auto issued = tokens.issue(*holder, call.now_us);
  if (!issued) return refuse_logged(call, kAction, issued.error());
  std::string detail = detail_of(issued->row);
  if (issued->evicted > 0) detail += ", in place of " + std::to_string(issued->evicted) + " others";
  Answer answer;
  answer.auth = auth_block(call, issued->text.expose_text(), issued->row);
  answer.warnings = params.warnings();
  return done(call, transit::envelope_of(call, std::move(answer)), kAction, std::move(detail));
}

// What an engine says of a token. Without one, the certificate stands in for it.
struct Lookup {
  std::string_view id;
  std::string_view accessor;
  std::uint64_t issued_us = 0, expires_us = 0, ttl_s = 0, limit_s = 0;
  std::string_view type = "service";
};

Answer lookup_answer(const Call& call, const Lookup& found) {
  Answer answer;
  JsonPen pen(answer.data);
  pen.open_object();
  pen.name("accessor").text(found.accessor);
  pen.name("creation_time").number(found.issued_us / kSecond);
  pen.name("creation_ttl").number((found.expires_us - found.issued_us) / kSecond);
  pen.name("display_name").text("cert-" + call.principal->name);
  pen.name("entity_id").text("");
  pen.name("expire_time").text(moment(found.expires_us));
  pen.name("explicit_max_ttl").number(found.limit_s);
  pen.name("id").text(found.id);
  pen.name("issue_time").text(moment(found.issued_us));
  append_metadata(pen.name("meta"), call);
  pen.name("num_uses").number(0);
  pen.name("orphan").flag(true);
  pen.name("path").text("auth/cert/login");
  append_policies(pen.name("policies"), call);
  pen.name("renewable").flag(!found.id.empty());
  pen.name("ttl").number(found.ttl_s);
  pen.name("type").text(found.type);
  pen.close_object();
  return answer;
}

// The call is about the token that it is made with, or about one that its body names. Either must be the caller's own:
// Tokens finds none that was issued to another certificate.
enum class Whose : std::uint8_t { own, named };

Result<std::string_view> token_of(const Call& call, Params& params, Whose whose) {
  if (whose == Whose::own) return presented_token(call);
  const std::string_view named = params.text("token");
  if (params.refusal()) return Error{Code::invalid, "the body is not an object whose 'token' is a text"};
  if (named.empty()) return Error{Code::invalid, "missing token"};
  return named;
}

Lookup certificate_lookup(const Call& call) {
  const std::uint64_t end_us = std::max(call.certificate->not_after * kSecond, call.now_us);
  return {"", "", call.now_us, end_us, (end_us - call.now_us) / kSecond, 0, "certificate"};
}

Outcome look_up(Tokens& tokens, Call& call, Whose whose) {
  constexpr std::string_view kAction = "auth.lookup";
  Params params(call, kNoNames);
  if (params.refusal()) return refuse(*params.refusal());
  const auto token = token_of(call, params, whose);
  if (!token) return refuse(token.error());
  const auto holder = holder_of(call);
  if (!holder) return refuse_logged(call, kAction, holder.error());
  if (token->empty()) return answer(call, lookup_answer(call, certificate_lookup(call)));
  const auto row = tokens.find(*token, *holder, call.now_us);
  if (!row) return refuse_logged(call, kAction, row.error());
  const Lookup found{*token,
                     row->accessor,
                     row->issued_us,
                     row->expires_us,
                     seconds_left(*row, call.now_us),
                     (row->limit_us - row->issued_us) / kSecond};
  Answer out = lookup_answer(call, found);
  out.warnings = params.warnings();
  return answer(call, std::move(out));
}

Outcome renew(Tokens& tokens, Call& call, Whose whose) {
  constexpr std::string_view kAction = "auth.renew";
  Params params(call, kRenewNames);
  const auto increment = params.maybe_seconds("increment");
  if (params.refusal()) return refuse(*params.refusal());
  const auto token = token_of(call, params, whose);
  if (!token) return refuse(token.error());
  const auto holder = holder_of(call);
  if (!holder) return refuse_logged(call, kAction, holder.error());
  if (token->empty()) return refuse(Error{Code::invalid, "missing client token"});
  std::optional<std::chrono::seconds> longer;
  if (increment && *increment > 0) longer = std::chrono::seconds(static_cast<std::int64_t>(*increment));
  const auto row = tokens.renew(*token, *holder, longer, call.now_us);
  if (!row) return refuse_logged(call, kAction, row.error());
  Answer answer;
  answer.auth = auth_block(call, *token, *row);
  answer.warnings = params.warnings();
  const auto wanted = static_cast<std::uint64_t>(longer.value_or(tokens.config().ttl).count());
  if (seconds_left(*row, call.now_us) < wanted) {
    answer.warnings.push_back("the token lives shorter than was asked for: it is at a limit of its time");
  }
  return done(call, transit::envelope_of(call, std::move(answer)), kAction, detail_of(*row));
}

Outcome revoke(Tokens& tokens, Call& call, Whose whose) {
  constexpr std::string_view kAction = "auth.revoke";
  Params params(call, kNoNames);
  const auto token = token_of(call, params, whose);
  if (!token) return refuse(token.error());
  const auto holder = holder_of(call);
  if (!holder) return refuse_logged(call, kAction, holder.error());
  if (token->empty()) return refuse(Error{Code::invalid, "missing client token"});
  const auto row = tokens.revoke(*token, *holder, call.now_us);
  if (!row) return refuse_logged(call, kAction, row.error());
  return done(call, transit::no_content(), kAction, detail_of(*row));
}

template <Outcome (*function)(Tokens&, Call&, Whose), Whose whose>
Outcome about(Tokens& tokens, Call& call) {
  return function(tokens, call, whose);
}

}  // namespace

std::vector<Route> login_routes(Tokens& tokens) {
  using Function = Outcome (*)(Tokens&, Call&);
  const auto row = [&tokens](Method method, std::string_view pattern, TokenUse use, Function function) {
    return compatible_row(method, pattern, use, Runs::worker,
                          [&tokens, function](Call& call) { return function(tokens, call); });
  };
  std::vector<Route> routes;
  // These handlers look at the token themselves, since they need its row.
  const auto ignored = TokenUse::ignored;
  add_write(routes, row(Method::post, "/v1/auth/cert/login", ignored, login));
  constexpr auto look_up_own = about<look_up, Whose::own>;
  routes.push_back(row(Method::get, "/v1/auth/token/lookup-self", ignored, look_up_own));
  add_write(routes, row(Method::post, "/v1/auth/token/lookup-self", ignored, look_up_own));
  add_write(routes, row(Method::post, "/v1/auth/token/renew-self", ignored, about<renew, Whose::own>));
  add_write(routes, row(Method::post, "/v1/auth/token/revoke-self", ignored, about<revoke, Whose::own>));
  const auto checked = TokenUse::checked;
  add_write(routes, row(Method::post, "/v1/auth/token/lookup", checked, about<look_up, Whose::named>));
  add_write(routes, row(Method::post, "/v1/auth/token/renew", checked, about<renew, Whose::named>));
  add_write(routes, row(Method::post, "/v1/auth/token/revoke", checked, about<revoke, Whose::named>));
  return routes;
}

}  // namespace sluis::gateway::auth
