// Budgets live in memory: at start the log's entries of the current day (UTC) are counted into them again.
#pragma once

#include <cstdint>

#include "audit/log.h"
#include "policy/budget.h"

namespace sluis::gateway {

std::uint64_t unix_microseconds();

// Reads the log from its end back to the beginning of the day. Error corrupt if an entry cannot be read.
Status replay_budgets(audit::Log& log, policy::Budgets& budgets, std::uint64_t now_us);

}  // namespace sluis::gateway
