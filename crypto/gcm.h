// One AES-256-GCM key over EVP for any number of messages. Not for use outside crypto/. For one thread at a time.
#pragma once

#include "crypto/aead.h"
#include "crypto/evp.h"

namespace sluis {

class GcmKey {
 public:
  // 32 bytes, not kept: the key schedule lives in OpenSSL's context until this object ends.
  static Result<GcmKey> make(ByteView key);

  Status seal(ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out);
  Status open(ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out);

 private:
  explicit GcmKey(evp::CipherContext context) noexcept : context_(std::move(context)) {}

  evp::CipherContext context_;
};

}  // namespace sluis
