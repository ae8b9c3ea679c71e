// JSON strings (RFC 8259) in one fixed spelling: the short escapes where they exist, \u00xx in lower case for the other
// control characters, everything else as it is (as RFC 8785 section 3.2.2.2). A byte that is not part of well-formed
// UTF-8 becomes U+FFFD: hostile text must not keep an entry out of the log. The functions are stateless and
// thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "crypto/secret.h"

namespace sluis::audit {

// Collects text in memory that is wiped, growing as it must. Made for many small pieces, and to be used again. One
// thread.
class Pen {
 public:
  void append(std::string_view text) {
    if (room_.size() - size_ < text.size()) room_.resize(std::max<std::size_t>(2 * (size_ + text.size()), 1024));
    if (!text.empty()) std::memcpy(room_.expose_secret_mutable().data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void clear() noexcept { size_ = 0; }  // the bytes are wiped when written over, or in the end
  std::size_t size() const noexcept { return size_; }
  std::string_view expose_text() const noexcept { return room_.expose_text().substr(0, size_); }
  ByteView expose_secret() const noexcept { return room_.expose_secret().first(size_); }

 private:
  SecretBuffer room_;
  std::size_t size_ = 0;
};

// Bytes at the front of `text` that stand in a JSON string as they are.
std::size_t plain_run(std::string_view text) noexcept;

// What stands for the byte at the front of a text whose plain_run is 0. Six characters at most.
struct Escape {
  std::array<char, 6> text;
  std::uint8_t size;
  std::string_view view() const noexcept { return {text.data(), size}; }
};
Escape escape_of(unsigned char byte) noexcept;

// Appends `text` with its quotes. Out has append(std::string_view): std::string or Pen.
template <typename Out>
void append_json_text(Out& out, std::string_view text) {
  out.append(std::string_view("\""));
  while (!text.empty()) {
    const std::size_t plain = plain_run(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    out.append(escape_of(static_cast<unsigned char>(text.front())).view());
    text.remove_prefix(1);
  }
  out.append(std::string_view("\""));
}

template <typename Out>
void append_json_number(Out& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

// Lower-case hexadecimal of a digest, without quotes.
std::array<char, 64> hex_of(const std::array<std::uint8_t, 32>& digest) noexcept;

template <typename Out>
void append_hex(Out& out, const std::array<std::uint8_t, 32>& digest) {
  const auto text = hex_of(digest);
  out.append(std::string_view(text.data(), text.size()));
}

}  // namespace sluis::audit
