#include "gateway/approvals/act.h"

#include <algorithm>
#include <boost/json.hpp>

#include "crypto/hash.h"
#include "gateway/http/decode.h"
#include "gateway/http/method.h"

namespace sluis::gateway::approvals {
namespace {

namespace json = boost::json;

constexpr Error malformed{Code::corrupt, "a request for approval is malformed"};

Status take_reason(const Call& call, json::object* body, Act& act) {
  act.reason = call.header("Sluis-Reason");
  const json::value* const member = body == nullptr ? nullptr : body->if_contains("reason");
  if (member != nullptr) {
    if (!member->is_string()) return Error{Code::invalid, "the reason is a text"};
    if (act.reason.empty()) act.reason = member->get_string();
    act.reason_said = Act::Said::in_body;
    body->erase("reason");
  }
  if (act.reason.size() > kMaxReason) return Error{Code::too_large, "the reason is too long"};
  if (!is_utf8(act.reason)) return Error{Code::invalid, "the reason is a text"};
  return {};
}

// Approvers read what the parser below understood, and nothing else is carried out (guard.cc).
Result<json::value> parsed(std::string_view text) {
  if (text.empty()) return json::value();
  if (text.size() > kMaxActBody) return Error{Code::too_large, "the body is too large to be put up for approval"};
  boost::system::error_code error;
  json::value body = json::parse(text, error);
  if (error || !body.is_object()) return Error{Code::invalid, "the body is not a JSON object"};
  return body;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

}  // namespace

json::value canonical(const json::value& value) {
  if (value.is_array()) {
    json::array out;
    for (const json::value& item : value.get_array()) out.push_back(canonical(item));
    return out;
  }
  if (!value.is_object()) return value;
  std::vector<const json::key_value_pair*> members;
  for (const auto& member : value.get_object()) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
  json::object out;
  for (const auto* member : members) out.emplace(member->key(), canonical(member->value()));
  return out;
}

Result<Act> act_of(const Call& call, const Route& route, Keep keep) {
  Act act;
  act.action = route.action;
  act.pattern = route.pattern;
  act.method = name(call.method);
  act.path = call.path;
  act.query = call.query;
  std::sort(act.query.begin(), act.query.end());
  if (keep == Keep::digest) {
    if (const Status taken = take_reason(call, nullptr, act); !taken) return taken.error();
    act.body_digest = to_hex(sha256(bytes_of(call.body.expose_text())));
    return act;
  }
  auto body = parsed(call.body.expose_text());
  if (!body) return body.error();
  if (const Status taken = take_reason(call, body->if_object(), act); !taken) return taken.error();
  // A body that says nothing is as good as none.
  if (body->is_object() && !body->get_object().empty()) act.body = canonical(*body);
  return act;
}

std::string digest_of(const Act& act, std::string_view requester) {
  Bytes text;
  append_prefixed(text, bytes_of("sluis/approval/1"));
  for (const auto* part : {&act.action, &act.pattern, &act.method, &act.path}) append_prefixed(text, bytes_of(*part));
  append_u32(text, static_cast<std::uint32_t>(act.query.size()));
  for (const auto& [key, value] : act.query) {
    append_prefixed(text, bytes_of(key));
    append_prefixed(text, bytes_of(value));
  }
  append_prefixed(text, bytes_of(json::serialize(canonical(act.body))));
  append_prefixed(text, bytes_of(act.body_digest));
  append_prefixed(text, bytes_of(requester));
  return to_hex(sha256(text));
}

std::string approved_body(const Act& call, const Act& approved) {
  json::object body = approved.body.is_object() ? approved.body.get_object() : json::object();
  if (call.reason_said == Act::Said::in_body) body.emplace("reason", approved.reason);
  return json::serialize(body);
}

json::object to_json(const Act& act) {
  json::array query;
  for (const auto& [key, value] : act.query) query.push_back(json::array{key, value});
  return {{"action", act.action}, {"pattern", act.pattern}, {"method", act.method},           {"path", act.path},
          {"query", query},       {"body", act.body},       {"body_digest", act.body_digest}, {"reason", act.reason}};
}

Result<Act> act_from(const json::object& object) {
  Act act;
  act.action = text_of(object, "action");
  act.pattern = text_of(object, "pattern");
  act.method = text_of(object, "method");
  act.path = text_of(object, "path");
  act.body_digest = text_of(object, "body_digest");
  act.reason = text_of(object, "reason");
  const json::value* const body = object.if_contains("body");
  const json::value* const query = object.if_contains("query");
  if (body == nullptr || query == nullptr || !query->is_array() || act.action.empty()) return malformed;
  act.body = *body;
  for (const json::value& pair : query->get_array()) {
    const auto* const items = pair.if_array();
    if (items == nullptr || items->size() != 2 || !(*items)[0].is_string() || !(*items)[1].is_string())
      return malformed;
    act.query.emplace_back((*items)[0].get_string(), (*items)[1].get_string());
  }
  return act;
}

}  // namespace sluis::gateway::approvals
