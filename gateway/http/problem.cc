// RFC 9457 problem documents, and the one place where the error vocabulary becomes HTTP.
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "gateway/http/call.h"

namespace sluis::gateway {

namespace {

// "audit halted" -> "urn:sluis:problem:audit-halted": what programs match on.
std::string type_of(std::string_view title) {
  std::string type = "urn:sluis:problem:";
  for (const char c : title) type += c == ' ' ? '-' : c;
  return type;
}

struct Row {
  unsigned status;
  std::string_view title;
  const char* retry_after = nullptr;  // seconds
  // Whether the error's own words go out. A failed decrypt says nothing about why it failed, and a bug is nobody's
  // business but the operator's.
  enum class Words : std::uint8_t { told, kept } words = Words::told;
};

Row row_of(Code code) noexcept {
  switch (code) {
    case Code::invalid:
      return {400, "invalid request"};
    case Code::denied:
      return {403, "not allowed"};
    case Code::not_found:
      return {404, "not found"};
    case Code::conflict:
      return {409, "conflict"};
    case Code::too_large:
      return {413, "too large"};
    case Code::rate_limited:
      return {429, "budget spent"};
    case Code::unavailable:
      return {503, "unavailable", "2"};
    case Code::audit_halted:
      return {503, "audit halted", nullptr, Row::Words::kept};
    case Code::busy:
      return {503, "busy", "1"};
    case Code::corrupt:
    case Code::internal:
      break;
  }
  return {500, "failed", nullptr, Row::Words::kept};
}

}  // namespace

Reply problem(unsigned status, std::string_view title, std::string_view detail) {
  boost::json::object document{{"type", type_of(title)}, {"title", title}, {"status", status}};
  if (!detail.empty()) document.emplace("detail", detail);
  Reply reply;
  reply.status = status;
  reply.content_type = "application/problem+json";
  reply.body = SecretBuffer(boost::json::serialize(document));
  return reply;
}

Reply problem_of(const Error& error) {
  const Row row = row_of(error.code);
  auto reply = problem(row.status, row.title, row.words == Row::Words::told ? error.what.view() : std::string_view{});
  if (row.retry_after != nullptr) reply.headers.emplace_back("Retry-After", row.retry_after);
  return reply;
}

}  // namespace sluis::gateway
