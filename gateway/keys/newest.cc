#include "gateway/keys/newest.h"

#include <algorithm>

namespace sluis::gateway {

Result<std::uint32_t> newest_version(hsm::Token& token, hsm::KeyKind kind) {
  const auto keys = token.list();
  if (!keys) return keys.error();
  std::uint32_t newest = 0;
  for (const hsm::KeyInfo& key : *keys) {
    if (key.kind == kind) newest = std::max(newest, key.version);
  }
  return newest;
}

}  // namespace sluis::gateway
