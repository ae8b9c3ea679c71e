// What a key's rows do not hold of the life of its versions: when they were put to use, taken out of it, found to
// protect nothing, scheduled for destruction. One document of kind "life" a key. The rows say in which state a version
// is; a document that is ahead of them (a process died between the two writes) counts for nothing. Of master keys,
// which have no rows, the document has the states too. Pure values; thread-safe.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/result.h"
#include "store/store.h"

namespace sluis::gateway {

inline constexpr std::string_view kLifeDocuments = "life";

// Unix microseconds; 0: not, or not known.
struct Life {
  std::optional<store::KeyState> state;  // of master keys
  std::uint64_t created_us = 0;          // of master keys
  std::uint64_t activated_us = 0, deactivated_us = 0, compromised_us = 0, emptied_us = 0;
  std::uint64_t scheduled_us = 0, destroy_from_us = 0, destroyed_us = 0;
  std::string reason;  // of compromise
};
using Lives = std::map<std::uint32_t, Life>;  // by version

boost::json::object to_json(const Lives& lives);
// Error corrupt for anything that to_json does not make.
Result<Lives> lives_of(const boost::json::object& body);

std::optional<store::KeyState> key_state_named(std::string_view name) noexcept;

}  // namespace sluis::gateway
