#include "crypto/aead_cipher.h"

#include <algorithm>
#include <array>

#include "crypto/evp_aead.h"

namespace sluis {
namespace {

constexpr std::size_t kChaChaKeySize = 32;
constexpr std::size_t kChaChaBlock = 64;
constexpr std::size_t kHChaChaNonceSize = 16;  // the front of the 24-byte nonce

const EVP_CIPHER* cipher_of(AeadKind kind) {
  switch (kind) {
    case AeadKind::aes128_gcm:
      return evp::algorithms().aes_128_gcm;
    case AeadKind::aes256_gcm:
      return evp::algorithms().aes_256_gcm;
    case AeadKind::chacha20_poly1305:
    case AeadKind::xchacha20_poly1305:
      return evp::algorithms().chacha20_poly1305;
  }
  return nullptr;
}

// A context with the key's schedule and no nonce yet; null on failure.
evp::CipherContext keyed(const EVP_CIPHER* cipher, const std::uint8_t* key) {
  evp::CipherContext context(cipher == nullptr ? nullptr : EVP_CIPHER_CTX_new());
  const bool ready = context != nullptr && EVP_EncryptInit_ex2(context.get(), cipher, key, nullptr, nullptr) == 1;
  return ready ? std::move(context) : nullptr;
}

std::uint32_t load_le(const std::uint8_t* from) noexcept {
  return from[0] | static_cast<std::uint32_t>(from[1]) << 8U | static_cast<std::uint32_t>(from[2]) << 16U |
         static_cast<std::uint32_t>(from[3]) << 24U;
}

void store_le(std::uint8_t* to, std::uint32_t value) noexcept {
  for (unsigned i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// Four words of a ChaCha20 block without the state that its last step added to them.
void take_words(std::uint8_t* out, const std::uint8_t* block, const std::uint8_t* state) noexcept {
  for (std::size_t i = 0; i < 16; i += 4) store_le(out + i, load_le(block + i) - load_le(state + i));
}

// What one XChaCha20 message needs: the subkey of its nonce, and the twelve bytes that ChaCha20 takes as a nonce.
struct Subkey {
  std::array<std::uint8_t, kChaChaKeySize> key{};
  std::array<std::uint8_t, kGcmNonceSize> nonce{};
  Subkey() = default;
  Subkey(const Subkey&) = delete;
  Subkey& operator=(const Subkey&) = delete;
  ~Subkey() { wipe(key.data(), key.size()); }

  // draft-irtf-cfrg-xchacha-03 sections 2.2 and 2.3. HChaCha20 is the ChaCha20 block function without its final
  // addition, its counter and nonce words taken from the nonce: words 0 to 3 and 12 to 15 of a keystream block, less
  // the constants and the nonce that were added there.
  bool derive(EVP_CIPHER_CTX* chacha20, ByteView long_nonce) {
    static constexpr std::array<std::uint8_t, kChaChaBlock> zeros{};
    static constexpr std::uint8_t constants[] = {'e', 'x', 'p', 'a', 'n', 'd', ' ', '3',
                                                 '2', '-', 'b', 'y', 't', 'e', ' ', 'k'};
    std::array<std::uint8_t, kChaChaBlock> block{};
    int written = 0;
    const bool made =
        EVP_EncryptInit_ex2(chacha20, nullptr, nullptr, long_nonce.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(chacha20, block.data(), &written, zeros.data(), static_cast<int>(zeros.size())) == 1;
    take_words(key.data(), block.data(), constants);
    take_words(key.data() + 16, block.data() + 48, long_nonce.data());
    wipe(block.data(), block.size());
    std::copy(long_nonce.begin() + kHChaChaNonceSize, long_nonce.end(), nonce.begin() + 4);
    return made && written == static_cast<int>(zeros.size());
  }
};

}  // namespace

std::size_t key_size(AeadKind kind) noexcept {
  return kind == AeadKind::aes128_gcm ? 16 : 32;
}

std::size_t nonce_size(AeadKind kind) noexcept {
  return kind == AeadKind::xchacha20_poly1305 ? 24 : 12;
}

struct AeadCipher::State {
  AeadKind kind;
  evp::CipherContext aead;
  evp::CipherContext chacha20;  // XChaCha20 alone: it holds the key, and `aead` the last message's subkey

  Status check(ByteView nonce) const {
    if (nonce.size() != nonce_size(kind)) return Error{Code::invalid, "AEAD nonce of wrong size"};
    return {};
  }

  // Runs evp::seal or evp::open with the key and nonce that the kind has them take.
  template <typename Run, typename Out>
  bool run(Run call, ByteView nonce, ByteView ad, ByteView in, Out out) {
    if (kind != AeadKind::xchacha20_poly1305) return call(aead.get(), nullptr, nonce, ad, in, out);
    Subkey subkey;
    return subkey.derive(chacha20.get(), nonce) && call(aead.get(), subkey.key.data(), subkey.nonce, ad, in, out);
  }
};

AeadCipher::AeadCipher(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
AeadCipher::AeadCipher(AeadCipher&&) noexcept = default;
AeadCipher& AeadCipher::operator=(AeadCipher&&) noexcept = default;
AeadCipher::~AeadCipher() = default;

Result<AeadCipher> AeadCipher::make(AeadKind kind, ByteView key) {
  if (key.size() != key_size(kind)) return Error{Code::invalid, "AEAD key of wrong size"};
  const bool extended = kind == AeadKind::xchacha20_poly1305;
  auto aead = keyed(cipher_of(kind), extended ? nullptr : key.data());
  auto chacha20 = extended ? keyed(evp::algorithms().chacha20, key.data()) : nullptr;
  if (aead == nullptr || (extended && chacha20 == nullptr)) return Error{Code::internal, "AEAD is not available"};
  return AeadCipher(std::make_unique<State>(State{kind, std::move(aead), std::move(chacha20)}));
}

Status AeadCipher::seal(ByteView nonce, ByteView ad, ByteView plaintext, ByteSpan out) {
  Status checked = state_->check(nonce);
  if (checked) checked = evp::check_seal(ad, plaintext, out);
  if (checked && state_->run(evp::seal, nonce, ad, plaintext, out)) return {};
  wipe(out.data(), out.size());
  return checked ? Error{Code::internal, "AEAD sealing failed"} : checked.error();
}

Status AeadCipher::open(ByteView nonce, ByteView ad, ByteView sealed, ByteSpan out) {
  Status checked = state_->check(nonce);
  if (checked) checked = evp::check_open(ad, sealed, out);
  if (checked && state_->run(evp::open, nonce, ad, sealed, out)) return {};
  wipe(out.data(), out.size());
  return checked ? Error{Code::corrupt, "authentication failed"} : checked.error();
}

}  // namespace sluis
