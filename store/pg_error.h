// SQLSTATE classes as the house's errors (PostgreSQL manual, appendix A).
#pragma once

#include <string_view>

#include "crypto/result.h"

namespace sluis::store {

// `state` is the five characters, or empty where the connection broke without any.
Error postgres_error(std::string_view state) noexcept;

// Serialization failure, deadlock or a long wait for a lock: nothing happened, the same call again may succeed.
bool is_retryable(std::string_view state) noexcept;

// The session is of no further use although its connection may stand: the server became a replica, or is going away.
bool ends_session(std::string_view state) noexcept;

inline constexpr std::string_view kUniqueViolation = "23505";

}  // namespace sluis::store
