#include "gateway/transit/api/envelope.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "crypto/utf8.h"
#include "gateway/records/json_text.h"

namespace sluis::gateway::transit {
namespace {

// What a compatible client reads where the server refuses before, or instead of, a handler.
std::string words_of(unsigned status, const Reply& problem) {
  if (status == 403) return "permission denied";
  boost::system::error_code failed;
  const auto document = boost::json::parse(problem.body.expose_text(), failed);
  const auto* const members = failed ? nullptr : document.if_object();
  if (members == nullptr) return "request failed";
  for (const char* const name : {"detail", "title"}) {
    const auto* const member = members->if_contains(name);
    if (member != nullptr && member->is_string()) return std::string(member->as_string());
  }
  return "request failed";
}

// Messages repeat what callers sent: bytes of a path, or a name cut short. JSON text is UTF-8 (RFC 8259 section 8.1),
// so what is none is shown as U+FFFD.
std::string shown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    if (take_code_point(text)) {
      out += before.substr(0, before.size() - text.size());
      continue;
    }
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  return out;
}

void append_warnings(JsonPen& pen, const std::vector<std::string>& warnings) {
  if (warnings.empty()) {
    pen.null();
    return;
  }
  pen.open_array();
  for (const auto& warning : warnings) pen.text(shown(warning));
  pen.close_array();
}

void append_or_null(JsonPen& pen, const SecretBuffer& json) {
  pen.raw(json.empty() ? std::string_view("null") : json.expose_text());
}

}  // namespace

Reply envelope_of(const Call& call, Answer answer) {
  constexpr std::size_t kAround = 512;
  Reply reply;
  reply.status = answer.status;
  reply.body.reserve(answer.data.size() + answer.auth.size() + kAround);
  JsonPen pen(reply.body);
  pen.open_object().name("request_id").text(call.request_id);
  pen.raw(R"("lease_id":"","renewable":false,"lease_duration":0)");
  append_or_null(pen.name("data"), answer.data);
  pen.name("wrap_info").null();
  append_warnings(pen.name("warnings"), answer.warnings);
  append_or_null(pen.name("auth"), answer.auth);
  pen.close_object();
  return reply;
}

Reply errors_of(const Refusal& refusal) {
  Reply reply;
  reply.status = refusal.status;
  JsonPen pen(reply.body);
  pen.open_object().name("errors").open_array();
  if (!refusal.text.empty()) pen.text(shown(refusal.text));
  pen.close_array().close_object();
  return reply;
}

Refusal refusal_of(const Error& error) {
  const std::string own(error.what.view());
  switch (error.code) {
    case Code::invalid:
    case Code::conflict:
      return {400, own};
    case Code::denied:
      return {403, "permission denied"};
    case Code::not_found:
      return {404, {}};
    case Code::too_large:
      return {413, own};
    case Code::rate_limited:
      return {429, own};
    case Code::unavailable:
    case Code::busy:
      return {503, own};
    case Code::audit_halted:
      return {503, "audit halted"};
    case Code::corrupt:
    case Code::internal:
      break;
  }
  return {500, "internal error"};
}

Reply no_content() {
  Reply reply;
  reply.status = 204;
  return reply;
}

Reply compatible(Reply problem) {
  if (problem.content_type != "application/problem+json") return problem;
  Reply reply = errors_of({problem.status, words_of(problem.status, problem)});
  reply.headers = std::move(problem.headers);
  return reply;
}

std::string unrecognized(const std::vector<std::string>& names) {
  std::string text = "Endpoint ignored these unrecognized parameters: [";
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : " ") + names[i];
  return text + ']';
}

void JsonPen::separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

JsonPen& JsonPen::word(std::string_view text) {
  separate();
  out_.append(text);
  return *this;
}

JsonPen& JsonPen::open_object() {
  word("{");
  comma_ = false;
  return *this;
}

JsonPen& JsonPen::close_object() {
  out_.push_back('}');
  comma_ = true;
  return *this;
}

JsonPen& JsonPen::open_array() {
  word("[");
  comma_ = false;
  return *this;
}

JsonPen& JsonPen::close_array() {
  out_.push_back(']');
  comma_ = true;
  return *this;
}

JsonPen& JsonPen::name(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

JsonPen& JsonPen::text(std::string_view value) {
  separate();
  append_quoted(out_, value);
  return *this;
}

JsonPen& JsonPen::open_text() {
  return word("\"");
}

JsonPen& JsonPen::close_text() {
  out_.push_back('"');
  return *this;
}

JsonPen& JsonPen::base64(ByteView bytes) {
  open_text();
  append_base64(out_, bytes);
  return close_text();
}

JsonPen& JsonPen::number(std::uint64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

}  // namespace sluis::gateway::transit
