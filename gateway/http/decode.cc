#include "gateway/http/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluis::gateway {

namespace {

constexpr auto npos = std::string::npos;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// pchar of RFC 3986 without the percent sign.
constexpr std::array<bool, 256> kPathChars = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();
bool is_path_char(char c) noexcept {
  return kPathChars[static_cast<unsigned char>(c)];
}

// Queries are taken a little wider than RFC 3986 has it: common clients leave brackets and bars as they are.
bool is_query_char(char c) noexcept {
  return c > 0x20 && c < 0x7f && c != '#' && c != '<' && c != '>' && c != '"' && c != '\\';
}

// The byte of "%XX" at `at`, or -1.
int escaped_byte(std::string_view raw, std::size_t at) noexcept {
  if (raw.size() - at < 3) return -1;
  const int high = hex_digit(raw[at + 1]);
  const int low = hex_digit(raw[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

const Error kBadPath{Code::invalid, "the path is malformed"};
const Error kBadQuery{Code::invalid, "the query is malformed"};

Result<Segment> decode_segment(std::string_view raw) {
  Segment out;
  out.text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const int byte = escaped_byte(raw, i);
      if (byte < 0) return kBadPath;
      c = static_cast<char>(byte);
      if (c == '/' || c == '\\') return Error{Code::invalid, "an encoded slash is not taken in a path"};
      i += 2;
    } else if (!is_path_char(c)) {
      return kBadPath;
    } else if (c == ':') {
      out.verb = out.text.size();
    }
    if (is_control(c)) return kBadPath;
    out.text.push_back(c);
  }
  if (out.text.empty() || out.text == "." || out.text == ".." || !is_utf8(out.text)) return kBadPath;
  return out;
}

Result<std::string> decode_query_part(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (!is_query_char(c)) return kBadQuery;
    if (c == '+') c = ' ';
    if (c == '%') {
      const int byte = escaped_byte(raw, i);
      if (byte < 0) return kBadQuery;
      c = static_cast<char>(byte);
      i += 2;
    }
    if (is_control(c)) return kBadQuery;
    out.push_back(c);
  }
  if (!is_utf8(out)) return kBadQuery;
  return out;
}

Status parse_query(std::string_view raw, Target& out) {
  while (!raw.empty()) {
    const auto end = std::min(raw.find('&'), raw.size());
    const auto pair = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (pair.empty()) continue;
    if (out.query.size() == kMaxQueryPairs) return Error{Code::too_large, "too many query parameters"};
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = decode_query_part(pair.substr(0, equals));
    if (!name) return name.error();
    auto value = decode_query_part(equals == pair.size() ? std::string_view{} : pair.substr(equals + 1));
    if (!value) return value.error();
    out.query.emplace_back(*std::move(name), *std::move(value));
  }
  return {};
}

Status parse_path(std::string_view raw, Target& out) {
  if (raw.empty() || raw.front() != '/') return Error{Code::invalid, "the request target must be a path"};
  raw.remove_prefix(1);
  out.path.reserve(raw.size() + 1);
  out.path.assign(1, '/');
  if (raw.empty()) return {};
  for (;;) {
    if (out.segments.size() == kMaxSegments) return Error{Code::too_large, "the path has too many segments"};
    const auto end = raw.find('/');
    auto segment = decode_segment(raw.substr(0, end));
    if (!segment) return segment.error();
    if (!out.segments.empty()) out.path.push_back('/');
    out.path += segment->text;
    out.segments.push_back(*std::move(segment));
    if (end == npos) return {};
    raw.remove_prefix(end + 1);
  }
}

}  // namespace

Result<Target> parse_target(std::string_view raw) {
  if (raw.size() > kMaxTarget) return Error{Code::too_large, "the request target is too long"};
  Target out;
  const auto question = raw.find('?');
  if (const auto path = parse_path(raw.substr(0, question), out); !path) return path.error();
  if (question == npos) return out;
  if (const auto query = parse_query(raw.substr(question + 1), out); !query) return query.error();
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  // First and last code point of each length, RFC 3629 section 3.
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i < length) return false;
    std::uint32_t point = lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80) return false;
      point = point << 6U | (next & 0x3fU);
    }
    if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

bool is_printable_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace sluis::gateway
