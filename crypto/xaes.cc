// KC-XAES-256-GCM: c2sp.org/XAES-256-GCM, with the key commitment of ePrint 2025/758.
#include <algorithm>

#include "crypto/aead.h"
#include "crypto/gcm.h"

namespace sluis {
namespace {

constexpr std::size_t kBlock = 16;

// AES-256 on whole blocks in this thread's context, keyed for as long as the object lives and then keyed with zeros,
// which overwrites the key schedule: a third of the cost of a context made and freed.
class BlockCipher {
 public:
  explicit BlockCipher(ByteView key) noexcept : ready_(context() != nullptr && set(key)) {}
  BlockCipher(const BlockCipher&) = delete;
  BlockCipher& operator=(const BlockCipher&) = delete;
  ~BlockCipher() {
    static constexpr std::array<std::uint8_t, kAeadKeySize> zeros{};
    if (context() != nullptr && !set(zeros)) EVP_CIPHER_CTX_reset(context());
  }

  bool encrypt_in_place(ByteSpan blocks) noexcept {
    int written = 0;
    const int size = static_cast<int>(blocks.size());
    return ready_ && EVP_EncryptUpdate(context(), blocks.data(), &written, blocks.data(), size) == 1 && written == size;
  }

 private:
  static EVP_CIPHER_CTX* context() noexcept {
    thread_local const evp::CipherContext made(EVP_CIPHER_CTX_new());
    return made.get();
  }
  // A cipher given again would make EVP throw its context away and allocate anew. Padding stays as it is: it comes with
  // EVP_EncryptFinal_ex, which is never called.
  static bool set(ByteView key) noexcept {
    const EVP_CIPHER* const wanted = evp::algorithms().aes_256_ecb;
    const EVP_CIPHER* const given = EVP_CIPHER_CTX_get0_cipher(context()) == wanted ? nullptr : wanted;
    return EVP_EncryptInit_ex2(context(), given, key.data(), nullptr, nullptr) == 1;
  }

  bool ready_;
};

// NIST SP 800-38B section 6.1: L shifted left by one bit, reduced by 0x87 without a branch on the bit shifted out.
void double_block(ByteSpan block) noexcept {
  unsigned carry = 0;
  for (std::size_t i = block.size(); i > 0; --i) {
    const unsigned byte = block[i - 1];
    block[i - 1] = static_cast<std::uint8_t>(byte << 1U | carry);
    carry = byte >> 7U;
  }
  block.back() ^= static_cast<std::uint8_t>((0U - carry) & 0x87U);
}

void xor_into(ByteSpan to, ByteView from) noexcept {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] ^= from[i];
}

// Blocks that hold key material for the length of a function.
template <std::size_t Size>
struct Scratch {
  std::array<std::uint8_t, Size> bytes{};
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { wipe(bytes.data(), bytes.size()); }
  ByteSpan block(std::size_t i) noexcept { return ByteSpan(bytes).subspan(i * kBlock, kBlock); }
};

// block = prefix || twelve bytes, or twelve bytes || suffix.
void place(ByteSpan block, std::size_t at, ByteView bytes) noexcept {
  std::copy(bytes.begin(), bytes.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

constexpr std::uint8_t kFirst[] = {0x00, 0x01, 0x58, 0x00};
constexpr std::uint8_t kSecond[] = {0x00, 0x02, 0x58, 0x00};
constexpr std::uint8_t kCommitFirst[] = {0x00, 0x01, 0x00, 0x01};
constexpr std::uint8_t kCommitSecond[] = {0x00, 0x01, 0x00, 0x02};

constexpr Error aes_failed() noexcept {
  return {Code::internal, "AES-256 is not available"};
}

}  // namespace

struct XaesKey::Impl {
  SecretKey key;
  SecretKey k1;
};

XaesKey::XaesKey(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
XaesKey::XaesKey(XaesKey&&) noexcept = default;
XaesKey& XaesKey::operator=(XaesKey&&) noexcept = default;
XaesKey::~XaesKey() = default;

Result<XaesKey> XaesKey::make(const SecretKey& key) {
  if (key.size() != kAeadKeySize) return Error{Code::invalid, "an XAES-256-GCM key has 32 bytes"};
  auto copy = SecretKey::copy_of(key.expose_secret());
  auto k1 = SecretKey::make(kBlock);
  if (!copy) return copy.error();
  if (!k1) return k1.error();
  if (!BlockCipher(key.expose_secret()).encrypt_in_place(k1->expose_secret_mutable())) return aes_failed();
  double_block(k1->expose_secret_mutable());
  return XaesKey(std::make_unique<Impl>(Impl{std::move(*copy), std::move(*k1)}));
}

struct XaesNonceKey::Impl {
  GcmKey gcm;
  XaesNonce nonce;
  Commitment commitment;

  // The GCM nonce of a field: N[12:] with its last four bytes XORed with the field id.
  std::array<std::uint8_t, kGcmNonceSize> field_nonce(std::uint32_t field_id) const noexcept {
    std::array<std::uint8_t, kGcmNonceSize> result;
    std::copy(nonce.begin() + kGcmNonceSize, nonce.end(), result.begin());
    for (std::size_t i = 0; i < 4; ++i) result[8 + i] ^= static_cast<std::uint8_t>(field_id >> (24 - 8 * i));
    return result;
  }
};

XaesNonceKey::XaesNonceKey(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
XaesNonceKey::XaesNonceKey(XaesNonceKey&&) noexcept = default;
XaesNonceKey& XaesNonceKey::operator=(XaesNonceKey&&) noexcept = default;
XaesNonceKey::~XaesNonceKey() = default;

// Both MACs share their first block, and each message's last block is whole, so the subkey is K1 throughout: five AES
// blocks in two calls.
Result<XaesNonceKey> XaesNonceKey::derive(const XaesKey& key, const XaesNonce& nonce) {
  const ByteView k1 = key.impl().k1.expose_secret();
  const ByteView head = ByteView(nonce).first(kGcmNonceSize);
  const ByteView tail = ByteView(nonce).last(kGcmNonceSize);
  BlockCipher cipher(key.impl().key.expose_secret());

  Scratch<3 * kBlock> derived;  // Kx, then the MACs' chaining value
  place(derived.block(0), 0, kFirst);
  place(derived.block(1), 0, kSecond);
  place(derived.block(2), 0, bytes_of("XCMT"));
  for (std::size_t i = 0; i < 3; ++i) place(derived.block(i), 4, head);
  xor_into(derived.block(0), k1);
  xor_into(derived.block(1), k1);
  if (!cipher.encrypt_in_place(derived.bytes)) return aes_failed();

  Scratch<2 * kBlock> committed;
  for (std::size_t i = 0; i < 2; ++i) {
    place(committed.block(i), 0, tail);
    place(committed.block(i), 12, i == 0 ? kCommitFirst : kCommitSecond);
    xor_into(committed.block(i), derived.block(2));
    xor_into(committed.block(i), k1);
  }
  if (!cipher.encrypt_in_place(committed.bytes)) return aes_failed();

  auto gcm = GcmKey::make(ByteView(derived.bytes).first(kAeadKeySize));
  if (!gcm) return gcm.error();
  return XaesNonceKey(std::make_unique<Impl>(Impl{std::move(*gcm), nonce, committed.bytes}));
}

const Commitment& XaesNonceKey::commitment() const noexcept {
  return impl_->commitment;
}

Status XaesNonceKey::seal(std::uint32_t field_id, ByteView ad, ByteView plaintext, ByteSpan out) {
  return impl_->gcm.seal(impl_->field_nonce(field_id), ad, plaintext, out);
}

Status XaesNonceKey::open(std::uint32_t field_id, ByteView ad, ByteView sealed, ByteSpan out) {
  return impl_->gcm.open(impl_->field_nonce(field_id), ad, sealed, out);
}

}  // namespace sluis
