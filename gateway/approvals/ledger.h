// The ledger of approvals: one governing row that says which requests are open, and which policy was approved last.
// A request that is not in it can neither be approved nor carried out, whatever its own row says, and it leaves it by
// compare-and-set: so an act is carried out once, over all gateways, and a request's row that was put back to an
// earlier moment is worth nothing. The ledger itself carries a serial number that only grows. Each gateway remembers
// the highest it has seen, in memory and through the mark that its log entries carry; a ledger behind it was put back
// or removed, and is replaced by one without open requests. Thread-safe; may block on the store.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "gateway/keys/documents.h"

namespace sluis::gateway::approvals {

struct OpenRequest {
  std::string id, requester;
  std::uint64_t expires_us = 0;
};

struct LedgerState {
  std::uint64_t serial = 0;  // 0: there is none yet
  std::vector<OpenRequest> open;
  std::string policy;  // digest of the policy that was approved last; empty: none was recorded yet
  // Ids of the backups that are not known to be gone (gateway/destruction): one whose row is removed is missed.
  std::vector<std::string> backups;
  std::uint64_t forgotten_us = 0;  // when a ledger was replaced whose backups this gateway had not seen; 0: never

  bool marked = false;  // known by its mark alone; never stored

  const OpenRequest* find(std::string_view id) const noexcept;
  void close(std::string_view id);
};

class Ledger {
 public:
  explicit Ledger(Documents& documents) noexcept : documents_(documents) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Error corrupt ("was put back") while the ledger is behind what this gateway has seen.
  Result<LedgerState> read();
  // Reads, changes, writes; again from the start if another gateway was faster. The change may run several times; its
  // error ends it, and nothing is written. Gives what was written.
  using Change = std::function<Status(LedgerState&)>;
  Result<LedgerState> change(const Change& change);

  // If the ledger is behind what this gateway has seen: replaces it. Gives whether it was.
  enum class Found : std::uint8_t { sound, replaced };
  Result<Found> mend();

  // "ledger 17, policy <hex>": ends the details of this gateway's governing entries.
  std::string mark() const;
  // Takes what the newest marked entry of the gateway's log says as seen. At start, before anything else.
  Status recall(audit::Log& log);

  std::uint64_t waiting(std::uint64_t now_us) const;  // open requests as last seen

 private:
  struct Row {
    LedgerState state;
    std::uint64_t revision = 0;
  };
  Result<Row> fetch();
  Result<LedgerState> write(LedgerState state, std::uint64_t revision);
  void see(const LedgerState& state);
  LedgerState seen() const;

  Documents& documents_;
  mutable std::mutex mutex_;
  LedgerState seen_;
};

// The mark in an entry's details, if there is one: serial and policy.
std::optional<LedgerState> mark_in(std::string_view detail);

}  // namespace sluis::gateway::approvals
