// Decrypts under Transit's keys, counted against the caller's budget (docs/policy.md). Thread-safe.
#pragma once

#include <vector>

#include "gateway/transit/api/items.h"
#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

// The items that will be opened, as far as that can be told without opening them: those that have a ciphertext's form.
std::uint64_t openable(const std::vector<Item>& items);

// Takes `count` decrypts under the key. If that is more than is left, nothing is taken: 429, with its entry.
std::optional<Outcome> over_budget(const Parts& parts, const Call& call, std::string_view action, const TransitKey& key,
                                   std::uint64_t count);

// The same for one line of a stream: error rate_limited.
Status take_decrypt(const Parts& parts, const Call& call, const TransitKey& key);

// The entry of `count` decrypts that were refused.
audit::Event refused_decrypts(std::string_view action, const TransitKey& key, std::uint64_t count);

}  // namespace sluis::gateway::transit
