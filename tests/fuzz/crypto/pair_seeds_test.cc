// The targets of keys and certificates over seeds made here, cut short and changed a byte at a time.
#include <gtest/gtest.h>

#include "crypto/private_key.h"
#include "targets.h"

namespace sluis::fuzz {
namespace {

using Target = void (*)(ByteView);

// Every `step`th prefix and every `step`th byte changed.
void run_around(Target target, ByteView seed, std::size_t step) {
  target(seed);
  for (std::size_t size = 0; size < seed.size(); size += step) target(seed.first(size));
  for (std::size_t at = 0; at < seed.size(); at += step) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      Bytes changed(seed.begin(), seed.end());
      changed[at] ^= static_cast<std::uint8_t>(change);
      target(changed);
    }
  }
}

void run_around_pair(PairKind kind, std::size_t step) {
  const auto der = PrivateKey::generate(kind)->to_pkcs8();
  run_around(pkcs8, der->expose_secret(), step);
}

TEST(FuzzSeeds, Pkcs8) {
  run_around_pair(PairKind::ed25519, 1);
  run_around_pair(PairKind::ecdsa_p256, 1);
  run_around_pair(PairKind::ecdsa_p521, 7);
}

// Where a change leaves the primes alone the check of them takes its time.
TEST(FuzzSeeds, Pkcs8OfRsa) {
  run_around_pair(PairKind::rsa_2048, 101);
}

// Self-signed, Ed25519, of the name "seed".
constexpr std::string_view kCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBNDCB56ADAgECAhQWpPjJgo0//Bkkdod5fJNM/ilxUDAFBgMrZXAwDzENMAsG\n"
    "A1UEAwwEc2VlZDAgFw0yNjExMjMyMTE3MzZaGA8yMTI2MTAzMDIxMTczNlowDzEN\n"
    "MAsGA1UEAwwEc2VlZDAqMAUGAytlcAMhANfAPGELPgTRTFrhl5regm7KIIsn6TgK\n"
    "gTeSFjFBSn+Oo1MwUTAdBgNVHQ4EFgQUqfyufc9Tp5H8qite6gv0QNyt/mowHwYD\n"
    "VR0jBBgwFoAUqfyufc9Tp5H8qite6gv0QNyt/mowDwYDVR0TAQH/BAUwAwEB/zAF\n"
    "BgMrZXADQQCQk/5aPP97atmvDbF0W7H07vkH1uU4qFmzyTuGqM2xdw51zaiVjE8P\n"
    "XShb0ssEe3osvSAtq5oyIdUn8jMruf8E\n"
    "-----END CERTIFICATE-----\n";

TEST(FuzzSeeds, Chain) {
  const std::string twice = std::string(kCertificate) + std::string(kCertificate);
  ASSERT_EQ(parse_chain(twice)->size(), 2U);
  run_around(chain, bytes_of(kCertificate), 1);
  run_around(chain, bytes_of(twice), 13);
}

TEST(FuzzSeeds, Unwrap) {
  for (std::size_t size = 0; size < 70; ++size) run_around(unwrap, Bytes(size, 0x5a), 3);
  run_around(unwrap, *kwp_wrap(Bytes(32, 0x33), Bytes(29, 4)), 1);
}

}  // namespace
}  // namespace sluis::fuzz
