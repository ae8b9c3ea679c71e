// What lies in the token: the whole keys of Sluis, and everything else as orphans (halves of pairs, keys without the
// guards, doubles, objects of strangers), which the custodian should see.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "hsm/key_shape.h"

namespace sluis::hsm {

struct Inventory {
  std::vector<KeyInfo> keys;         // by kind and version
  std::vector<std::string> orphans;  // label or id, and the reason
  std::set<KeyRef> seen;             // keys whose label at least one object carries, whole or not
};

// Needs a logged-in session; key generation is kept away by the caller.
ck_rv_t take_inventory(const Place& place, const Profile& profile, Inventory& out);

}  // namespace sluis::hsm
