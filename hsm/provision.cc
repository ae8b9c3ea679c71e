#include "hsm/provision.h"

#include <algorithm>
#include <array>
#include <optional>

#include "hsm/fault.h"
#include "hsm/module.h"
#include "hsm/slot.h"

namespace sluis::hsm {

namespace {

constexpr std::size_t kLabelSize = 32;

unsigned char* pin_text(const SecretKey& pin) noexcept {
  return const_cast<unsigned char*>(pin.expose_secret().data());
}

Status pin_status(ck_rv_t code) {
  switch (code) {
    case CKR_OK:
      return {};
    case CKR_PIN_LEN_RANGE:
      return Error{Code::invalid, "the token wants a PIN of another length"};
    case CKR_PIN_INVALID:
      return Error{Code::invalid, "the token does not take these characters in a PIN"};
    default:
      return error_of(fault_of(code));
  }
}

bool has_flag(const Slot& slot, ck_flags_t flag) noexcept {
  return (slot.token.flags & flag) != 0;
}

Result<Slot> first_uninitialised(const ck_function_list& api) {
  auto slots = slots_with_token(api);
  if (!slots) return slots.error();
  for (const Slot& slot : *slots) {
    if (!has_flag(slot, CKF_TOKEN_INITIALIZED)) return slot;
  }
  return Error{Code::conflict, "no token has this label and none is uninitialised: create one with the vendor's tool"};
}

Status init_token(const ck_function_list& api, const Slot& slot, const std::string& label, const SecretKey& so_pin) {
  std::array<unsigned char, kLabelSize> padded{};
  padded.fill(' ');
  std::copy(label.begin(), label.end(), padded.begin());
  return pin_status(api.C_InitToken(slot.id, pin_text(so_pin), so_pin.size(), padded.data()));
}

Status set_user_pin(const ck_function_list& api, const Slot& slot, const SecretKey& so_pin, const SecretKey& user_pin) {
  ck_session_handle_t session = CK_INVALID_HANDLE;
  const ck_flags_t flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  if (api.C_OpenSession(slot.id, flags, nullptr, nullptr, &session) != CKR_OK) return error_of(Fault::lost);
  Status status = pin_status(api.C_Login(session, CKU_SO, pin_text(so_pin), so_pin.size()));
  if (status) {
    status = pin_status(api.C_InitPIN(session, pin_text(user_pin), user_pin.size()));
    api.C_Logout(session);
  }
  api.C_CloseSession(session);
  return status;
}

Result<InitOutcome> initialise_with(const ck_function_list& api, const Pkcs11Config& config, const SecretKey& so_pin,
                                    const SecretKey& user_pin) {
  auto token = find_token(api, config);
  if (!token && token.error().code != Code::unavailable) return token.error();
  const bool existed = static_cast<bool>(token);
  if (existed && has_flag(*token, CKF_USER_PIN_INITIALIZED)) return InitOutcome::existed;
  if (!existed) {
    const auto slot = first_uninitialised(api);
    if (!slot) return slot.error();
    if (Status status = init_token(api, *slot, config.token_label, so_pin); !status) return status.error();
    token = find_token(api, config);  // modules may renumber their slots
    if (!token) return token.error();
  }
  if (Status status = set_user_pin(api, *token, so_pin, user_pin); !status) return status.error();
  return existed ? InitOutcome::pin_set : InitOutcome::initialised;
}

std::optional<KeyInfo> newest(const std::vector<KeyInfo>& keys, KeyKind kind) {
  std::optional<KeyInfo> result;
  for (const KeyInfo& key : keys) {
    if (key.kind == kind && (!result || key.version > result->version)) result = key;
  }
  return result;
}

}  // namespace

Result<InitOutcome> initialise_token(const Pkcs11Config& config, const SecretKey& so_pin, const SecretKey& user_pin) {
  if (config.token_label.empty() || config.token_label.size() > kLabelSize) {
    return Error{Code::invalid, "the token's label must have 1 to 32 characters"};
  }
  if (so_pin.empty() || user_pin.empty()) return Error{Code::invalid, "both the SO PIN and the user PIN are needed"};
  auto module = Module::load(config.module_path);
  if (!module) return module.error();
  if (Status status = (*module)->initialize(config.reserved); !status) return status.error();
  return initialise_with((*module)->api(), config, so_pin, user_pin);  // the module's destructor finalises
}

Result<std::vector<ProvisionStep>> make_first_keys(Token& token) {
  const auto keys = token.list();
  if (!keys) return keys.error();
  std::vector<ProvisionStep> steps;
  for (const KeyKind kind : {KeyKind::master, KeyKind::audit, KeyKind::pseudonym}) {
    if (const auto existing = newest(*keys, kind)) {
      steps.push_back({kind, existing->label, ProvisionStep::Outcome::existed});
      continue;
    }
    const auto made = token.make(kind, 1);
    const bool lacking = !made && kind == KeyKind::audit && made.error().code == Code::invalid;
    if (!made && !lacking) return made.error();
    const auto outcome = lacking ? ProvisionStep::Outcome::unsupported : ProvisionStep::Outcome::created;
    steps.push_back({kind, label_of(kind, 1), outcome});
  }
  return steps;
}

}  // namespace sluis::hsm
