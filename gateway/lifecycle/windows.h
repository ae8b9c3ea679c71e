// When the schedule may work: calendar expressions in a stated time zone, as a clock on the wall there shows it.
//   expression = window *( ";" window )       window = [days " "] HH:MM "-" HH:MM " " zone
//   days = day *( "," day / ".." day )        "Mon", "Sat..Sun", "Mon..Thu,Sat"; without days: every day
//   zone = a name of the IANA database: "Europe/Brussels", "UTC"
// A window whose end is not after its start ends on the next day; 24:00 is the end of a day. A window belongs to the
// day on which it starts. Where the clock jumps ahead, a window that lies within the jump does not open that day;
// where it is put back, what is open at a time of day is open both times. Immutable and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::gateway {

class Windows {
 public:
  static constexpr std::size_t kMaxBytes = 1024;

  // Error invalid: malformed, or a zone that the system's tzdata does not have.
  static Result<Windows> parse(std::string_view text);
  Windows() = default;  // always open

  // Times are Unix microseconds.
  bool open(std::uint64_t now_us) const;
  // The same moment if it is open then.
  std::uint64_t next_opening(std::uint64_t now_us) const;
  const std::string& text() const noexcept { return text_; }  // as it was parsed

 private:
  struct Window {
    std::uint8_t days = 0x7f;  // bit 0: Sunday
    int from = 0, to = 0;      // minutes of the day it starts on; `to` may be on the next
    std::string zone;
  };
  static Result<Window> parse_one(std::string_view text);
  static bool open(const Window& window, std::int64_t now_s);
  static std::int64_t next_opening(const Window& window, std::int64_t now_s);

  std::string text_;
  std::vector<Window> windows_;
};

}  // namespace sluis::gateway
