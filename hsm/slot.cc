#include "hsm/slot.h"

#include <array>

#include "hsm/fault.h"

namespace sluis::hsm {

Result<std::vector<Slot>> slots_with_token(const ck_function_list& api) {
  std::array<ck_slot_id_t, 256> ids{};
  unsigned long count = ids.size();
  if (api.C_GetSlotList(1, ids.data(), &count) != CKR_OK) return error_of(Fault::lost);
  std::vector<Slot> slots;
  for (unsigned long i = 0; i < count && i < ids.size(); ++i) {
    Slot slot;
    slot.id = ids[i];
    if (api.C_GetTokenInfo(slot.id, &slot.token) == CKR_OK) slots.push_back(slot);
  }
  return slots;
}

Result<Slot> find_token(const ck_function_list& api, const Pkcs11Config& config) {
  auto slots = slots_with_token(api);
  if (!slots) return slots.error();
  std::vector<Slot> matches;
  for (const Slot& slot : *slots) {
    // NSS shows only the second of the two.
    if ((slot.token.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED)) == 0) continue;
    if (unpadded(slot.token.label) != config.token_label) continue;
    if (!config.token_serial.empty() && unpadded(slot.token.serial_number) != config.token_serial) continue;
    matches.push_back(slot);
  }
  if (matches.empty()) return Error{Code::unavailable, "the HSM shows no token with the configured label"};
  if (matches.size() > 1)
    return Error{Code::conflict, "several tokens carry the configured label: add the serial number"};
  return matches.front();
}

}  // namespace sluis::hsm
