#include "hsm/operations.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/secret.h"

namespace sluis::hsm {

namespace {

// The C interface takes pointers to mutable bytes for input, too; modules do not write there. Some refuse a null
// pointer even where the length is zero.
unsigned char* input(ByteView bytes) noexcept {
  static unsigned char nothing = 0;
  return bytes.empty() ? &nothing : const_cast<unsigned char*>(bytes.data());
}

ck_gcm_params gcm_params(Nonce& nonce, ByteView context) noexcept {
  ck_gcm_params params{};
  params.iv_ptr = nonce.data();
  params.iv_len = nonce.size();
  params.iv_bits = nonce.size() * 8;
  params.aad_ptr = input(context);
  params.aad_len = context.size();
  params.tag_bits = kTagSize * 8;
  return params;
}

}  // namespace

ck_rv_t gcm_encrypt(const KeyUse& use, Nonce& nonce, ByteView context, ByteView plaintext, Bytes& out) {
  const bool own = use.profile.gcm_nonce == GcmNonce::token;
  if (own) nonce.fill(0);
  ck_gcm_params params = gcm_params(nonce, context);
  ck_mechanism mechanism{use.profile.aes_gcm, &params, sizeof params};
  const auto& [api, session] = use.place;
  ck_rv_t code = api.C_EncryptInit(session, &mechanism, use.key);
  if (code != CKR_OK) return code;
  out.assign(plaintext.size() + kSlack, 0);
  unsigned long size = out.size();
  code = api.C_Encrypt(session, input(plaintext), plaintext.size(), out.data(), &size);
  if (code != CKR_OK) return code;
  if (size != plaintext.size() + kTagSize) return CKR_FUNCTION_FAILED;
  // A nonce that the HSM should have written and did not would be zero for every key: never use it.
  if (own && std::all_of(nonce.begin(), nonce.end(), [](std::uint8_t b) { return b == 0; })) return CKR_FUNCTION_FAILED;
  out.resize(size);
  return CKR_OK;
}

ck_rv_t gcm_decrypt(const KeyUse& use, const Nonce& nonce, ByteView context, ByteView sealed, ByteSpan out,
                    std::size_t& size) {
  size = 0;
  if (out.size() < sealed.size() + kSlack || sealed.size() < kTagSize) return CKR_ARGUMENTS_BAD;
  Nonce iv = nonce;
  ck_gcm_params params = gcm_params(iv, context);
  ck_mechanism mechanism{use.profile.aes_gcm, &params, sizeof params};
  const auto& [api, session] = use.place;
  ck_rv_t code = api.C_DecryptInit(session, &mechanism, use.key);
  if (code != CKR_OK) return code;
  unsigned long length = out.size();
  code = api.C_Decrypt(session, input(sealed), sealed.size(), out.data(), &length);
  if (code == CKR_OK && length != sealed.size() - kTagSize) code = CKR_FUNCTION_FAILED;
  if (code != CKR_OK) {
    wipe(out.data(), out.size());
    return code;
  }
  size = length;
  return CKR_OK;
}

ck_rv_t sign_once(const KeyUse& use, unsigned long mechanism_type, ByteView message, ByteSpan out, std::size_t& size) {
  size = 0;
  ck_mechanism mechanism{mechanism_type, nullptr, 0};
  const auto& [api, session] = use.place;
  ck_rv_t code = api.C_SignInit(session, &mechanism, use.key);
  if (code != CKR_OK) return code;
  unsigned long length = out.size();
  code = api.C_Sign(session, input(message), message.size(), out.data(), &length);
  if (code == CKR_OK) size = length;
  return code;
}

ck_rv_t known_answer_round_trip(const KeyUse& use) {
  const Bytes block(32, 0x5a);
  const ByteView context = bytes_of("sluis known answer");
  Nonce nonce{};
  if (!random_bytes(nonce)) return CKR_HOST_MEMORY;
  Bytes sealed;
  ck_rv_t code = gcm_encrypt(use, nonce, context, block, sealed);
  if (code != CKR_OK) return code;
  Bytes opened(sealed.size() + kSlack);
  std::size_t size = 0;
  code = gcm_decrypt(use, nonce, context, sealed, opened, size);
  if (code != CKR_OK) return code;
  opened.resize(size);
  return opened == block ? CKR_OK : CKR_FUNCTION_FAILED;
}

}  // namespace sluis::hsm
