// A PKCS#11 module that passes every call on to the real one and can be told to behave like other vendors' modules, or
// ill. It also watches that the rules of PKCS#11 are kept which a forgiving module would not notice.
#pragma once

#include <array>
#include <atomic>

namespace sluis::hsm {

// Functions whose calls are counted and can be made to fail.
enum class Call {
  initialize,
  open_session,
  login,
  find,
  attributes,
  generate,
  encrypt,
  decrypt,
  sign,
  destroy,
  random,
  count
};

struct CallControl {
  std::atomic<unsigned long> code{0};  // what failing calls answer
  std::atomic<int> failures{0};        // how many calls still fail; -1: all
  std::atomic<int> calls{0};
};

struct ShimControl {
  std::array<CallControl, static_cast<std::size_t>(Call::count)> calls;
  CallControl& operator[](Call call) { return calls[static_cast<std::size_t>(call)]; }

  // Quirks.
  std::atomic<unsigned long> token_flags{0};    // added to the token's own
  std::atomic<bool> no_hardening{false};        // ATTRIBUTE_TYPE_INVALID for attributes that not every module knows
  std::atomic<bool> makes_extractable{false};   // ignores EXTRACTABLE false
  std::atomic<bool> leaves_halves{false};       // makes the key pair, then says GENERAL_ERROR
  std::atomic<bool> raw_points{false};          // CKA_EC_POINT without DER
  std::atomic<bool> own_nonce{false};           // refuses a caller's nonce and writes its own
  std::atomic<bool> wrong_results{false};       // flips a bit of what C_Encrypt and C_Sign give
  std::atomic<bool> gives_values{false};        // lets CKA_VALUE of a sensitive key be read
  std::atomic<bool> refuses_known_keys{false};  // no C_CreateObject of secret keys
  std::atomic<bool> hold_encrypt{false};        // C_Encrypt waits while this is set
  std::atomic<int> held{0};                     // calls that wait

  // Broken rules; each must stay zero.
  std::atomic<int> finalized_while_inside{0};
  std::atomic<int> found_during_generation{0};
  std::atomic<int> failed_session_used{0};
  std::atomic<int> null_outputs{0};
  std::atomic<int> called_after_finalize{0};
  int broken_rules() const {
    return finalized_while_inside + found_during_generation + failed_session_used + null_outputs +
           called_after_finalize;
  }

  void fail(Call call, unsigned long code, int failures = -1) {
    (*this)[call].code = code;
    (*this)[call].failures = failures;
  }
  void heal() {
    for (CallControl& call : calls) call.failures = 0;
  }
};

// Exported by the module: the control of its one instance. SLUIS_SHIM_TARGET names the real module.
using ShimControlEntry = ShimControl* (*)();
inline constexpr char kShimControl[] = "sluis_shim_control";

}  // namespace sluis::hsm
