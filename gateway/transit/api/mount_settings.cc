// GET and POST config/keys and cache-config: what counts for all keys. Kept in the store as facts, which say nothing
// about keys and guard nothing: who edits the store gains no right by them.
#include <functional>

#include "gateway/transit/api/handlers.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::string_view kUpsertFact = "transit/disable-upsert";
constexpr std::string_view kCacheFact = "transit/cache-size";
constexpr std::int64_t kLeastCache = 10;

// 0 where there is none.
Result<std::uint64_t> get_number(store::Store& store, std::string_view fact) {
  const auto value = store.get_fact(fact);
  if (!value && value.error().code == Code::not_found) return std::uint64_t{0};
  if (!value) return value.error();
  const auto number = integer_of(text_of(*value));
  if (!number || *number < 0) return Error{Code::corrupt, "a setting of the Transit mount is damaged"};
  return static_cast<std::uint64_t>(*number);
}

Status put_number(const Parts& parts, std::string_view fact, std::uint64_t number) {
  const auto old = parts.store.get_fact(fact);
  if (!old && old.error().code != Code::not_found) return old.error();
  const std::string text = std::to_string(number);
  return parts.store.put_fact(fact, bytes_of(text), old ? std::optional<Bytes>(*old) : std::nullopt);
}

Outcome told(const Call& call, std::vector<std::string> warnings, const std::function<void(JsonPen&)>& append) {
  Answer answer;
  JsonPen pen(answer.data);
  pen.open_object();
  append(pen);
  pen.close_object();
  answer.warnings = std::move(warnings);
  return answered(call, std::move(answer));
}

Outcome changed(Outcome outcome, std::string detail) {
  audit::Event event = event_of("transit.settings", {});
  event.payload.detail = std::move(detail);
  hold_for(std::move(event), outcome);
  return outcome;
}

}  // namespace

Result<std::uint64_t> stored_cache_size(store::Store& store) {
  return get_number(store, kCacheFact);
}

Result<bool> may_upsert(const Parts& parts) {
  const auto disabled = get_number(parts.store, kUpsertFact);
  if (!disabled) return disabled.error();
  return *disabled == 0;
}

Outcome read_keys_config(const Parts& parts, Call& call) {
  const auto upsert = may_upsert(parts);
  if (!upsert) return refuse(upsert.error());
  return told(call, {}, [&](JsonPen& pen) { pen.name("disable_upsert").flag(!*upsert); });
}

Outcome write_keys_config(const Parts& parts, Call& call) {
  Params params(call, {"disable_upsert"});
  const bool disable = params.flag("disable_upsert");
  if (params.refusal()) return refuse(*params.refusal());
  if (const Status put = put_number(parts, kUpsertFact, disable ? 1 : 0); !put) return refuse(put.error());
  return changed(told(call, params.warnings(), [&](JsonPen& pen) { pen.name("disable_upsert").flag(disable); }),
                 disable ? "disable_upsert true" : "disable_upsert false");
}

Outcome read_cache_config(const Parts& parts, Call& call) {
  const auto size = get_number(parts.store, kCacheFact);
  if (!size) return refuse(size.error());
  return told(call, {}, [&](JsonPen& pen) { pen.name("size").number(*size); });
}

Outcome write_cache_config(const Parts& parts, Call& call) {
  Params params(call, {"size"});
  const auto size = params.integer("size");
  if (params.refusal()) return refuse(*params.refusal());
  if (size != 0 && size < kLeastCache) return refuse({400, "size must be 0 or a value greater or equal to 10"});
  if (const Status put = put_number(parts, kCacheFact, static_cast<std::uint64_t>(size)); !put)
    return refuse(put.error());
  auto warnings = params.warnings();
  warnings.emplace_back("the size of the cache is taken over when the gateway is restarted");
  return changed(
      told(call, std::move(warnings), [&](JsonPen& pen) { pen.name("size").number(static_cast<std::uint64_t>(size)); }),
      "cache size " + std::to_string(size));
}

}  // namespace sluis::gateway::transit
