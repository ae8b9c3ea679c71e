// A record that was sealed a moment ago and not stored yet, under another version of its key.
#pragma once

#include <memory>

#include "gateway/keys/open_key.h"
#include "gateway/records/schema.h"
#include "store/store.h"

namespace sluis::gateway {

// `record` is under `from`, and unchanged unless the result is good. The schema is the one it was sealed by. Errors are
// those of crypto/envelope.h; internal if the record does not seal again.
Status seal_again(const std::shared_ptr<const Collection>& collection, const OpenKey& from,
                  const std::shared_ptr<const OpenKey>& to, store::Record& record);

}  // namespace sluis::gateway
