// Everything the records API works with, for real: a SoftHSM token, a SQLite store, an audit log, a policy. One world a
// process at a time, since SoftHSM's configuration belongs to the process.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "audit/log.h"
#include "gateway/keys/admin_events.h"
#include "gateway/keys/audit_signer.h"
#include "gateway/keys/keyring.h"
#include "gateway/keys/period_keys.h"
#include "gateway/records/service.h"
#include "hsm/pkcs11_token.h"
#include "store/sqlite_store.h"
#include "tests/support/softhsm.h"
#include "tests/unit/gateway_records/watched.h"

namespace sluis::gateway::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Ask {
  std::string id = {};
  std::string body = {};
  Pairs headers = {};
  Pairs query = {};
  std::string collection = "diplomas";
  std::string principal = "backend";
  std::string purpose = "verification";
};

// A temporary folder that goes with its object.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class World : public ::testing::Test {
 protected:
  void SetUp() override;

  // What a test may change before it first uses the service.
  ImportLimits import_limits;
  std::chrono::milliseconds key_refresh{5000};  // before SetUp()
  std::atomic<std::chrono::seconds> passed{};   // how far the keyring's clock is ahead

  WatchedToken& token() { return *token_; }
  WatchedStore& store() { return *store_; }
  Keyring& keyring() { return *keyring_; }
  PeriodKeys& period_keys() { return *period_keys_; }
  audit::Log& log() { return *log_; }
  AdminEvents& admin_events() { return admin_events_; }
  policy::Budgets& budgets() { return budgets_; }
  const policy::Policy& policy() { return *policy_; }
  std::shared_ptr<const policy::Policy> policy_now() { return policy_; }
  std::string database() const { return (folder_.path() / "store.db").string(); }
  RecordService& service();

  std::unique_ptr<Keyring> new_keyring();  // as another gateway has it
  void use_policy(std::string_view toml);
  void use_schema(CollectionSchema schema);
  static CollectionSchema diplomas();

  // A call as the server hands it over: decided by the policy.
  Call call(const Ask& ask, std::string_view action);
  // The reply as the gate would release it: the entries are appended to the log first.
  Reply released(Outcome outcome);

  Reply put(const Ask& ask);
  Reply patch(const Ask& ask);
  Reply remove(const Ask& ask);
  Reply get(const Ask& ask);
  Reply head(const Ask& ask);
  Reply read(const Ask& ask);
  Reply search(const Ask& ask);
  Reply attest(const Ask& ask);

  // Entries of the log from `first` on, leaf and payload in one object.
  std::vector<boost::json::object> entries(std::uint64_t first);
  std::vector<boost::json::object> entries_of(std::string_view action);
  // Changes rows behind Sluis' back.
  void sql(const std::string& statement);

 private:
  std::unique_ptr<sluis::test::SoftHsmToken> softhsm_;
  Folder folder_;
  std::unique_ptr<hsm::Pkcs11Token> real_token_;
  std::unique_ptr<WatchedToken> token_;
  std::unique_ptr<store::Store> real_store_;
  std::unique_ptr<WatchedStore> store_;
  AdminEvents admin_events_;
  std::unique_ptr<Keyring> keyring_;
  std::unique_ptr<PeriodKeys> period_keys_;
  std::unique_ptr<AuditSigner> signer_;
  std::unique_ptr<audit::Log> log_;
  policy::Budgets budgets_;
  std::shared_ptr<const policy::Policy> policy_;
  std::shared_ptr<Collections> collections_;
  std::unique_ptr<RecordService> service_;
  std::uint64_t clock_us_ = 1770000000000000;
  Pairs headers_;  // of the call at hand
};

std::string text_of(const Reply& reply);
boost::json::value json_of_reply(const Reply& reply);
std::string header_of(const Reply& reply, std::string_view name);

}  // namespace sluis::gateway::test
