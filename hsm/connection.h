// Everything between one C_Initialize and its C_Finalize: the logged-in anchor session, the session pool, key handles.
// When the token goes away the whole connection is thrown away and another made (hsm/link.h); handles do not revive.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <shared_mutex>

#include "crypto/secret.h"
#include "hsm/config.h"
#include "hsm/inventory.h"
#include "hsm/key_memory.h"
#include "hsm/module.h"
#include "hsm/operations.h"
#include "hsm/session_pool.h"
#include "hsm/slot.h"

namespace sluis::hsm {

// What an unclear error (CKR_GENERAL_ERROR) of an operation may mean. SoftHSM answers a wrong tag with it.
enum class Unclear : std::uint8_t { means_sick, may_mean_tampered };

// Keys that an earlier connection knew. That one of them is gone is believed only if two fresh connections in a row do
// not see it, on a token that proves to be there: a token that is just leaving or coming shows the same picture, and
// "no such key" must never be said of a key that exists.
struct Expectation {
  std::set<KeyRef> keys;
  std::set<KeyRef> doubted;  // not seen by the last fresh connection
};

// Thread-safe. Order of locks: a thread takes its session first, the objects lock second, and never a second session.
class Connection {
 public:
  // C_Initialize, find the token, log in once, look at what is there. Error denied if the PIN is refused (or only one
  // try is left: a restarting service must not lock the token), unavailable if the token is away.
  static Result<std::unique_ptr<Connection>> open(Module& module, const Pkcs11Config& config, const SecretKey& pin,
                                                  Expectation& expectation);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Runs `operation` on a key, with a fresh session where the first one failed. An operation may run twice.
  using KeyOperation = std::function<ck_rv_t(const KeyUse&)>;
  Fault use_key(const KeyRef& key, Unclear unclear, const KeyOperation& operation);

  using SessionOperation = std::function<ck_rv_t(const Place&)>;
  Fault use_session(Access access, const SessionOperation& operation);

  // All objects of the token. Fault lost if a key that was there is not to be seen: so looks a token whose files are
  // gone, whose finds succeed and find nothing. A fresh connection then tells whether the key was destroyed elsewhere.
  Fault take_stock(Inventory& out);
  // Decides about a key that was not found: missing; unguarded if there is something with its label; lost if the token
  // does not answer, or shows the key after all.
  Fault missing_or_lost(const KeyRef& key);
  // Whether the token still shows keys: none if so, else lost or busy.
  Fault health();
  // Proves that the token works: a known answer of a master key in use, else a look at what is there.
  Fault prove();

  // To be changed with objects() held.
  KeyMemory& memory() noexcept { return memory_; }
  // Held shared by every find, alone by key generation and destruction: SoftHSM fails and leaves orphans otherwise.
  std::shared_mutex& objects() noexcept { return objects_; }
  const Profile& profile() const noexcept { return profile_; }
  const ck_function_list& api() const noexcept { return api_; }
  unsigned sessions_open() const { return pool_.open() + 1; }
  TokenInfo describe() const;  // the token's names, and the orphans last seen
  ck_rv_t check_anchor() const;

 private:
  Connection(Module& module, const Pkcs11Config& config, const Slot& slot);
  Status log_in(const SecretKey& pin);
  Fault try_key(const KeyRef& key, const KeyOperation& operation);
  Fault locate(const Place& place, const KeyRef& key, ck_object_handle_t& out);
  Fault try_again(const KeyRef& key, Unclear unclear, const KeyOperation& operation, Fault first);
  Fault key_answers(const KeyRef& key);
  bool proves_presence();
  Status first_look(Expectation& expectation);

  Module& module_;
  const ck_function_list& api_;
  const Profile profile_;
  const Slot slot_;
  const unsigned session_limit_;
  ck_session_handle_t anchor_ = CK_INVALID_HANDLE;
  SessionPool pool_;
  std::shared_mutex objects_;
  KeyMemory memory_;
};

}  // namespace sluis::hsm
