// The lists of tables of the configuration: [[tls.client_ca]] and [[collection]] with its [[collection.field]].
#pragma once

#include <vector>

#include "gateway/config/config.h"
#include "policy/problems.h"
#include "policy/toml_document.h"

namespace sluis::gateway {

// `periods` takes how long their keys may be used.
std::vector<CollectionSchema> read_collections(const policy::Node& root, policy::Problems& problems,
                                               std::vector<PeriodSetting>& periods);
// File names as written; made absolute by the caller.
std::vector<ClientCa> read_client_cas(const policy::Node& tls, policy::Problems& problems);

// The same as rows for the reference: section, key, text.
struct ListedKey {
  std::string_view section, name, text;
};
std::vector<ListedKey> listed_keys();

}  // namespace sluis::gateway
