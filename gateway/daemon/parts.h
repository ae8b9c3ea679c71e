// Everything the gateway is made of, in the order in which it is made; taken apart in reverse.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/log.h"
#include "gateway/adopted/tables.h"
#include "gateway/approvals/policy_change.h"
#include "gateway/auth/token_gate.h"
#include "gateway/backups/backups.h"
#include "gateway/config/config.h"
#include "gateway/destruction/destroyer.h"
#include "gateway/key_api/service.h"
#include "gateway/keys/admin_events.h"
#include "gateway/keys/audit_signer.h"
#include "gateway/keys/key_admin.h"
#include "gateway/keys/key_watch.h"
#include "gateway/keys/keyring.h"
#include "gateway/keys/period_keys.h"
#include "gateway/keys/periods.h"
#include "gateway/records/service.h"
#include "gateway/rollover/rollovers.h"
#include "gateway/server/oplog.h"
#include "gateway/transit/api/service.h"
#include "gateway/transit/keys/rotator.h"
#include "hsm/pkcs11_token.h"
#include "policy/budget.h"
#include "store/postgres_store.h"
#include "store/store.h"

namespace sluis::gateway {

// Why the gateway does not start: lines for the operator, with no secret in them. Empty: all is well.
using Reasons = std::vector<std::string>;

struct Parts {
  Config config;
  std::unique_ptr<OpLog> oplog;
  std::unique_ptr<hsm::Pkcs11Token> token;
  std::unique_ptr<store::Store> store;
  AdminEvents admin_events;
  std::unique_ptr<Keyring> keyring;
  std::unique_ptr<PeriodKeys> period_keys;
  std::unique_ptr<KeyAdmin> key_admin;
  std::unique_ptr<AuditSigners> signers;
  std::unique_ptr<audit::Log> log;
  policy::Budgets budgets;
  std::unique_ptr<Governance> governance;
  std::unique_ptr<Documents> documents;
  std::unique_ptr<approvals::Ledger> ledger;
  std::unique_ptr<approvals::Approvals> approvals;
  std::unique_ptr<approvals::PolicyChanges> policy_changes;
  std::unique_ptr<RecordService> records;
  // Null where the configuration leaves the Transit interface out.
  std::unique_ptr<transit::TransitKeys> transit_keys;
  std::unique_ptr<transit::Summary> transit_summary;
  std::shared_ptr<const transit::Parts> transit;
  std::unique_ptr<transit::Rotator> transit_rotator;
  // Null with it: their cells are Transit's.
  std::unique_ptr<adopted::Sources> adopted_sources;
  std::unique_ptr<adopted::Tables> adopted;
  std::unique_ptr<auth::Tokens> tokens;
  std::unique_ptr<auth::TokenGate> token_gate;
  std::unique_ptr<Governance> backup_governance;
  // Null where the configuration names no folder for them.
  std::unique_ptr<Backups> backups;
  std::unique_ptr<rollover::Rollovers> rollovers;
  std::function<std::vector<PeriodSetting>()> periods_now;  // as configured at the last reload; thread-safe
  std::unique_ptr<Periods> periods;
  std::unique_ptr<KeyWatch> key_watch;
  std::unique_ptr<KeyService> key_service;  // made with the routes
  std::unique_ptr<destruction::Destroyer> destroyer;
};

// Each makes what its name says, from the configuration and what was made before.
Reasons make_oplog(Parts& parts);
Reasons make_token(Parts& parts);   // and proves it by known answers
Reasons open_store(Parts& parts);   // whatever its schema
Reasons check_store(Parts& parts);  // its schema is this program's
Reasons make_keys(Parts& parts);
Reasons open_log(Parts& parts);        // recovers it, and counts today's decrypts against the budgets
Reasons make_documents(Parts& parts);  // governance and the documents under it
Reasons make_approvals(Parts& parts);
Reasons make_records(Parts& parts);
Reasons make_transit(Parts& parts);
void start_rotator(Parts& parts);  // once the entry of the start is written: its own come after it
Reasons make_adopted(Parts& parts);
Reasons make_tokens(Parts& parts);
Reasons make_backups(Parts& parts);  // and says in the log what was restored since the last start

// Fills the configured store, which must be empty, from the generation of a manifest.
Reasons restore_store(Parts& parts, const std::string& manifest);

Result<store::PostgresOptions> postgres_options(const StoreSettings& settings, OpLog& log);
Reasons make_rollovers(Parts& parts);
Reasons make_key_service(Parts& parts);
// Brings the periods of a configuration into force; reasons where that lowers one without approval.
Reasons settle_periods(Parts& parts, const Config& config);
Reasons make_destroyer(Parts& parts);

// The text of the policy that was approved last, with no log at hand: for an operator who must put it back.
Result<std::string> approved_policy(Parts& parts);

// Refers to `parts`, whose Transit keys may be made later.
TransitActs transit_acts(Parts& parts);

std::shared_ptr<const Collections> collections_of(const Config& config);

}  // namespace sluis::gateway
