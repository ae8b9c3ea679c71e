#include "store/store.h"

namespace sluis::store {

std::string_view name(KeyState state) noexcept {
  switch (state) {
    case KeyState::active:
      return "active";
    case KeyState::deactivated:
      return "deactivated";
    case KeyState::destroyed:
      return "destroyed";
  }
  return "unknown";
}

}  // namespace sluis::store
