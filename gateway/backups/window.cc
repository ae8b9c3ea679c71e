#include "gateway/backups/window.h"

#include <optional>

namespace sluis::gateway {
namespace {

constexpr std::uint32_t kDayMinutes = 24 * 60;
constexpr std::uint64_t kMinuteUs = 60'000'000;

std::optional<std::uint32_t> two_digits(std::string_view text) noexcept {
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
  }
  return static_cast<std::uint32_t>((text[0] - '0') * 10 + (text[1] - '0'));
}

std::optional<std::uint32_t> minutes_of(std::string_view text) noexcept {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(0, 2));
  const auto minutes = two_digits(text.substr(3, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return *hours * 60 + *minutes;
}

}  // namespace

Result<BackupWindow> BackupWindow::parse(std::string_view text) {
  BackupWindow out;
  if (text.empty()) return out;
  constexpr Error wrong{Code::invalid, "a window is HH:MM-HH:MM, in UTC"};
  if (text.size() != 11 || text[5] != '-') return wrong;
  const auto from = minutes_of(text.substr(0, 5));
  const auto until = minutes_of(text.substr(6));
  if (!from || !until || *from == *until) return wrong;
  out.from_ = *from;
  out.until_ = *until;
  return out;
}

bool BackupWindow::contains(std::uint64_t time_us) const noexcept {
  if (from_ == until_) return true;
  const auto now = static_cast<std::uint32_t>(time_us / kMinuteUs % kDayMinutes);
  return from_ < until_ ? now >= from_ && now < until_ : now >= from_ || now < until_;
}

}  // namespace sluis::gateway
