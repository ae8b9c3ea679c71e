#include "crypto/hash.h"

#include <openssl/rand.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <stdexcept>

#include "crypto/evp.h"

namespace sluis {
namespace {

constexpr std::size_t kDigestSize = std::tuple_size_v<Digest>;
constexpr std::size_t kBlockSize = 64;

void require(int succeeded) {
  if (succeeded != 1) throw std::runtime_error("OpenSSL digest failed");
}

EVP_MD_CTX* thread_context() {
  thread_local const evp::DigestContext context(EVP_MD_CTX_new());
  return context.get();
}

// Leaves the digest's state in `context`: the caller resets it, so that nothing of the data stays in the thread.
Digest digest_with(EVP_MD_CTX* context, ByteView first, std::initializer_list<ByteView> rest) {
  Digest digest;
  require(EVP_DigestInit_ex2(context, evp::algorithms().sha256, nullptr));
  require(EVP_DigestUpdate(context, first.data(), first.size()));
  for (const ByteView piece : rest) require(EVP_DigestUpdate(context, piece.data(), piece.size()));
  require(EVP_DigestFinal_ex(context, digest.data(), nullptr));
  return digest;
}

}  // namespace

namespace evp {

const Algorithms& algorithms() {
  static const Algorithms fetched = {EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "AES-256-WRAP-PAD", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr),
                                     EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr)};
  return fetched;
}

}  // namespace evp

Digest sha256(ByteView data) {
  return sha256({data});
}

Digest sha256(std::initializer_list<ByteView> pieces) {
  EVP_MD_CTX* const context = thread_context();
  const Digest digest = digest_with(context, {}, pieces);
  require(EVP_MD_CTX_reset(context));
  return digest;
}

// RFC 2104 section 2 over EVP's SHA-256: EVP_MAC looks its digest up by name at every call, at five times the cost.
Digest hmac_sha256(ByteView key, std::initializer_list<ByteView> pieces) {
  std::array<std::uint8_t, kBlockSize> pad{};
  Digest shortened = key.size() > kBlockSize ? sha256(key) : Digest{};
  if (key.size() > kBlockSize) key = shortened;
  std::copy(key.begin(), key.end(), pad.begin());

  EVP_MD_CTX* const context = thread_context();
  for (std::uint8_t& byte : pad) byte ^= 0x36U;
  Digest digest = digest_with(context, pad, pieces);
  for (std::uint8_t& byte : pad) byte ^= 0x36U ^ 0x5cU;
  digest = digest_with(context, pad, {digest});
  wipe(pad.data(), pad.size());
  wipe(shortened.data(), shortened.size());
  require(EVP_MD_CTX_reset(context));
  return digest;
}

Status hkdf_sha256(ByteView salt, ByteView key, ByteView info, ByteSpan out) {
  if (out.empty() || out.size() > 255 * kDigestSize) {
    wipe(out.data(), out.size());
    return Error{Code::invalid, "HKDF gives 1 to 8160 bytes"};
  }
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

// The system call: never shared by a fork or a resumed snapshot as a buffer in the process would be, and several times
// quicker than RAND_bytes for the 24 bytes of a nonce.
Status random_bytes(ByteSpan out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
    if (got > 0) done += static_cast<std::size_t>(got);
    if (got > 0 || errno == EINTR) continue;
    wipe(out.data(), out.size());
    return Error{Code::internal, "the system's random source failed"};
  }
  return {};
}

Status random_secret(ByteSpan out) {
  if (out.size() > INT_MAX) return Error{Code::invalid, "too many random bytes asked for"};
  if (out.empty() || RAND_priv_bytes(out.data(), static_cast<int>(out.size())) == 1) return {};
  wipe(out.data(), out.size());
  return Error{Code::internal, "the generator of key material failed"};
}

}  // namespace sluis
