// A real SoftHSM behind the shim module.
#pragma once

#include "tests/contract/hsm/shim.h"
#include "tests/contract/hsm/softhsm_fixture.h"

namespace sluis::hsm {

inline ShimControl& shim_control() {
  ::setenv("SLUIS_SHIM_TARGET", test::SoftHsmToken::installed_module().c_str(), 1);
  void* const library = ::dlopen(SLUIS_SHIM_MODULE, RTLD_NOW | RTLD_LOCAL);
  const auto entry = library == nullptr ? nullptr : reinterpret_cast<ShimControlEntry>(::dlsym(library, kShimControl));
  if (entry == nullptr) throw std::runtime_error("no shim module");
  return *entry();
}

class ShimTest : public SoftHsmTest {
 protected:
  void SetUp() override {
    SoftHsmTest::SetUp();
    if (!IsSkipped()) reset();
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_EQ(shim().finalized_while_inside, 0);
    EXPECT_EQ(shim().found_during_generation, 0);
    EXPECT_EQ(shim().failed_session_used, 0);
    EXPECT_EQ(shim().null_outputs, 0);
    EXPECT_EQ(shim().called_after_finalize, 0);
  }
  Pkcs11Config config() override {
    Pkcs11Config config = SoftHsmTest::config();
    config.module_path = SLUIS_SHIM_MODULE;
    return config;
  }
  static ShimControl& shim() { return shim_control(); }
  static int calls(Call call) { return shim()[call].calls; }

 private:
  static void reset() {
    ShimControl& control = shim();
    control.heal();
    for (CallControl& call : control.calls) call.calls = 0;
    control.token_flags = 0;
    for (auto* const flag : {&control.no_hardening, &control.makes_extractable, &control.leaves_halves,
                             &control.raw_points, &control.own_nonce, &control.wrong_results, &control.gives_values,
                             &control.refuses_known_keys, &control.hold_encrypt}) {
      *flag = false;
    }
    for (auto* const rule : {&control.finalized_while_inside, &control.found_during_generation,
                             &control.failed_session_used, &control.null_outputs, &control.called_after_finalize}) {
      *rule = 0;
    }
  }
};

}  // namespace sluis::hsm
