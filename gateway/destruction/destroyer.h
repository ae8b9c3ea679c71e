// Schedules, withdraws and carries out destruction, proves it and certifies it. Approvals are the guard's
// (gateway/approvals): a call of destroy() has them. Thread-safe; may block on the store, the HSM and backups.
#pragma once

#include <mutex>

#include "audit/log.h"
#include "gateway/backups/generation.h"
#include "gateway/destruction/certificate.h"
#include "gateway/destruction/facts.h"

namespace sluis::gateway::destruction {

struct DestroyerParts {
  FactSources sources;
  hsm::Token& token;
  audit::Signer& signer;
  std::string gateway, origin;
  // How long after its scheduling a version of this key may be destroyed.
  std::function<std::chrono::seconds(std::string_view key)> waiting_time;
  // Tries to open a backup for real; gives "gone", "does not open", "still opens" or why it could not be tried. Empty:
  // there are no backups.
  std::function<std::string(const Generation&)> try_backup{};
};

// Whose word it was.
struct Word {
  std::string requester, approval, digest;
  std::vector<std::string> approved_by;
};

struct Destroyed {
  boost::json::object certificate;
  std::string note;  // the signed file
};

class Destroyer {
 public:
  explicit Destroyer(DestroyerParts parts) : parts_(std::move(parts)) {}

  Result<std::vector<Blocker>> blockers(std::string_view key, std::uint32_t version, std::uint64_t now_us);
  // Gives the time from which it may be destroyed.
  Result<std::uint64_t> schedule(std::string_view key, std::uint32_t version, std::string_view by,
                                 std::uint64_t now_us);
  Status withdraw(std::string_view key, std::uint32_t version, std::string_view by);

  // Looks at everything again, destroys, proves and certifies. Error conflict if anything stands in the way: nothing
  // was done then. Once the key is gone, an error of what follows is unavailable and says so.
  Result<Destroyed> destroy(std::string_view key, std::uint32_t version, const Word& word, std::uint64_t now_us);

  struct Kept {
    std::string id, note;
  };
  Result<std::vector<Kept>> certificates(std::string_view after, std::size_t limit);
  Result<Kept> certificate(std::string_view id);

 private:
  Result<Proof> prove(const Facts& facts);

  DestroyerParts parts_;
  std::mutex one_at_a_time_;
};

}  // namespace sluis::gateway::destruction
