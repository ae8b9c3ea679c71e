#include "gateway/backups/retention.h"

#include <algorithm>

namespace sluis::gateway {
namespace {

// When the oldest of the `keep` newest good ones was made; 0 if there are not as many.
std::uint64_t oldest_to_keep(const std::vector<Generation>& generations, std::size_t keep) {
  std::vector<std::uint64_t> good;
  for (const Generation& each : generations) {
    if (each.good()) good.push_back(each.manifest.created_us);
  }
  if (keep == 0 || good.size() < keep) return 0;
  std::sort(good.rbegin(), good.rend());
  return good[keep - 1];
}

}  // namespace

std::vector<std::size_t> to_expire(const std::vector<Generation>& generations, std::size_t keep) {
  const std::uint64_t oldest = oldest_to_keep(generations, keep);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < generations.size(); ++i) {
    const Generation& each = generations[i];
    const bool ours = each.place != Generation::Place::outside;
    if (each.kept() && ours && each.manifest.created_us < oldest) out.push_back(i);
  }
  return out;
}

bool may_expire(const std::vector<Generation>& generations, std::size_t index, std::size_t keep) {
  const Generation& each = generations[index];
  if (!each.kept()) return false;
  if (!each.good()) return true;
  return each.manifest.created_us < oldest_to_keep(generations, keep);
}

}  // namespace sluis::gateway
