// What the handlers of the Transit interface work with, and what they have in common: fetching the key, answers,
// refusals and log entries. docs/transit.md says what each call does. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/http/call.h"
#include "gateway/transit/api/envelope.h"
#include "gateway/transit/api/params.h"
#include "gateway/transit/api/summary.h"
#include "gateway/transit/keys/transit_keys.h"
#include "policy/budget.h"
#include "store/store.h"

namespace sluis::gateway::transit {

struct Settings {
  std::string mount = "transit";
  std::size_t body_bytes = std::size_t{32} << 20U;
  std::size_t batch_items = 100'000;
  std::size_t opened_items = 30'000;  // of a batch that has an entry for each: they must fit in a segment of the log
  enum class Log : std::uint8_t { summary, each } log_encrypts = Log::summary;
  enum class Export : std::uint8_t { refused, allowed } exports = Export::refused;
};

// All of it outlives the handlers.
struct Parts {
  TransitKeys& keys;
  store::Store& store;
  Summary& summary;
  policy::Budgets& budgets;
  Settings settings;
};

using Function = Outcome (*)(const Parts&, Call&);

// Names of keys: \w(([\w-.]+)?\w)?, at most 128 bytes.
bool valid_key_name(std::string_view name) noexcept;

// Refusals, without an entry.
Outcome refuse(Refusal refusal);
Outcome refuse(const Error& error);
Outcome refuse_unless_found(const Error& error, std::string_view what_is_missing);  // not_found becomes 400 with this
Outcome not_allowed(std::string_view action, std::string_view key);                 // 403, with its entry

// Keys leave the gateway in the clear only where the configuration says so: a grant alone is one person's word.
Outcome exports_refused(std::string_view action, std::string_view key);

Outcome answered(const Call& call, Answer answer);

// The key of the path for a use: error invalid ("encryption key not found") where there is none, for a name that cannot
// be one, and for a soft-deleted key.
Result<TransitKeys::Key> open_key(const Parts& parts, std::string_view name,
                                  Literal missing = "encryption key not found");
// Whether the call states the purpose and the case reference that the key demands.
// For a key that is asked for again while a call runs: its name may stand for another one by now. Error invalid unless
// `now` can do all that `before` could.
Status still_fits(const TransitKey& now, const TransitKey& before);
Status check_stated(const TransitKey& key, const Call& call);

// Why a key of its type, or in its state, cannot be used so.
std::optional<Refusal> refusal_to_encrypt(const TransitKey& key);
std::optional<Refusal> refusal_to_decrypt(const TransitKey& key);

bool granted(const Call& call, std::string_view action, std::string_view key);

// An entry; the server fills in who, when and why.
audit::Event event_of(std::string_view action, std::string_view key, std::uint32_t version = 0);
// Counts uses under the event's action and key, or has the outcome wait for the event, as the settings want.
void note_use(const Parts& parts, const Call& call, audit::Event event, std::uint64_t items, Outcome& outcome);
// Adds the event of a change, if there was one, and has the reply wait for it.
void hold_for(std::optional<audit::Event> event, Outcome& outcome);

}  // namespace sluis::gateway::transit
