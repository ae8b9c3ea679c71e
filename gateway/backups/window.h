// When scheduled backups may begin: a part of each day, in UTC. A plain value.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/result.h"

namespace sluis::gateway {

class BackupWindow {
 public:
  // "01:00-05:30", "22:00-04:00" (over midnight), or empty: always. Error invalid.
  static Result<BackupWindow> parse(std::string_view text);

  // Microseconds of Unix time.
  bool contains(std::uint64_t time_us) const noexcept;

 private:
  std::uint32_t from_ = 0, until_ = 0;  // minutes of the day; the same: always
};

}  // namespace sluis::gateway
