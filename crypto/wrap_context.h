// What is authenticated when a data key is wrapped under a master key, so that a wrapped key can be neither moved to
// another name, id or version nor passed off as wrapped under another master version. docs/formats.md has every byte.
#pragma once

#include <array>
#include <string_view>

#include "crypto/bytes.h"
#include "crypto/envelope.h"

namespace sluis {

inline constexpr std::string_view kWrapDomain = "sluis/wrap/1";

struct WrapContext {
  std::string_view key_name;
  KeyId key_id;
  std::uint32_t version;         // of the data key, 1 and up
  std::uint32_t master_version;  // 1 and up
};

// The associated data of the wrapping AES-256-GCM call. Two different contexts never have the same bytes.
Bytes encode(const WrapContext& context);

}  // namespace sluis
