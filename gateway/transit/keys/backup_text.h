// The text of a plaintext backup: base64 of one binary value, in wiped memory throughout. docs/formats.md, section
// Transit keys, has every byte. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret.h"

namespace sluis::gateway::transit {

struct BackupVersion {
  std::uint32_t number = 0;
  std::uint64_t created_us = 0;
  SecretKey material;  // as encode_material writes it
};

struct BackupContent {
  std::string name, attributes;  // of the key, without prefix; the JSON text
  std::uint64_t created_us = 0;
  std::vector<BackupVersion> versions;  // ascending without gaps
};

SecretBuffer encode_backup(const BackupContent& content);
// Strict; invalid for anything that encode_backup does not write. What attributes and material hold is not looked at.
Result<BackupContent> decode_backup(std::string_view text);

}  // namespace sluis::gateway::transit
