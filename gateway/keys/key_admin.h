// The life of keys as officers and custodians steer it: versions are made, put to use, declared compromised, scheduled
// for destruction and destroyed; master keys follow each other and all data keys are put under the newest. Names are
// those of key rows ("records/diplomas", "audit/2026-11", "transit/orders") and "master" for the HSM's master key.
// Every change is made by compare-and-set on the key's row and is an event for the log. What may follow what says
// gateway/lifecycle/states.h: an act that it does not allow is invalid. Whether a key *may* be destroyed is the gate's
// to decide before it calls destroy_version. Errors besides: not_found for a key or version that is not there, busy
// when others keep changing the key, unavailable, corrupt. Thread-safe; all methods may block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/keys/documents.h"
#include "gateway/keys/key_life.h"
#include "gateway/keys/keyring.h"

namespace sluis::gateway {

inline constexpr std::string_view kMasterName = "master";

// Times are Unix microseconds; 0: it has not happened.
struct VersionFacts {
  std::uint32_t version = 0;
  store::KeyState state = store::KeyState::active;
  std::uint32_t master_version = 0;  // 0 for master keys
  std::uint64_t created_us = 0;
  std::uint64_t activated_us = 0;
  std::uint64_t deactivated_us = 0;   // since when it seals nothing
  std::uint64_t emptied_us = 0;       // when a full scan found nothing under it
  std::uint64_t scheduled_us = 0;     // when its destruction was scheduled
  std::uint64_t destroy_from_us = 0;  // the end of the waiting period
  std::uint64_t destroyed_us = 0;
  std::string reason;  // of compromise
};

struct KeyFacts {
  std::string name;
  KeyId id{};  // zeros for the master key
  std::uint64_t created_us = 0;
  std::uint64_t revision = 0;
  std::vector<VersionFacts> versions;  // ascending; rows of destroyed versions stay

  const VersionFacts* find(std::uint32_t version) const noexcept;  // null if there is none
  const VersionFacts* sealing() const noexcept;                    // the newest active one; null if there is none
};

// What the Transit interface does for its own keys. Empty functions where it is left out: then its keys are not_found.
// Names are without "transit/".
struct TransitActs {
  std::function<Result<std::uint32_t>(std::string_view name)> rotate;                   // gives the new version
  std::function<Status(std::string_view name, std::uint32_t first)> forbid_encryption;  // below `first`
  std::function<Status(std::string_view name, std::uint32_t first)> destroy_below;      // `first`, for good
};

struct RewrapPage {
  std::string last;             // of the names looked at: where the next page starts
  bool more = false;            // exact
  std::uint64_t keys = 0;       // looked at
  std::uint64_t rewrapped = 0;  // versions
};

class KeyAdmin {
 public:
  using WallClock = std::function<std::uint64_t()>;  // Unix time, microseconds

  // `store`, `token` and `keyring` (started) must outlive this.
  KeyAdmin(store::Store& store, hsm::Token& token, Keyring& keyring, AdminLog admin_log, WallClock now,
           TransitActs transit = {});

  Result<KeyFacts> show(std::string_view name);
  // Names greater than `after` that start with `prefix`, ordered byte by byte; fewer than `limit` only where no more
  // are left or attributes are large. The master key is not among them.
  Result<std::vector<KeyFacts>> list(std::string_view prefix, std::string_view after, std::size_t limit);

  // In all that follows `by` is the principal who is said to have done it ("sluis" for the schedule).

  // Makes a pre-active version, or gives the one there is: repeating it is safe. A Transit key's new version is active
  // at once and made anew each time. So is the master key's, unless nothing is wrapped under the newest yet: then that
  // is the one. Keys of the log have one version.
  Result<std::uint32_t> begin_version(std::string_view name, std::string_view by);
  // The version becomes active and the active one deactivated, in one step. No effect if it is active already. The
  // caller has waited until every gateway knows the version (Keyring::settle_time).
  Status activate(std::string_view name, std::uint32_t version, std::string_view by);
  // The version seals nothing from the return on (on other gateways: from Keyring::settle_time later). Where it was the
  // one to seal, a successor is made, every gateway given the time to know it (the call takes as long), and active.
  // Gives the version that seals now. `reason` is for people: at most 500 bytes.
  Result<std::uint32_t> compromise(std::string_view name, std::uint32_t version, std::string_view reason,
                                   std::string_view by);
  // Says that a full scan found nothing under the version. Not for versions that seal.
  Status note_emptied(std::string_view name, std::uint32_t version, std::string_view by);
  Status schedule_destruction(std::string_view name, std::uint32_t version, std::uint64_t destroy_from_us,
                              std::string_view by);
  // Back to what it was before it was scheduled.
  Status withdraw_destruction(std::string_view name, std::uint32_t version, std::string_view by);
  // The wrapped bytes go, the version's row stays; a master key is destroyed in the HSM. Only for a version that is
  // scheduled and whose waiting period is over: else conflict. Repeating it is safe. Of a Transit key the oldest
  // version goes first.
  Status destroy_version(std::string_view name, std::uint32_t version, std::string_view by);

  // Puts the live versions of one page of keys under master key `to` where they are under an older one: opened in the
  // context of the old, wrapped in that of the new. Several threads share the HSM's sessions. What others changed
  // meanwhile is done again. Repeating it is safe.
  Result<RewrapPage> rewrap(std::uint32_t to, std::string_view after, std::size_t limit);
  // The same for the governance key.
  Status rewrap_governance(std::uint32_t to);
  // How many live versions are under each master version, the governance key counted as one: a full scan.
  Result<std::map<std::uint32_t, std::uint64_t>> count_masters();

 private:
  struct Draft;  // a key as a change finds and leaves it
  using Edit = std::function<Status(Draft&)>;

  Result<Draft> read(std::string_view name);
  Status change(std::string_view name, const Edit& edit);
  Status write(Draft& draft);
  Result<std::map<std::string, Lives>> lives_until(std::string_view after, std::string_view last);
  Result<KeyFacts> facts_of(const store::Key& row, const Lives& lives) const;
  Status add_version(Draft& draft, std::uint32_t& number);
  Status put_to_use(Draft& draft, std::uint32_t number);
  Status prepare_successor(std::string_view name, std::uint32_t version, std::string_view by);
  Result<std::uint32_t> compromise_transit(std::string_view name, std::uint32_t version, std::string_view reason,
                                           std::string_view by);
  Status leave_use(std::string_view name, std::uint32_t version);
  Status may_destroy(std::string_view name, std::uint32_t version);
  void tell(std::string_view action, std::string_view name, std::uint32_t version, std::string_view by,
            std::string detail);

  Result<Draft> read_master();
  Result<std::uint32_t> begin_master(std::string_view by);
  Status destroy_in_hsm(std::uint32_t version);
  Status rewrap_batch(std::uint32_t to, std::vector<store::Key> keys, RewrapPage& page);
  Result<bool> rewrap_row(std::uint32_t to, store::Key& row, std::uint64_t& versions);
  Status rewrap_alone(std::uint32_t to, const std::string& name, std::uint64_t& versions);

  store::Store& store_;
  hsm::Token& token_;
  Keyring& keyring_;
  Documents documents_;
  AdminLog admin_log_;
  WallClock now_;
  TransitActs transit_;
};

}  // namespace sluis::gateway
