#include "hsm/module.h"

#include <dlfcn.h>

#include "hsm/fault.h"

namespace sluis::hsm {

Result<std::unique_ptr<Module>> Module::load(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return Error{Code::invalid, "the path of the PKCS#11 module must be absolute"};
  }
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return Error{Code::invalid, "the PKCS#11 module cannot be loaded: check its path and packages"};
  const auto entry = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (entry == nullptr) return Error{Code::invalid, "the file is no PKCS#11 module: it lacks C_GetFunctionList"};
  ck_function_list* api = nullptr;
  if (entry(&api) != CKR_OK || api == nullptr) {
    return Error{Code::invalid, "the PKCS#11 module gives no function list"};
  }
  return std::unique_ptr<Module>(new Module(api));
}

Status Module::initialize(const std::string& reserved) {
  reserved_ = reserved;  // some modules keep the pointer
  ck_c_initialize_args arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  arguments.reserved = reserved_.empty() ? nullptr : reserved_.data();
  const ck_rv_t code = api_->C_Initialize(&arguments);
  if (code == CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    return Error{Code::conflict, "the PKCS#11 module is in use by another part of this process"};
  }
  if (code == CKR_CANT_LOCK) return Error{Code::invalid, "the PKCS#11 module cannot be used by several threads"};
  if (code != CKR_OK) return error_of(Fault::lost);
  initialized_ = true;
  return {};
}

void Module::finalize() noexcept {
  if (!initialized_) return;
  initialized_ = false;
  api_->C_Finalize(nullptr);
}

}  // namespace sluis::hsm
