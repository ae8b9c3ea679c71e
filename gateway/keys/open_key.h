// A data key that has been unwrapped, with what is derived from it. Kept in locked memory for as long as somebody holds
// it; the keyring gives it up after a bounded time. Thread-safe; neither copied nor moved.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/envelope.h"
#include "crypto/secret.h"

namespace sluis::gateway {

class OpenKey {
 public:
  static Result<std::shared_ptr<const OpenKey>> make(const KeyId& id, std::uint32_t version, SecretKey data_key);
  OpenKey(const OpenKey&) = delete;
  OpenKey& operator=(const OpenKey&) = delete;
  ~OpenKey() = default;

  const KeyId& id() const noexcept { return id_; }
  std::uint32_t version() const noexcept { return version_; }
  const XaesKey& sealing() const noexcept { return sealing_; }
  const SecretKey& data_key() const noexcept { return data_key_; }

  // The index key of an indexed field, derived on first use. The reference lives as long as this key.
  Result<const SecretKey*> index_key(std::string_view collection, std::string_view field) const;

 private:
  OpenKey(const KeyId& id, std::uint32_t version, SecretKey data_key, XaesKey sealing) noexcept;

  KeyId id_;
  std::uint32_t version_;
  SecretKey data_key_;
  XaesKey sealing_;
  mutable std::shared_mutex mutex_;
  mutable std::map<std::string, SecretKey, std::less<>> index_keys_;  // by field; nodes do not move
};

}  // namespace sluis::gateway
