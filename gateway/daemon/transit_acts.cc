// What key administration asks of the Transit interface. The events are the administrator's to write.
#include <algorithm>

#include "gateway/daemon/parts.h"

namespace sluis::gateway {

namespace {

constexpr Error kNone{Code::not_found, "there are no Transit keys"};

// Raises what is below `first`; never lowers.
Status raise_minima(transit::TransitKeys& keys, std::string_view name, std::uint32_t first, bool decryption_too) {
  const auto key = keys.open_for(name, first);
  if (!key) return key.error();
  const auto& now = (*key)->attributes;
  transit::ConfigChange change;
  if (now.min_encryption_version < first) change.min_encryption_version = first;
  if (decryption_too && now.min_decryption_version < first) change.min_decryption_version = first;
  const auto changed = keys.configure(name, change);
  if (!changed) return changed.error();
  return {};
}

}  // namespace

TransitActs transit_acts(Parts& parts) {
  TransitActs acts;
  acts.rotate = [&parts](std::string_view name) -> Result<std::uint32_t> {
    if (!parts.transit_keys) return kNone;
    const auto change = parts.transit_keys->rotate(name);
    if (!change) return change.error();
    return change->key->latest();
  };
  acts.forbid_encryption = [&parts](std::string_view name, std::uint32_t first) -> Status {
    if (!parts.transit_keys) return kNone;
    return raise_minima(*parts.transit_keys, name, first, false);
  };
  acts.destroy_below = [&parts](std::string_view name, std::uint32_t first) -> Status {
    if (!parts.transit_keys) return kNone;
    if (const Status raised = raise_minima(*parts.transit_keys, name, first, true); !raised) return raised;
    const auto trimmed = parts.transit_keys->trim(name, first);
    if (!trimmed) return trimmed.error();
    return {};
  };
  return acts;
}

}  // namespace sluis::gateway
