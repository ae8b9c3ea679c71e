#include "gateway/transit/api/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "gateway/records/json_text.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kLongestName = 64;  // shown of a name that is not understood
constexpr std::size_t kMostUnknown = 32;
constexpr std::uint64_t kLongest = 100ULL * 366 * 86'400;

bool any_of(std::initializer_list<std::string_view> words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::uint64_t unit_of(char c) noexcept {
  switch (c) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86'400;
    default:
      return 0;
  }
}

}  // namespace

std::optional<std::int64_t> integer_of(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> seconds_of(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    std::uint64_t part = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc{} || part > kLongest) return std::nullopt;
    const bool bare = end == text.data() + text.size();
    if (bare && total != 0) return std::nullopt;
    const std::uint64_t unit = bare ? 1 : unit_of(*end);
    if (unit == 0) return std::nullopt;
    total += part * unit;
    if (total > kLongest) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + (bare ? 0 : 1));
  }
  return total;
}

std::string_view plain_text(const JsonValue& value, std::deque<SecretBuffer>& keep) {
  const std::string_view raw = value.text.substr(1, value.text.size() - 2);
  if (raw.find('\\') == std::string_view::npos) return raw;
  append_unescaped(keep.emplace_back(), raw);
  return keep.back().expose_text();
}

Params::Params(const Call& call, std::initializer_list<std::string_view> known) : known_(known), call_(call) {
  read_body(call.body.expose_text());
}

void Params::read_body(std::string_view body) {
  if (body.empty()) return;
  JsonScanner scanner;
  const JsonFault fault = scanner.object(body, members_);
  if (fault == JsonFault::none) return;
  members_.clear();
  JsonValue other;
  if (fault == JsonFault::kind && scanner.value(body, other) == JsonFault::none && other.kind == JsonKind::null) return;
  refuse({400, "failed to parse JSON input: " + std::string(sentence(fault).view())});
}

void Params::refuse(Refusal refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
}

void Params::refuse_type(std::string_view name, std::string_view expected) {
  refuse({400, "error converting input for field \"" + std::string(name) + "\": expected " + std::string(expected)});
}

const JsonValue* Params::json(std::string_view name) const {
  for (const JsonMember& member : members_) {
    if (same_name(member.name, name)) return member.value.kind == JsonKind::null ? nullptr : &member.value;
  }
  return nullptr;
}

bool Params::has(std::string_view name) const {
  return json(name) != nullptr || call_.query_value(name).has_value();
}

// The value's text, whatever scalar it is.
std::optional<std::string_view> Params::scalar(std::string_view name) {
  const JsonValue* const value = json(name);
  if (value == nullptr) return call_.query_value(name);
  if (value->kind == JsonKind::string) return plain_text(*value, unescaped_);
  if (value->kind != JsonKind::array && value->kind != JsonKind::object) return value->text;
  refuse_type(name, "a single value");
  return std::nullopt;
}

std::string_view Params::text(std::string_view name, std::string_view otherwise) {
  return scalar(name).value_or(otherwise);
}

std::optional<bool> Params::maybe_flag(std::string_view name) {
  const auto value = scalar(name);
  if (!value || value->empty()) return std::nullopt;
  if (any_of({"true", "TRUE", "True", "t", "T", "1"}, *value)) return true;
  if (any_of({"false", "FALSE", "False", "f", "F", "0"}, *value)) return false;
  refuse_type(name, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Params::maybe_integer(std::string_view name) {
  const auto value = scalar(name);
  if (!value || value->empty()) return std::nullopt;
  const auto number = integer_of(*value);
  if (!number) refuse_type(name, "a whole number");
  return number;
}

std::optional<std::uint64_t> Params::maybe_seconds(std::string_view name) {
  const auto value = scalar(name);
  if (!value || value->empty()) return std::nullopt;
  const auto seconds = seconds_of(*value);
  if (!seconds) refuse_type(name, "a duration");
  return seconds;
}

SecretBuffer Params::base64(std::string_view name, std::string_view failed) {
  SecretBuffer out;
  if (!append_from_base64(out, text(name))) refuse({400, std::string(failed)});
  return out;
}

std::vector<std::string> Params::warnings() const {
  std::vector<std::string> names;
  const auto note = [&](std::string name) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) return;
    if (name.size() > kLongestName) name.resize(kLongestName);
    if (names.size() < kMostUnknown) names.push_back(std::move(name));
  };
  for (const JsonMember& member : members_) {
    SecretBuffer name;
    append_unescaped(name, member.name.raw);
    note(std::string(name.expose_text()));
  }
  for (const auto& pair : call_.query) note(pair.first);
  if (names.empty()) return {};
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {unrecognized(names)};
}

}  // namespace sluis::gateway::transit
