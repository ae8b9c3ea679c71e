// The contract on a real SoftHSM token.
#include "hsm/pkcs11_token.h"
#include "tests/contract/hsm/token_contract.h"
#include "tests/support/softhsm.h"

namespace sluis::hsm {
namespace {

class SoftHsmUnderTest final : public TokenUnderTest {
 public:
  SoftHsmUnderTest() {
    auto opened = Pkcs11Token::open(files_.config(), *SecretKey::copy_of(bytes_of(files_.pin)));
    if (!opened) throw std::runtime_error(std::string(opened.error().what.view()));
    token_ = std::move(*opened);
  }
  Token& token() override { return *token_; }

 private:
  test::SoftHsmToken files_;
  std::unique_ptr<Pkcs11Token> token_;
};

TokenFactory factory() {
  return {"SoftHSM", [] { return std::make_unique<SoftHsmUnderTest>(); },
          [] { return std::string(test::SoftHsmToken::available() ? "" : "SoftHSM is not installed"); }};
}

INSTANTIATE_TEST_SUITE_P(SoftHsm, TokenContract, ::testing::Values(factory()));

}  // namespace
}  // namespace sluis::hsm
