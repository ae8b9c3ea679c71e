// What every Token must do, whichever way it reaches the HSM. An implementation instantiates the suite with a factory:
//   INSTANTIATE_TEST_SUITE_P(SoftHsm, TokenContract, ::testing::Values(TokenFactory{...}));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "hsm/token.h"

namespace sluis::hsm {

// A token without keys and what is needed to keep it alive.
class TokenUnderTest {
 public:
  TokenUnderTest() = default;
  TokenUnderTest(const TokenUnderTest&) = delete;
  TokenUnderTest& operator=(const TokenUnderTest&) = delete;
  virtual ~TokenUnderTest() = default;
  virtual Token& token() = 0;
};

struct TokenFactory {
  std::string name;
  std::function<std::unique_ptr<TokenUnderTest>()> make;
  std::function<std::string()> why_not;  // a reason to skip, or empty
  bool signs = true;                     // has Ed25519
};

inline void PrintTo(const TokenFactory& factory, std::ostream* out) {
  *out << factory.name;
}

class TokenContract : public ::testing::TestWithParam<TokenFactory> {
 protected:
  void SetUp() override {
    const std::string reason = GetParam().why_not();
    if (!reason.empty()) GTEST_SKIP() << reason;
    under_test_ = GetParam().make();
    ASSERT_NE(under_test_, nullptr);
  }
  Token& token() { return under_test_->token(); }
  bool signs() const { return GetParam().signs; }
  void make(KeyKind kind, std::uint32_t version) {
    const auto made = token().make(kind, version);
    ASSERT_TRUE(made) << made.error().what.view();
  }

 private:
  std::unique_ptr<TokenUnderTest> under_test_;
};

SecretKey test_secret(std::size_t size = 32);
// Whether OpenSSL accepts an Ed25519 signature.
bool ed25519_verifies(ByteView public_key, ByteView message, ByteView signature);

// The code of a failed result, or nothing.
template <typename T>
std::optional<Code> code_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

}  // namespace sluis::hsm
