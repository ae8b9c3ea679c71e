#include "gateway/http/header_checks.h"

#include <algorithm>

#include "gateway/http/decode.h"

namespace sluis::gateway {

namespace {

// Headers arrive with lower-case names (gateway/http/request_parser.h).
enum class Found : std::uint8_t { none, one, bad };
Found find_one(const Call& call, std::string_view name, std::size_t limit, std::string& out) {
  auto found = Found::none;
  for (const auto& [key, value] : call.headers) {
    if (key != name) continue;
    if (found != Found::none || value.empty() || value.size() > limit || !is_printable_ascii(value)) return Found::bad;
    out = value;
    found = Found::one;
  }
  return found;
}

}  // namespace

Status take_purpose_and_case(Call& call) {
  if (find_one(call, "sluis-purpose", kMaxPurpose, call.purpose) == Found::bad) {
    return Error{Code::invalid, "header Sluis-Purpose must be there once, 1 to 128 printable ASCII characters"};
  }
  if (find_one(call, "sluis-case", kMaxCase, call.case_reference) == Found::bad) {
    return Error{Code::invalid, "header Sluis-Case must be there once, 1 to 256 printable ASCII characters"};
  }
  return {};
}

}  // namespace sluis::gateway
