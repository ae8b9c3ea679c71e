// Attributes of a key as the JSON text of its row, and the rules they obey. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "gateway/transit/keys/transit_key.h"

namespace sluis::gateway::transit {

inline constexpr std::size_t kMaxAttributesBytes = std::size_t{1} << 20U;
inline constexpr std::uint64_t kMaxRotatePeriodSeconds = std::uint64_t{100} * 365 * 86'400;
inline constexpr std::uint32_t kMinHmacKeySize = 32, kMaxHmacKeySize = 512;  // bytes

// One JSON object, members in a fixed order. Error too_large past kMaxAttributesBytes.
Result<std::string> to_json(const Attributes& attributes);
// Strict: every member must be there, be of its kind and within its bounds, and none be unknown. Error corrupt.
Result<Attributes> attributes_of(std::string_view json);

// \w(([\w-.]+)?\w)?, at most 256 bytes.
bool is_key_name(std::string_view name) noexcept;

// Whether a key may be made with them. Errors invalid, with the text for the client.
Status check_new(const Attributes& attributes);
// Whether the minima fit each other and the versions there are. Errors invalid, with the text for the client.
Status check_minima(const Attributes& attributes, std::uint32_t latest);
Status check_rotate_period(std::uint64_t seconds);

}  // namespace sluis::gateway::transit
