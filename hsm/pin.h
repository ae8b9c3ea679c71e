// Reading a PIN: from a file descriptor, a file, or a systemd credential. Never from argv or an environment variable,
// which other processes can read. The bytes stay in locked memory.
#pragma once

#include <string>

#include "crypto/secret.h"

namespace sluis::hsm {

// All of them: one trailing newline (LF or CR LF) is dropped; 4 to 255 bytes must remain, none of them zero. Error
// invalid says what to do about it.

// Reads to the end of `fd`, which stays open.
Result<SecretKey> read_pin_fd(int fd);

// A regular file, not a symbolic link, owned by the caller or root, with no permission for group and others.
Result<SecretKey> read_pin_file(const std::string& path);

// A credential of the unit (LoadCredential=, LoadCredentialEncrypted=): a file in $CREDENTIALS_DIRECTORY. systemd may
// grant it to the unit's user by an access list, which shows as the group's bits: only others are refused here.
Result<SecretKey> read_pin_credential(const std::string& name);

}  // namespace sluis::hsm
