// A SoftHSM token with a Pkcs11Token on it, and a second, raw way in: the module's own functions in the same process.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>

#include "hsm/cryptoki.h"
#include "hsm/object.h"
#include "hsm/pkcs11_token.h"
#include "hsm/slot.h"
#include "tests/contract/hsm/token_contract.h"
#include "tests/support/softhsm.h"

namespace sluis::hsm {

inline SecretKey secret_of(std::string_view text) {
  return *SecretKey::copy_of(bytes_of(text));
}

class SoftHsmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::SoftHsmToken::available()) GTEST_SKIP() << "SoftHSM is not installed";
    files_ = std::make_unique<test::SoftHsmToken>();
  }
  const test::SoftHsmToken& files() const { return *files_; }

  virtual Pkcs11Config config() {
    Pkcs11Config config = files().config();
    config.observer = [this](Event event) {
      lost_ += event == Event::lost ? 1 : 0;
      reconnected_ += event == Event::reconnected ? 1 : 0;
      refused_ += event == Event::login_refused ? 1 : 0;
    };
    return config;
  }
  std::unique_ptr<Pkcs11Token> open(const Pkcs11Config& config, Start start = Start::must_be_up) {
    auto token = Pkcs11Token::open(config, secret_of(files().pin), start);
    if (!token) throw std::runtime_error(std::string(token.error().what.view()));
    return std::move(*token);
  }
  std::unique_ptr<Pkcs11Token> open() { return open(config()); }

  // Until the call works again; what it says in between must be `unavailable`.
  template <typename Call>
  void until_healed(const Call& call) {
    for (int i = 0; i < 20000; ++i) {
      const auto result = call();
      if (result) return;
      ASSERT_EQ(result.error().code, Code::unavailable) << result.error().what.view();
      ::usleep(1000);
    }
    FAIL() << "it never heals";
  }

  // The module's functions, for looking over a Pkcs11Token's shoulder while it is open.
  const ck_function_list& raw() {
    void* const library = ::dlopen(config().module_path.c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto entry = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    ck_function_list* api = nullptr;
    if (entry == nullptr || entry(&api) != CKR_OK) throw std::runtime_error("no module");
    return *api;
  }
  ck_session_handle_t raw_session() {
    const auto slot = find_token(raw(), config());
    ck_session_handle_t session = CK_INVALID_HANDLE;
    const ck_flags_t flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    if (!slot || raw().C_OpenSession(slot->id, flags, nullptr, nullptr, &session) != CKR_OK) {
      throw std::runtime_error("no raw session");
    }
    return session;
  }
  ck_object_handle_t raw_find(ck_session_handle_t session, std::string_view label, ck_object_class_t object_class) {
    Template query;
    query.text(CKA_LABEL, label).number(CKA_CLASS, object_class);
    Handles found;
    EXPECT_EQ(find_objects({raw(), session}, query, found), CKR_OK);
    EXPECT_EQ(found.size(), 1U) << label;
    return found.empty() ? CK_INVALID_HANDLE : found.front();
  }

  int other_process(const std::string& verb, const std::string& kind, int version) {
    const std::string program = SLUIS_OTHER_PROCESS;
    const auto& [module, label] = std::tie(files().module_path, files().label);
    const std::string command =
        program + " " + module + " " + label + " " + verb + " " + kind + " " + std::to_string(version);
    FILE* const child = ::popen(command.c_str(), "w");
    if (child == nullptr) return -1;
    std::fputs(files().pin.c_str(), child);
    return ::pclose(child);
  }

  std::atomic<int> lost_{0};
  std::atomic<int> reconnected_{0};
  std::atomic<int> refused_{0};

 private:
  std::unique_ptr<test::SoftHsmToken> files_;
};

}  // namespace sluis::hsm
