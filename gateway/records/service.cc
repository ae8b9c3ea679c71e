#include "gateway/records/service.h"

#include <utility>

namespace sluis::gateway {

RecordService::RecordService(const RecordParts& parts, std::shared_ptr<const Collections> collections,
                             const ImportLimits& import_limits)
    : parts_(parts), import_limits_(import_limits), collections_(std::move(collections)) {}

void RecordService::replace_collections(std::shared_ptr<const Collections> collections) {
  const std::lock_guard lock(mutex_);
  collections_.swap(collections);
}

std::shared_ptr<const Collection> RecordService::collection(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = collections_->find(name);
  return found == collections_->end() ? nullptr : found->second;
}

std::shared_ptr<const Collections> RecordService::collections() const {
  const std::lock_guard lock(mutex_);
  return collections_;
}

bool RecordService::key_cached(std::string_view name) const {
  const auto found = collection(name);
  return !found || parts_.keyring.cached(found->key_name());  // an unknown collection is refused without a key
}

}  // namespace sluis::gateway
