#include "gateway/records/json.h"

#include <cstring>

#include "crypto/utf8.h"
#include "gateway/records/json_text.h"

namespace sluis::gateway {
namespace {

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Whether each byte is ASCII from the space on, and neither a quote nor a backslash. A borrow between bytes comes only
// from a byte that fails the test itself.
bool all_plain(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x80 * kOnes;
  const auto zero_byte = [](std::uint64_t w) { return (w - kOnes) & ~w & kHigh; };
  const std::uint64_t low = (word - 0x20 * kOnes) & ~word & kHigh;
  return ((word & kHigh) | low | zero_byte(word ^ '"' * kOnes) | zero_byte(word ^ '\\' * kOnes)) == 0;
}

// FNV-1a, only to make comparing names cheap: equal hashes are followed by a full comparison.
std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace

void JsonScanner::begin(std::string_view text) {
  at_ = text.data();
  end_ = at_ + text.size();
  depth_ = 0;
  seen_.clear();
  skip_space();
}

JsonFault JsonScanner::end() {
  skip_space();
  return at_ == end_ ? JsonFault::none : JsonFault::syntax;
}

JsonFault JsonScanner::value(std::string_view text, JsonValue& out) {
  begin(text);
  const JsonFault fault = scan_value(out);
  return fault == JsonFault::none ? end() : fault;
}

JsonFault JsonScanner::object(std::string_view text, std::vector<JsonMember>& out) {
  out.clear();
  begin(text);
  if (at_ == end_) return JsonFault::syntax;
  if (*at_ == '{') {
    const JsonFault fault = scan_object(&out);
    return fault == JsonFault::none ? end() : fault;
  }
  JsonValue other;
  const JsonFault fault = value(text, other);
  return fault == JsonFault::none ? JsonFault::kind : fault;
}

JsonFault JsonScanner::array(std::string_view text, std::vector<JsonValue>& out) {
  out.clear();
  begin(text);
  if (at_ == end_) return JsonFault::syntax;
  if (*at_ == '[') {
    const JsonFault fault = scan_array(&out);
    return fault == JsonFault::none ? end() : fault;
  }
  JsonValue other;
  const JsonFault fault = value(text, other);
  return fault == JsonFault::none ? JsonFault::kind : fault;
}

void JsonScanner::skip_space() noexcept {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool JsonScanner::take(char c) noexcept {
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

JsonFault JsonScanner::scan_value(JsonValue& out) {
  if (at_ == end_) return JsonFault::syntax;
  const char* const first = at_;
  JsonFault fault = JsonFault::syntax;
  JsonName text;
  switch (*at_) {
    case '{':
      out.kind = JsonKind::object;
      fault = scan_object(nullptr);
      break;
    case '[':
      out.kind = JsonKind::array;
      fault = scan_array(nullptr);
      break;
    case '"':
      out.kind = JsonKind::string;
      fault = scan_string(text);
      break;
    case 't':
    case 'f':
      out.kind = JsonKind::boolean;
      fault = scan_word(*at_ == 't' ? "true" : "false");
      break;
    case 'n':
      out.kind = JsonKind::null;
      fault = scan_word("null");
      break;
    default:
      out.kind = JsonKind::number;
      fault = scan_number();
  }
  out.text = {first, static_cast<std::size_t>(at_ - first)};
  return fault;
}

JsonFault JsonScanner::scan_object(std::vector<JsonMember>* out) {
  if (++depth_ > limits_.depth) return JsonFault::too_deep;
  ++at_;  // the brace
  const std::size_t first_seen = seen_.size();
  skip_space();
  bool more = !take('}');
  while (more) {
    const JsonFault fault = scan_member(first_seen, out);
    if (fault != JsonFault::none) return fault;
    more = take(',');
    if (more) skip_space();
    if (!more && !take('}')) return JsonFault::syntax;
  }
  seen_.resize(first_seen);
  --depth_;
  return JsonFault::none;
}

JsonFault JsonScanner::scan_member(std::size_t first_seen, std::vector<JsonMember>* out) {
  JsonMember member;
  if (at_ == end_ || *at_ != '"') return JsonFault::syntax;
  if (const JsonFault fault = scan_string(member.name); fault != JsonFault::none) return fault;
  if (const JsonFault fault = note_name(first_seen, member.name); fault != JsonFault::none) return fault;
  skip_space();
  if (!take(':')) return JsonFault::syntax;
  skip_space();
  if (const JsonFault fault = scan_value(member.value); fault != JsonFault::none) return fault;
  skip_space();
  if (out != nullptr) out->push_back(member);
  return JsonFault::none;
}

JsonFault JsonScanner::note_name(std::size_t first_seen, const JsonName& name) {
  if (seen_.size() - first_seen >= limits_.members) return JsonFault::too_many;
  Seen now{0, name};
  if (name.escaped) {
    SecretBuffer plain;
    append_unescaped(plain, name.raw);
    now.hash = hash_of(plain.expose_text());
  } else {
    now.hash = hash_of(name.raw);
  }
  for (std::size_t i = first_seen; i < seen_.size(); ++i) {
    if (seen_[i].hash == now.hash && same_name(seen_[i].name, name)) return JsonFault::duplicate;
  }
  seen_.push_back(now);
  return JsonFault::none;
}

JsonFault JsonScanner::scan_array(std::vector<JsonValue>* out) {
  if (++depth_ > limits_.depth) return JsonFault::too_deep;
  ++at_;  // the bracket
  skip_space();
  bool more = !take(']');
  while (more) {
    JsonValue element;
    if (const JsonFault fault = scan_value(element); fault != JsonFault::none) return fault;
    if (out != nullptr && out->size() >= limits_.elements) return JsonFault::too_many;
    if (out != nullptr) out->push_back(element);
    skip_space();
    more = take(',');
    if (more) skip_space();
    if (!more && !take(']')) return JsonFault::syntax;
  }
  --depth_;
  return JsonFault::none;
}

// Eight characters at a time, as long as none of them needs a look.
void JsonScanner::skip_plain() noexcept {
  std::uint64_t word = 0;
  while (static_cast<std::size_t>(end_ - at_) >= sizeof word) {
    std::memcpy(&word, at_, sizeof word);
    if (!all_plain(word)) return;
    at_ += sizeof word;
  }
}

JsonFault JsonScanner::scan_string(JsonName& out) {
  ++at_;  // the quote
  const char* const first = at_;
  for (skip_plain(); at_ != end_;) {
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"') {
      out.raw = {first, static_cast<std::size_t>(at_ - first)};
      ++at_;
      return JsonFault::none;
    }
    if (c == 0) return JsonFault::nul;
    if (c < 0x20) return JsonFault::syntax;
    if (c == '\\') {
      out.escaped = true;
      if (const JsonFault fault = scan_escape(); fault != JsonFault::none) return fault;
      continue;
    }
    if (c < 0x80) {
      ++at_;
      continue;
    }
    if (const JsonFault fault = scan_utf8(); fault != JsonFault::none) return fault;
  }
  return JsonFault::syntax;
}

JsonFault JsonScanner::scan_utf8() {
  std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (!take_code_point(rest)) return JsonFault::not_utf8;
  at_ = rest.data();
  return JsonFault::none;
}

JsonFault JsonScanner::scan_escape() {
  ++at_;  // the backslash
  if (at_ == end_) return JsonFault::syntax;
  if (*at_ != 'u') {
    if (std::string_view("\"\\/bfnrt").find(*at_) == std::string_view::npos) return JsonFault::syntax;
    ++at_;
    return JsonFault::none;
  }
  const std::int32_t unit = hex_unit(at_ + 1, end_);
  if (unit < 0) return JsonFault::syntax;
  if (unit == 0) return JsonFault::nul;
  if (low_surrogate(unit)) return JsonFault::not_utf8;
  at_ += 5;
  if (!high_surrogate(unit)) return JsonFault::none;
  if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return JsonFault::not_utf8;
  if (!low_surrogate(hex_unit(at_ + 2, end_))) return JsonFault::not_utf8;
  at_ += 6;
  return JsonFault::none;
}

// RFC 8259 section 6.
JsonFault JsonScanner::scan_number() {
  const auto digits = [this] {
    const char* const first = at_;
    while (at_ != end_ && digit(*at_)) ++at_;
    return at_ != first;
  };
  take('-');
  if (!take('0') && !digits()) return JsonFault::syntax;
  if (take('.') && !digits()) return JsonFault::syntax;
  if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return JsonFault::none;
  ++at_;
  if (!take('+')) take('-');
  return digits() ? JsonFault::none : JsonFault::syntax;
}

JsonFault JsonScanner::scan_word(std::string_view word) {
  if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word) {
    return JsonFault::syntax;
  }
  at_ += word.size();
  return JsonFault::none;
}

SecretBuffer string_text(const JsonValue& value) {
  SecretBuffer out;
  out.reserve(value.text.size());
  append_unescaped(out, value.text.substr(1, value.text.size() - 2));
  return out;
}

bool same_name(const JsonName& a, const JsonName& b) {
  if (!b.escaped) return same_name(a, b.raw);
  SecretBuffer plain;
  append_unescaped(plain, b.raw);
  return same_name(a, plain.expose_text());
}

bool same_name(const JsonName& a, std::string_view plain) {
  if (!a.escaped) return a.raw == plain;
  SecretBuffer unescaped_name;
  append_unescaped(unescaped_name, a.raw);
  return unescaped_name.expose_text() == plain;
}

Literal sentence(JsonFault fault) noexcept {
  switch (fault) {
    case JsonFault::none:
      return "";
    case JsonFault::syntax:
      return "not valid JSON";
    case JsonFault::not_utf8:
      return "not valid UTF-8";
    case JsonFault::nul:
      return "U+0000 is not accepted";
    case JsonFault::too_deep:
      return "nested too deep";
    case JsonFault::duplicate:
      return "two members have the same name";
    case JsonFault::too_many:
      return "an object or list has too many members";
    case JsonFault::kind:
      return "another kind of JSON value is expected";
  }
  return "not valid JSON";
}

}  // namespace sluis::gateway
