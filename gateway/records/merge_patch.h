// JSON Merge Patch (RFC 7386) on JSON texts: values that the patch does not touch keep their bytes. Thread-safe.
#pragma once

#include <string_view>

#include "crypto/secret.h"
#include "gateway/records/json.h"

namespace sluis::gateway {

// Appends MergePatch(target, patch) of RFC 7386 section 2. Both texts have been accepted by a JsonScanner with the
// default limits; an empty `target` stands for an absent value. A patch of null gives null: whether a member goes is
// for its object to decide.
void merge_patch(std::string_view target, std::string_view patch, SecretBuffer& out);

}  // namespace sluis::gateway
