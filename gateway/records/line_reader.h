// Cuts a stream into lines, however it arrives: LF or CRLF, the last one with or without an end. Bounded: of a line
// that is too long nothing is kept but the fact. For one thread at a time.
#pragma once

#include <string_view>

#include "crypto/secret.h"

namespace sluis::gateway {

class LineReader {
 public:
  enum class Length : std::uint8_t { fits, too_long };

  explicit LineReader(std::size_t limit) : limit_(limit) {}

  // Calls `take(line, length)` for each line that ends in this piece; `line` is empty where it was too long. Stops at
  // the first error that `take` returns.
  template <typename Take>
  Status feed(std::string_view piece, Take&& take) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      if (end == std::string_view::npos) {
        keep(piece);
        return {};
      }
      const Status taken = end_line(piece.substr(0, end), take);
      if (!taken) return taken;
      piece.remove_prefix(end + 1);
    }
    return {};
  }

  // The last line, if it had no end.
  template <typename Take>
  Status finish(Take&& take) {
    if (kept_.empty() && !too_long_) return {};
    return end_line({}, take);
  }

 private:
  void keep(std::string_view part) {
    if (too_long_ || kept_.size() + part.size() > limit_) {
      too_long_ = true;
      kept_.clear();
      return;
    }
    kept_.append(part);
  }

  template <typename Take>
  Status end_line(std::string_view rest, Take&& take) {
    if (kept_.empty() && !too_long_ && rest.size() <= limit_) return take(without_cr(rest), Length::fits);
    keep(rest);
    const Length length = too_long_ ? Length::too_long : Length::fits;
    const Status taken = take(without_cr(kept_.expose_text()), length);
    kept_.clear();
    too_long_ = false;
    return taken;
  }

  static std::string_view without_cr(std::string_view line) noexcept {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  std::size_t limit_;
  SecretBuffer kept_;
  bool too_long_ = false;
};

}  // namespace sluis::gateway
