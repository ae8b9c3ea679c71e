// Which generations have had their time. Pure and thread-safe.
#pragma once

#include <vector>

#include "gateway/backups/generation.h"

namespace sluis::gateway {

// Indexes of those that expire: what is older than the `keep` newest good ones, good or not. While there are fewer good
// ones than that, nothing expires, however many newer ones failed. Generations made outside expire by hand only, for
// nobody here can remove them.
std::vector<std::size_t> to_expire(const std::vector<Generation>& generations, std::size_t keep);

// Whether taking it away leaves the `keep` newest good ones in place.
bool may_expire(const std::vector<Generation>& generations, std::size_t index, std::size_t keep);

}  // namespace sluis::gateway
