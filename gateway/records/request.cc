#include "gateway/records/request.h"

#include <algorithm>
#include <charconv>

namespace sluis::gateway {

std::optional<std::uint64_t> decimal(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Request Request::read(std::string_view body, std::initializer_list<std::string_view> known, Empty empty) {
  Request request;
  if (body.empty() && empty == Empty::allowed) return request;
  JsonScanner scanner;
  const JsonFault fault = scanner.object(body, request.members_);
  if (fault != JsonFault::none) {
    request.fault_ = fault_of(fault);
    return request;
  }
  for (const JsonMember& member : request.members_) {
    const auto named = [&](std::string_view name) { return same_name(member.name, name); };
    if (std::none_of(known.begin(), known.end(), named)) {
      request.refuse("the request has no such member", bounded_name(member.name.raw));
    }
  }
  return request;
}

void Request::refuse(Literal text, std::string_view member) {
  if (!fault_) fault_ = Fault{Code::invalid, "request", text, std::string(member)};
}

const JsonValue* Request::find(std::string_view name) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const JsonMember& member) { return same_name(member.name, name); });
  return found == members_.end() ? nullptr : &found->value;
}

std::optional<std::vector<std::string>> Request::strings(std::string_view name, std::size_t at_most) {
  const JsonValue* const value = find(name);
  if (value == nullptr) return std::nullopt;
  std::vector<JsonValue> items;
  JsonScanner scanner;
  const bool is_array = scanner.array(value->text, items) == JsonFault::none;
  const auto is_string = [](const JsonValue& item) { return item.kind == JsonKind::string; };
  if (!is_array || !std::all_of(items.begin(), items.end(), is_string)) {
    refuse("a list of strings is expected", name);
    return std::nullopt;
  }
  if (items.size() > at_most) {
    if (!fault_) fault_ = Fault{Code::too_large, "request", "the list is too long", std::string(name)};
    return std::nullopt;
  }
  std::vector<std::string> out;
  out.reserve(items.size());
  for (const JsonValue& item : items) out.emplace_back(string_text(item).expose_text());
  return out;
}

std::optional<std::string> Request::string(std::string_view name) {
  const JsonValue* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->kind == JsonKind::string) return std::string(string_text(*value).expose_text());
  refuse("a string is expected", name);
  return std::nullopt;
}

std::optional<std::uint64_t> Request::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
  const JsonValue* const value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = decimal(value->text);
  if (number && *number >= least && *number <= most) return number;
  refuse("a whole number within its bounds is expected", name);
  return std::nullopt;
}

}  // namespace sluis::gateway
