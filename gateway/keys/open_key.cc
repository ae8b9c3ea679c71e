#include "gateway/keys/open_key.h"

#include <mutex>
#include <utility>

#include "crypto/blind_index.h"

namespace sluis::gateway {

OpenKey::OpenKey(const KeyId& id, std::uint32_t version, SecretKey data_key, XaesKey sealing) noexcept
    : id_(id), version_(version), data_key_(std::move(data_key)), sealing_(std::move(sealing)) {}

Result<std::shared_ptr<const OpenKey>> OpenKey::make(const KeyId& id, std::uint32_t version, SecretKey data_key) {
  auto sealing_key = derive_sealing_key(data_key);
  if (!sealing_key) return sealing_key.error();
  auto sealing = XaesKey::make(*sealing_key);
  if (!sealing) return sealing.error();
  return std::shared_ptr<const OpenKey>(new OpenKey(id, version, std::move(data_key), std::move(*sealing)));
}

Result<const SecretKey*> OpenKey::index_key(std::string_view collection, std::string_view field) const {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = index_keys_.find(field); found != index_keys_.end()) return &found->second;
  }
  auto derived = derive_index_key(data_key_, collection, field);
  if (!derived) return derived.error();
  const std::unique_lock lock(mutex_);
  return &index_keys_.try_emplace(std::string(field), std::move(*derived)).first->second;
}

}  // namespace sluis::gateway
