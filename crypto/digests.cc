#include "crypto/digests.h"

#include <algorithm>
#include <array>
#include <span>

#include "crypto/evp.h"
#include "crypto/secret.h"

namespace sluis {
namespace {

constexpr std::size_t kMaxBlock = 144;  // bytes: SHA3-224 takes the most at a time

struct Row {
  std::string_view name;
  const char* openssl;
  std::size_t size;
  std::size_t block;
};

// In the order of DigestKind.
constexpr Row kRows[] = {
    {"sha1", "SHA1", 20, 64},          {"sha2-224", "SHA2-224", 28, 64},  {"sha2-256", "SHA2-256", 32, 64},
    {"sha2-384", "SHA2-384", 48, 128}, {"sha2-512", "SHA2-512", 64, 128}, {"sha3-224", "SHA3-224", 28, 144},
    {"sha3-256", "SHA3-256", 32, 136}, {"sha3-384", "SHA3-384", 48, 104}, {"sha3-512", "SHA3-512", 64, 72},
};

const Row& row(DigestKind kind) noexcept {
  return kRows[static_cast<std::size_t>(kind)];
}

EVP_MD_CTX* thread_context() {
  thread_local const evp::DigestContext context(EVP_MD_CTX_new());
  return context.get();
}

// Forgets what a digest leaves in the thread's context.
class Session {
 public:
  explicit Session(DigestKind kind) : digest_(evp::digest(kind)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { EVP_MD_CTX_reset(thread_context()); }

  bool run(ByteView first, ByteView second, std::uint8_t* out) {
    EVP_MD_CTX* const context = thread_context();
    return context != nullptr && digest_ != nullptr && EVP_DigestInit_ex2(context, digest_, nullptr) == 1 &&
           EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
           EVP_DigestUpdate(context, second.data(), second.size()) == 1 &&
           EVP_DigestFinal_ex(context, out, nullptr) == 1;
  }

 private:
  const EVP_MD* digest_;
};

// RFC 2104 section 2, as crypto/hash.cc has it for SHA-256 alone and for the same reason.
bool hmac(DigestKind kind, ByteView key, ByteView data, ByteSpan out) {
  Session session(kind);
  std::array<std::uint8_t, kMaxBlock> pad{};
  const ByteSpan block = ByteSpan(pad).first(row(kind).block);
  bool made = key.size() <= block.size() || session.run(key, {}, pad.data());
  if (key.size() <= block.size()) std::copy(key.begin(), key.end(), pad.begin());

  for (std::uint8_t& byte : block) byte ^= 0x36U;
  made = made && session.run(block, data, out.data());
  for (std::uint8_t& byte : block) byte ^= 0x36U ^ 0x5cU;
  made = made && session.run(block, out, out.data());
  wipe(pad.data(), pad.size());
  return made;
}

}  // namespace

const EVP_MD* evp::digest(DigestKind kind) {
  static const auto fetched = [] {
    std::array<const EVP_MD*, std::size(kRows)> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = EVP_MD_fetch(nullptr, kRows[i].openssl, nullptr);
    return all;
  }();
  return fetched[static_cast<std::size_t>(kind)];
}

std::string_view name(DigestKind kind) noexcept {
  return row(kind).name;
}

std::optional<DigestKind> digest_named(std::string_view name) noexcept {
  for (std::size_t i = 1; i < std::size(kRows); ++i) {
    if (kRows[i].name == name) return static_cast<DigestKind>(i);
  }
  return std::nullopt;
}

std::size_t digest_size(DigestKind kind) noexcept {
  return row(kind).size;
}

Result<Bytes> digest_of(DigestKind kind, ByteView data) {
  if (kind == DigestKind::sha1) return Error{Code::invalid, "SHA-1 is not a digest for data"};
  Bytes out(digest_size(kind));
  if (!Session(kind).run(data, {}, out.data())) return Error{Code::internal, "the digest failed"};
  return out;
}

Result<Bytes> hmac_of(DigestKind kind, ByteView key, ByteView data) {
  if (kind == DigestKind::sha1) return Error{Code::invalid, "SHA-1 is not a digest for HMAC"};
  if (key.empty()) return Error{Code::invalid, "an HMAC key has at least one byte"};
  Bytes out(digest_size(kind));
  if (!hmac(kind, key, data, out)) return Error{Code::internal, "the HMAC failed"};
  return out;
}

}  // namespace sluis
