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
    case KeyState::pre_active:
      return "pre-active";
    case KeyState::destruction_scheduled:
      return "destruction-scheduled";
    case KeyState::compromised:
      return "compromised";
  }
  return "unknown";
}

Status Store::put(const Record& record, const Expected& expected) {
  const Put one{&record, expected};
  return put_many({&one, 1}).front();
}

}  // namespace sluis::store
