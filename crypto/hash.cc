#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <climits>
#include <stdexcept>

#include "crypto/evp.h"

namespace sluis {
namespace {

constexpr std::size_t kDigestSize = std::tuple_size_v<Digest>;

void require(int succeeded) {
  if (succeeded != 1) throw std::runtime_error("OpenSSL digest failed");
}

OSSL_PARAM* hmac_parameters() {
  static char name[] = "SHA256";
  static OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                    OSSL_PARAM_construct_end()};
  return parameters;
}

Status fill(ByteSpan out, int (*generate)(unsigned char*, int)) {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  if (out.size() > INT_MAX) return Error{Code::invalid, "too many random bytes asked for"};
  if (out.empty() || generate(out.data(), static_cast<int>(out.size())) == 1) return {};
  wipe(out.data(), out.size());
  return Error{Code::internal, "the random source failed"};
}

}  // namespace

namespace evp {

const Algorithms& algorithms() {
  static const Algorithms fetched = {EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)};
  return fetched;
}

}  // namespace evp

Digest sha256(ByteView data) {
  return sha256({data});
}

Digest sha256(std::initializer_list<ByteView> pieces) {
  thread_local const evp::DigestContext context(EVP_MD_CTX_new());
  Digest digest;
  require(EVP_DigestInit_ex2(context.get(), evp::algorithms().sha256, nullptr));
  for (const ByteView piece : pieces) require(EVP_DigestUpdate(context.get(), piece.data(), piece.size()));
  require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  require(EVP_MD_CTX_reset(context.get()));  // leaves nothing of the data in the thread's context
  return digest;
}

Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces) {
  static constexpr std::uint8_t none = 0;  // a null key would mean "the one before"
  const evp::MacContext context(EVP_MAC_CTX_new(evp::algorithms().hmac));
  if (context == nullptr) throw std::runtime_error("OpenSSL has no HMAC");
  require(EVP_MAC_init(context.get(), key.empty() ? &none : key.data(), key.size(), hmac_parameters()));
  for (const ByteView piece : pieces) require(EVP_MAC_update(context.get(), piece.data(), piece.size()));
  Digest digest;
  std::size_t size = 0;
  require(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()));
  return digest;
}

Status hkdf_sha256(ByteView salt, ByteView key, ByteView info, ByteSpan out) {
  if (out.empty() || out.size() > 255 * kDigestSize) return Error{Code::invalid, "HKDF gives 1 to 8160 bytes"};
  Digest extracted = hmac_sha256(salt, {key});  // RFC 5869 section 2.2; HMAC pads an empty salt to zeros by itself
  Digest block{};
  std::size_t have = 0;  // T(0) is empty, section 2.3
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < out.size(); done += have) {
    ++counter;
    block = hmac_sha256(extracted, {ByteView(block).first(have), info, ByteView(&counter, 1)});
    have = kDigestSize;
    const std::size_t count = std::min(have, out.size() - done);
    std::copy_n(block.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
  }
  wipe(extracted.data(), extracted.size());
  wipe(block.data(), block.size());
  return {};
}

Result<SecretKey> hkdf_sha256(const SecretKey& key, std::string_view info, std::size_t size) {
  auto derived = SecretKey::make(size);
  if (!derived) return derived;
  const Status made = hkdf_sha256({}, key.expose_secret(), bytes_of(info), derived->expose_secret_mutable());
  if (!made) return made.error();
  return derived;
}

Status random_bytes(ByteSpan out) {
  return fill(out, RAND_bytes);
}
Status random_secret(ByteSpan out) {
  return fill(out, RAND_priv_bytes);
}

}  // namespace sluis
