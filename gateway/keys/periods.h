// Which cryptoperiods are in force. The configuration says what they should be; documents of kind "period" say what
// they were last, and to what another officer has agreed. To lower a period (to give one where there was none counts as
// that) is a dangerous act: a configuration that does so without approval is refused, at start and at reload. An
// approval holds for kApprovalDays and for no less than was approved. Thread-safe; may block on the store.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/keys/documents.h"
#include "gateway/lifecycle/settings.h"

namespace sluis::gateway {

inline constexpr std::string_view kPeriodDocuments = "period";
inline constexpr std::uint64_t kApprovalDays = 30;

boost::json::object to_json(const Period& period);  // {"rotate_every":"365d",…}; no member for no limit
// Error corrupt, or invalid for a member that is unknown or no duration.
Result<Period> period_of(const boost::json::object& object);

class Periods {
 public:
  explicit Periods(Documents& documents) noexcept : documents_(documents) {}

  struct Answer {
    std::vector<std::string> refused;  // sentences: nothing was changed
    std::vector<std::string> changed;  // "records/diplomas: rotate_every 365d -> 180d": for the log
  };
  // Brings the settings into force, all or none. What is not among them has no limit and the usual waiting period.
  Result<Answer> settle(const std::vector<PeriodSetting>& settings, std::uint64_t now_us);
  // Says that the period may be lowered to this. The caller sees to it that two people wanted it.
  Status approve(std::string_view name, const Period& period, std::string_view by, std::uint64_t now_us);

 private:
  Documents& documents_;
};

}  // namespace sluis::gateway
