// A vendor's PKCS#11 module in this process. It is loaded once and never unloaded: modules register exit handlers and
// start threads. The process must not fork after initialize() (both copies would draw the same random bytes).
#pragma once

#include <memory>
#include <string>

#include "crypto/result.h"
#include "hsm/cryptoki.h"

namespace sluis::hsm {

// One owner; initialize() and finalize() must not run beside any other call of the module (hsm/link.h sees to it).
class Module {
 public:
  // `path` is absolute, so that no search path decides what code sees the PIN.
  static Result<std::unique_ptr<Module>> load(const std::string& path);
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() { finalize(); }

  // C_Initialize with the module's own locking (CKF_OS_LOCKING_OK) and the configured reserved string. Error conflict
  // where another part of this process has initialised the module: two owners would finalise under each other.
  Status initialize(const std::string& reserved);
  void finalize() noexcept;

  const ck_function_list& api() const noexcept { return *api_; }

 private:
  explicit Module(ck_function_list* api) noexcept : api_(api) {}
  ck_function_list* api_;
  std::string reserved_;
  bool initialized_ = false;
};

}  // namespace sluis::hsm
