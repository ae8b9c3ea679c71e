#include "gateway/transit/keys/use_counters.h"

#include <algorithm>

namespace sluis::gateway::transit {
namespace {

constexpr std::uint64_t kLargestBlock = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGrowth = 8;
constexpr Error kGone{Code::not_found, "the key version is gone"};

}  // namespace

std::shared_ptr<UseCounters::Counter> UseCounters::counter(const Bytes& mark) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = counters_.find(mark); found != counters_.end()) return found->second;
  }
  const std::unique_lock lock(mutex_);
  auto& counter = counters_[mark];
  if (!counter) counter = std::make_shared<Counter>();
  return counter;
}

bool UseCounters::ready(const TransitKey& key, std::uint32_t version, std::uint64_t n) const {
  if (!counts_uses(key.attributes)) return true;
  const KeyVersion* opened = key.find(version);
  if (opened == nullptr) return false;
  const std::shared_lock lock(mutex_);
  const auto found = counters_.find(opened->mark);
  if (found == counters_.end()) return false;
  const std::unique_lock counting(found->second->mutex, std::try_to_lock);
  return counting.owns_lock() && found->second->left >= n;
}

Result<UseAnswer> UseCounters::take(const TransitKey& key, std::uint32_t version, std::uint64_t n) {
  if (!counts_uses(key.attributes)) return UseAnswer::ok;
  const KeyVersion* opened = key.find(version);
  if (opened == nullptr) return kGone;
  const auto shared = counter(opened->mark);
  Counter& counter = *shared;
  const std::lock_guard lock(counter.mutex);
  if (counter.left < n) {
    const auto reserved = reserve(counter, key, *opened, n);
    if (!reserved) return reserved.error();
    if (!*reserved) return UseAnswer::refused;
  }
  counter.left -= n;
  return counter.reserved - counter.left > limit_ / 2 ? UseAnswer::near_limit : UseAnswer::ok;
}

Result<bool> UseCounters::reserve(Counter& counter, const TransitKey& key, const KeyVersion& version, std::uint64_t n) {
  const std::uint64_t least = n - counter.left;
  const std::uint64_t small_limit = std::max<std::uint64_t>(limit_ / 64, 1);
  const std::uint64_t wanted = std::max(least, std::min(counter.next_block, small_limit));
  std::uint64_t block = 0;
  std::uint64_t after = 0;
  const auto changed = shelf_.change(row_of_name(key.name), [&](Draft& draft) -> Status {
    const store::KeyVersion* row = draft.version(version.number);
    if (row == nullptr || row->mac != version.mark) return kGone;
    const auto known = draft.attributes.uses.find(version.number);
    const std::uint64_t before = known == draft.attributes.uses.end() ? 0 : known->second;
    block = before < limit_ ? std::min(wanted, limit_ - before) : 0;
    after = before + block;
    draft.effect = block < least ? Draft::Effect::none : Draft::Effect::changed;
    if (block >= least) draft.attributes.uses[version.number] = after;
    return {};
  });
  if (!changed) return changed.error();
  if (block < least) return false;
  counter.left += block;
  counter.reserved = after;
  counter.next_block = std::min(counter.next_block * kGrowth, kLargestBlock);
  return true;
}

}  // namespace sluis::gateway::transit
