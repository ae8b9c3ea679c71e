#include "gateway/transit/keys/transit_key.h"

#include <algorithm>

namespace sluis::gateway::transit {

const KeyVersion* TransitKey::find(std::uint32_t number) const {
  const auto found =
      std::lower_bound(versions.begin(), versions.end(), number,
                       [](const auto& version, std::uint32_t wanted) { return version->number < wanted; });
  return found != versions.end() && (*found)->number == number ? found->get() : nullptr;
}

bool counts_uses(const Attributes& attributes) noexcept {
  const bool short_nonce = is_aead(attributes.type) && attributes.type != KeyType::xchacha20_poly1305;
  return short_nonce && !attributes.convergent;
}

}  // namespace sluis::gateway::transit
