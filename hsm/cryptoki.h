// PKCS#11 2.40 as p11-kit's header has it, in lower case (ck_attribute, ck_gcm_params with all six fields), and the few
// constants of 3.0 that it lacks. Nothing else in Sluis includes a PKCS#11 header.
#pragma once

#ifdef PKCS11_H
#error "another PKCS#11 header came first"
#endif
#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

namespace sluis::hsm {

// PKCS#11 3.0, section 2.1: what AEAD mechanisms answer when the tag does not match.
inline constexpr ck_rv_t kAeadDecryptFailed = 0x42;
inline constexpr ck_rv_t kTokenResourceExceeded = 0x201;

}  // namespace sluis::hsm
