// The records API behind its routes (gateway/records/routes.h); docs/records.md says what each call does. Handlers are
// plain functions: they take a call that policy has allowed and return a reply and its log entries. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "audit/log.h"
#include "gateway/http/call.h"
#include "gateway/keys/admin_events.h"
#include "gateway/keys/keyring.h"
#include "gateway/records/caller.h"
#include "gateway/records/schema.h"
#include "policy/budget.h"
#include "store/store.h"

namespace sluis::gateway {

// What the service works with; all of it outlives the service.
struct RecordParts {
  store::Store& store;
  Keyring& keyring;
  policy::Budgets& budgets;
  audit::Log& log;            // for the entries of an import's chunks, which no reply waits for
  AdminEvents& admin_events;  // keys that were made meanwhile: their entries go with the next write's
};

struct ImportLimits {
  std::size_t chunk_records = 4096;
  std::size_t chunk_bytes = std::size_t{8} << 20U;  // of envelopes and open fields
  std::uint64_t errors = 100'000;                   // refused lines after which the import stops
};

class RecordService {
 public:
  RecordService(const RecordParts& parts, std::shared_ptr<const Collections> collections,
                const ImportLimits& import_limits = {});

  // A new configuration: calls that are under way finish with the old one.
  void replace_collections(std::shared_ptr<const Collections> collections);
  std::shared_ptr<const Collection> collection(std::string_view name) const;  // null if there is none
  std::shared_ptr<const Collections> collections() const;

  // Whether a call on this collection would find its key in memory (Runs::local).
  bool key_cached(std::string_view collection) const;

  void put(std::span<GroupedCall> calls);  // stored together
  Outcome patch(Call& call);
  Outcome remove(Call& call);
  Outcome get(Call& call);
  Outcome head(Call& call);
  Outcome read(Call& call);
  Outcome search(Call& call);
  Outcome attest(Call& call);
  Result<std::unique_ptr<BodySink>> import(Call& call);
  Outcome import_state(Call& call);
  Outcome import_errors(Call& call);
  Streamed export_(Call& call);

 private:
  const RecordParts parts_;
  const ImportLimits import_limits_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Collections> collections_;
};

}  // namespace sluis::gateway
