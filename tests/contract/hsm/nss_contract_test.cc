// The contract on NSS softokn: another vendor's code behind the same calls. It proves that PKCS#11 is used portably; it
// proves nothing about secrecy, since NSS gives out the values of sensitive keys.
#include <stdlib.h>

#include <filesystem>

#include "hsm/module.h"
#include "hsm/pkcs11_token.h"
#include "hsm/slot.h"
#include "tests/contract/hsm/token_contract.h"

namespace sluis::hsm {
namespace {

std::string find_module() {
  for (const char* path : {"/usr/lib/x86_64-linux-gnu/libsoftokn3.so", "/usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so",
                           "/usr/lib/aarch64-linux-gnu/libsoftokn3.so"}) {
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

class NssUnderTest final : public TokenUnderTest {
 public:
  NssUnderTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sluis-nss-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    set_pin();
    auto opened = Pkcs11Token::open(config(), *SecretKey::copy_of(bytes_of(kPin)));
    if (!opened) throw std::runtime_error(std::string(opened.error().what.view()));
    token_ = std::move(*opened);
  }
  ~NssUnderTest() override {
    token_.reset();
    std::filesystem::remove_all(folder_);
  }
  Token& token() override { return *token_; }

 private:
  static constexpr std::string_view kPin = "only-for-this-test";

  Pkcs11Config config() const {
    Pkcs11Config config;
    config.module_path = find_module();
    config.reserved = "configdir='sql:" + folder_.string() +
                      "' certPrefix='' keyPrefix='' secmod='secmod.db' flags= dbTokenDescription='sluis'";
    config.token_label = "sluis";
    config.profile = *builtin_profile("nss");
    return config;
  }

  // A new database has no password: the security officer logs in with an empty one and sets the user's.
  void set_pin() const {
    const auto module = Module::load(find_module());
    if (!module || !(*module)->initialize(config().reserved)) throw std::runtime_error("NSS does not start");
    const ck_function_list& api = (*module)->api();
    ck_slot_id_t slot = 0;
    for (const Slot& one : *slots_with_token(api)) {
      if (unpadded(one.token.label) == "sluis") slot = one.id;
    }
    ck_session_handle_t session = CK_INVALID_HANDLE;
    unsigned char nothing = 0;
    auto* const pin = reinterpret_cast<unsigned char*>(const_cast<char*>(kPin.data()));
    const bool set =
        api.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) == CKR_OK &&
        api.C_Login(session, CKU_SO, &nothing, 0) == CKR_OK && api.C_InitPIN(session, pin, kPin.size()) == CKR_OK;
    if (!set) throw std::runtime_error("NSS takes no PIN");
    api.C_CloseSession(session);
  }

  std::filesystem::path folder_;
  std::unique_ptr<Pkcs11Token> token_;
};

TokenFactory factory() {
  TokenFactory factory;
  factory.name = "NSS softokn";
  factory.make = [] { return std::make_unique<NssUnderTest>(); };
  factory.why_not = [] { return std::string(find_module().empty() ? "NSS softokn (libnss3) is not installed" : ""); };
  factory.signs = false;
  return factory;
}

INSTANTIATE_TEST_SUITE_P(Nss, TokenContract, ::testing::Values(factory()));

}  // namespace
}  // namespace sluis::hsm
