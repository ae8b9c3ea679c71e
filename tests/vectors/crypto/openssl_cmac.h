// AES-256-CMAC by OpenSSL: the measure that the XAES derivation, which has its own, is held against.
#pragma once

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

#include "crypto/bytes.h"

namespace sluis::test {

// Nothing (empty) if the key does not have 32 bytes.
inline Bytes openssl_cmac(ByteView key, ByteView message) {
  static EVP_MAC* const cmac = EVP_MAC_fetch(nullptr, "CMAC", nullptr);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(cmac), &EVP_MAC_CTX_free);
  char cipher[] = "AES-256-CBC";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
                                   OSSL_PARAM_construct_end()};
  Bytes tag(16);
  std::size_t size = 0;
  const bool made = EVP_MAC_init(context.get(), key.data(), key.size(), parameters) == 1 &&
                    EVP_MAC_update(context.get(), message.data(), message.size()) == 1 &&
                    EVP_MAC_final(context.get(), tag.data(), &size, tag.size()) == 1;
  return made ? tag : Bytes{};
}

}  // namespace sluis::test
