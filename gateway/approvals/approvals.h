// Requests for approval, from their making to their end. What each method does is an entry of the log, whose event it
// gives; the entry of an execution is durable before the act begins. docs/approvals.md is the guide. Thread-safe; may
// block on the store. Errors: denied, conflict and not_found with words for the caller, corrupt where a row was changed
// or put back outside Sluis, audit_halted where the log cannot be written: nothing is approved or carried out then.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "gateway/approvals/approval.h"
#include "gateway/approvals/ledger.h"
#include "gateway/keys/documents.h"

namespace sluis::gateway::approvals {

struct Settings {
  std::uint64_t expire_us = std::uint64_t{86'400} * 1'000'000;
};

// Who acts, by which policy, when.
struct Actor {
  const policy::Principal& who;
  const policy::Policy& policy;
  std::uint64_t now_us = 0;
};

struct Changed {
  Approval approval;
  audit::Event event;
};

class Approvals {
 public:
  static constexpr std::size_t kMostOpen = 32;  // of one requester
  static constexpr std::size_t kMostPage = 200;

  Approvals(Documents& documents, Ledger& ledger, audit::Log& log, Settings settings) noexcept
      : documents_(documents), ledger_(ledger), log_(log), settings_(settings) {}

  // Puts the act up for approval. The same act by the same requester that is open already is given back, without an
  // event. Error denied if the requester is no party, rate_limited past kMostOpen.
  struct Asked {
    Approval approval;
    std::optional<audit::Event> event;
  };
  Result<Asked> ask(Act act, const std::vector<policy::Role>& parties, const Actor& requester);

  // As it is now: with `expired` and `lapsed` told apart from what the row says.
  Result<Approval> find(std::string_view id, std::uint64_t now_us);
  // Ids greater than `after`, in their order, oldest first.
  Result<std::vector<Approval>> list(std::optional<State> state, std::string_view after, std::size_t limit,
                                     std::uint64_t now_us);

  // `digest` is that of what was read: conflict if it is not this request's.
  Result<Changed> approve(std::string_view id, std::string_view digest, const Actor& by);
  Result<Changed> refuse(std::string_view id, const Actor& by);    // by anyone who could approve it
  Result<Changed> withdraw(std::string_view id, const Actor& by);  // by the requester

  // Takes the right to carry it out, once: the entry is durable, then the caller acts and tells the end. `digest` is of
  // the act at hand. Denied if approvals are missing, its time is over, or the policy no longer bears it out.
  Result<Approval> claim(std::string_view id, std::string_view digest, const policy::Policy& policy,
                         std::uint64_t now_us);
  // After the act: its entry. The row is told too, which may fail without harm.
  audit::Event finish(Approval approval, unsigned status, std::uint64_t now_us);

  // An open request that has all its approvals and satisfies the condition.
  Result<std::optional<Approval>> approved(const std::function<bool(const Approval&)>& condition, std::uint64_t now_us);

 private:
  Status may_write() const;
  Result<Approval> fetch(std::string_view id);
  Result<Approval> fetch_open(std::string_view id, std::uint64_t now_us);
  Status store(Approval& approval);
  Result<Approval> known(const Approval& wanted, const LedgerState& ledger, std::uint64_t now_us);
  Result<LedgerState> sweep_out(std::uint64_t now_us);
  Result<Changed> end(Approval approval, State state, std::string_view action, const Actor& by);
  audit::Event event_of(const Approval& approval, std::string_view action, std::string_view principal,
                        std::string_view more = {}) const;

  Documents& documents_;
  Ledger& ledger_;
  audit::Log& log_;
  const Settings settings_;
};

}  // namespace sluis::gateway::approvals
