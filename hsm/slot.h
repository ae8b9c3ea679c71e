// Finding the token: slots are numbered as modules please (SoftHSM renumbers), labels are what people know.
#pragma once

#include <string>
#include <vector>

#include "crypto/result.h"
#include "hsm/config.h"
#include "hsm/cryptoki.h"

namespace sluis::hsm {

// Text of a fixed, blank-padded PKCS#11 field.
template <std::size_t N>
std::string unpadded(const unsigned char (&field)[N]) {
  std::size_t size = N;
  while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0')) --size;
  return {reinterpret_cast<const char*>(field), size};
}

struct Slot {
  ck_slot_id_t id = 0;
  ck_token_info token{};
};

// Slots that hold a token and answer. Error unavailable where the module cannot say.
Result<std::vector<Slot>> slots_with_token(const ck_function_list& api);

// The one initialised token with the configured label (and serial number, if given). Error unavailable if there is none
// (it may come back), conflict if there are several.
Result<Slot> find_token(const ck_function_list& api, const Pkcs11Config& config);

}  // namespace sluis::hsm
