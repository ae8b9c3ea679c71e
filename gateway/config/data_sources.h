// [[data_source]]: databases of the user's own whose tables may be adopted.
#pragma once

#include <vector>

#include "gateway/config/collections.h"

namespace sluis::gateway {

// File names as written; made absolute by the caller.
std::vector<DataSourceSettings> read_data_sources(const policy::Node& root, policy::Problems& problems);
std::vector<ListedKey> data_source_keys();

}  // namespace sluis::gateway
