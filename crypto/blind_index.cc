#include "crypto/blind_index.h"

#include <algorithm>
#include <stdexcept>

#include "crypto/utf8.h"

namespace sluis {
namespace {

constexpr std::string_view kSealingInfo = "sluis/seal/1";
constexpr std::string_view kIndexInfo = "sluis/index/1";
constexpr std::size_t kKeySize = 32;

// U+00C0 to U+017F, 64 a line: the letter each folds to; a figure stands for two letters (kPairs), '?' for no letter.
constexpr std::string_view kFolded =
    "aaaaaa1ceeeeiiiidnooooo?ouuuuy23aaaaaa1ceeeeiiiidnooooo?ouuuuy2y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii44jjkkklllllll"
    "lllnnnnnnnnnoooooo55rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr char32_t kFoldedFrom = 0xc0;
constexpr std::string_view kPairs[] = {"ae", "th", "ss", "ij", "oe"};

// The code points with the Unicode property White_Space.
constexpr bool is_space(char32_t c) noexcept {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0d);
  if (c >= 0x2000 && c <= 0x200a) return true;
  constexpr char32_t others[] = {0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
  return std::find(std::begin(others), std::end(others), c) != std::end(others);
}

constexpr bool is_combining_mark(char32_t c) noexcept {
  return c >= 0x300 && c <= 0x36f;
}

// What one code point that is neither white space nor a mark becomes; `encoded` is its UTF-8.
void append_folded(SecretBuffer& out, char32_t c, std::string_view encoded) {
  if (c >= 'A' && c <= 'Z') return out.push_back(static_cast<char>(c - 'A' + 'a'));
  if (c < kFoldedFrom || c - kFoldedFrom >= kFolded.size()) return out.append(encoded);
  const char folded = kFolded[c - kFoldedFrom];
  if (folded == '?') return out.append(encoded);
  if (folded >= 'a') return out.push_back(folded);
  out.append(kPairs[folded - '1']);
}

void append_text(SecretBuffer& out, std::string_view value) {
  bool space_waits = false;
  while (!value.empty()) {
    const std::string_view before = value;
    const char32_t c = take_code_point(value).value();
    if (is_combining_mark(c)) continue;
    if (is_space(c)) {
      space_waits = !out.empty();
      continue;
    }
    if (space_waits) out.push_back(' ');
    space_waits = false;
    append_folded(out, c, before.substr(0, before.size() - value.size()));
  }
}

void append_digits(SecretBuffer& out, std::string_view value) {
  for (const char c : value) {
    if (c >= '0' && c <= '9') out.push_back(c);
  }
}

}  // namespace

Result<Normaliser> normaliser_named(std::string_view name) {
  if (name == "exact") return Normaliser::exact;
  if (name == "digits") return Normaliser::digits;
  if (name == "text") return Normaliser::text;
  return Error{Code::invalid, "a normaliser is exact, digits or text"};
}

Result<SecretBuffer> normalise(Normaliser how, std::string_view value) {
  if (!is_utf8(value)) return Error{Code::invalid, "an indexed value is not UTF-8"};
  SecretBuffer out;
  out.reserve(value.size());  // no normaliser makes a value longer
  switch (how) {
    case Normaliser::exact:
      out.append(value);
      break;
    case Normaliser::digits:
      append_digits(out, value);
      break;
    case Normaliser::text:
      append_text(out, value);
      break;
  }
  if (out.empty()) return Error{Code::invalid, "an indexed value is empty once normalised"};
  return out;
}

Bytes blind_index(const SecretKey& index_key, unsigned bits, ByteView normalised) {
  if (bits < 8 || bits > 256) throw std::invalid_argument("a blind index has 8 to 256 bits");
  Digest digest = hmac_sha256(index_key.expose_secret(), {normalised});
  const std::size_t size = (bits + 7) / 8;
  Bytes index(digest.begin(), digest.begin() + static_cast<std::ptrdiff_t>(size));
  index.back() &= static_cast<std::uint8_t>(0xffU << (size * 8 - bits));
  wipe(digest.data(), digest.size());
  return index;
}

Result<SecretKey> derive_sealing_key(const SecretKey& data_key) {
  Bytes info;
  append_prefixed(info, bytes_of(kSealingInfo));
  return hkdf_sha256(data_key, text_of(info), kKeySize);
}

Result<SecretKey> derive_index_key(const SecretKey& data_key, std::string_view collection, std::string_view field) {
  Bytes info;
  for (const std::string_view piece : {kIndexInfo, collection, field}) append_prefixed(info, bytes_of(piece));
  return hkdf_sha256(data_key, text_of(info), kKeySize);
}

}  // namespace sluis
