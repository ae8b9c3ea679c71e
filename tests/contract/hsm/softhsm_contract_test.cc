// The contract on a real SoftHSM token.
#include "tests/contract/hsm/shim_fixture.h"

namespace sluis::hsm {
namespace {

class SoftHsmUnderTest : public TokenUnderTest {
 public:
  explicit SoftHsmUnderTest(const std::string& module_path = test::SoftHsmToken::installed_module()) {
    Pkcs11Config config = files_.config();
    config.module_path = module_path;
    auto opened = Pkcs11Token::open(config, *SecretKey::copy_of(bytes_of(files_.pin)));
    if (!opened) throw std::runtime_error(std::string(opened.error().what.view()));
    token_ = std::move(*opened);
  }
  Token& token() override { return *token_; }

 private:
  test::SoftHsmToken files_;
  std::unique_ptr<Pkcs11Token> token_;
};

// The same through the shim, which watches that the rules of PKCS#11 are kept.
class WatchedSoftHsm final : public SoftHsmUnderTest {
 public:
  WatchedSoftHsm() : SoftHsmUnderTest(SLUIS_SHIM_MODULE), broken_before_(shim_control().broken_rules()) {}
  ~WatchedSoftHsm() override { EXPECT_EQ(shim_control().broken_rules(), broken_before_); }

 private:
  const int broken_before_;
};

std::string why_not() {
  return test::SoftHsmToken::available() ? "" : "SoftHSM is not installed";
}

TokenFactory plain() {
  return {"SoftHSM", [] { return std::make_unique<SoftHsmUnderTest>(); }, why_not};
}

TokenFactory watched() {
  shim_control();
  return {"SoftHSM, watched", [] { return std::make_unique<WatchedSoftHsm>(); }, why_not};
}

INSTANTIATE_TEST_SUITE_P(SoftHsm, TokenContract, ::testing::Values(plain(), watched()));

}  // namespace
}  // namespace sluis::hsm
