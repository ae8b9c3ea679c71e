// One generated pair of each kind, made when first asked for and shared by a program's tests: RSA keys take seconds.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "crypto/private_key.h"

namespace sluis::test {

inline constexpr PairKind kAllPairs[] = {PairKind::ed25519,    PairKind::ecdsa_p256, PairKind::ecdsa_p384,
                                         PairKind::ecdsa_p521, PairKind::rsa_2048,   PairKind::rsa_3072,
                                         PairKind::rsa_4096};

const PrivateKey& pair_of(PairKind kind);
std::string label(PairKind kind);
bool is_rsa(PairKind kind);
bool is_ecdsa(PairKind kind);

class EveryPair : public testing::TestWithParam<PairKind> {
 protected:
  const PrivateKey& pair() const { return pair_of(GetParam()); }
};

}  // namespace sluis::test

#define SLUIS_EVERY_PAIR(suite)                                                       \
  INSTANTIATE_TEST_SUITE_P(Pairs, suite, testing::ValuesIn(::sluis::test::kAllPairs), \
                           [](const auto& tested) { return ::sluis::test::label(tested.param); })
