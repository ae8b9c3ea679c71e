// The policy changes only by the word of two security officers: which policy was approved last stands in the ledger,
// and its text in the store. A gateway that starts or reloads with another one needs an approval of action
// policy.change for its digest, which is used up thereby. Thread-safe; may block on the store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/approvals/approvals.h"

namespace sluis::gateway::approvals {

enum class PolicyRule : std::uint8_t { approved, free };  // of `policy.changes`

class PolicyChanges {
 public:
  PolicyChanges(Documents& documents, Ledger& ledger, Approvals& approvals) noexcept
      : documents_(documents), ledger_(ledger), approvals_(approvals) {}

  // The act that puts a policy's text up for approval. Error too_large past kMaxPolicyText.
  static Result<Act> act_of(std::string_view text, std::string_view digest, std::string_view reason);

  // Whether a policy may come into force: it is the approved one, the first there ever was, or approved now. Gives the
  // entries to be made before it does. Error denied if officers must approve it first. `text` is empty where it is too
  // long to be kept; `now_in_force` judges whether the approvals still hold.
  Result<std::vector<audit::Event>> settle(std::string_view text, const policy::Policy& next,
                                           const policy::Policy* now_in_force, PolicyRule rule, std::uint64_t now_us);

  struct Approved {
    std::string digest, text;  // no text if it was too long to be kept
  };
  // Error not_found if none was recorded yet, corrupt if the text is not that of the ledger's digest.
  Result<Approved> approved() { return approved(documents_, ledger_); }
  static Result<Approved> approved(Documents& documents, Ledger& ledger);

 private:
  Result<std::vector<audit::Event>> take_over(std::string_view text, const std::string& digest, std::string_view why,
                                              std::vector<audit::Event> events);
  Documents& documents_;
  Ledger& ledger_;
  Approvals& approvals_;
};

// The text of a policy file, if it is the one with this digest and short enough to be kept; else empty.
std::string policy_text(const std::string& file, std::string_view digest);

}  // namespace sluis::gateway::approvals
