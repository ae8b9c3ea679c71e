// POST encrypt/:key
#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/item_steps.h"

namespace sluis::gateway::transit {
namespace {

struct Found {
  TransitKeys::Key key;
  std::optional<audit::Event> made;  // the key was missing, and is there now
};

// Which key a call makes where there is none: derived if its items have contexts.
std::optional<Refusal> read_upsert(Params& params, const Items& items, CreateOptions& out) {
  const std::string_view type = params.text("type", "aes256-gcm96");
  const auto known = key_type_named(type);
  if (!known) return Refusal{400, "unknown key type " + std::string(type.substr(0, 64))};
  if (!is_aead(*known)) return Refusal{400, "key type " + std::string(type) + " not supported for this operation"};
  out.type = *known;
  out.derived = items.all().front().has_context();
  out.convergent = params.flag("convergent_encryption");
  if (!out.convergent || out.derived) return params.refusal();
  return Refusal{400, "convergent encryption requires derivation to be enabled, so context is required"};
}

// The key, made where it is missing and may be.
std::optional<Outcome> find_or_make(const Parts& parts, const Call& call, Params& params, const Items& items,
                                    Found& out) {
  const auto name = call.param("key");
  auto key = valid_key_name(name) ? parts.keys.open(name) : Error{Code::not_found, "the name cannot be a key's"};
  if (key) {
    out.key = *std::move(key);
    return std::nullopt;
  }
  const bool may_make =
      key.error().code == Code::not_found && valid_key_name(name) && granted(call, "transit.create", name);
  if (!may_make) return refuse_unless_found(key.error(), "encryption key not found");
  const auto upsert = may_upsert(parts);
  if (!upsert) return refuse(upsert.error());
  if (!*upsert) return refuse_unless_found(key.error(), "encryption key not found");
  CreateOptions options;
  if (auto refusal = read_upsert(params, items, options)) return refuse(*std::move(refusal));
  auto made = parts.keys.create(name, options);
  if (!made) return refuse(made.error());
  out.key = std::move(made->key);
  out.made = std::move(made->event);
  return std::nullopt;
}

Outcome run(const Parts& parts, const Call& call, Params& params, const Items& items, std::int64_t partial_failure,
            Found found) {
  constexpr std::size_t kAnItem = 160;  // of the reply, beside its data
  Uses uses(*found.key, items.all());
  if (const Status taken = uses.take(parts.keys, *found.key); !taken) return refuse(taken.error());
  BatchReply reply(items, BatchReply::Mistakes::fail_the_call, call.body.size() * 3 / 2 + items.size() * kAnItem);
  EncryptStep step(found.key, items.size());
  for (const Item& item : items.all()) {
    reply.begin();
    const Status done = step.run(item, uses, reply.pen(), reply.out());
    if (done) reply.end(item);
    if (!done) reply.fail(item, done.error());
  }
  auto warnings = params.warnings();
  for (auto& warning : uses.warnings()) warnings.push_back(std::move(warning));
  const std::size_t made = reply.succeeded();
  Outcome outcome = reply.finish(call, std::move(warnings), partial_failure);
  note_use(parts, call, event_of("transit.encrypt", found.key->name, found.key->latest()), made, outcome);
  hold_for(std::move(found.made), outcome);
  return outcome;
}

}  // namespace

Outcome encrypt(const Parts& parts, Call& call) {
  Params params(call, {"name", "plaintext", "context", "key_version", "associated_data", "type",
                       "convergent_encryption", "batch_input", "partial_failure_response_code", "nonce"});
  const Items items(params, "plaintext", parts.settings.batch_items);
  items.check_contexts(params);
  const auto partial_failure = partial_failure_code(params);
  if (params.refusal()) return refuse(*params.refusal());
  if (!items.batch() && !items.all().front().main) return refuse(Refusal{400, "missing plaintext to encrypt"});
  Found found;
  if (auto refused = find_or_make(parts, call, params, items, found)) return *std::move(refused);
  if (auto refusal = refusal_to_encrypt(*found.key)) return refuse(*std::move(refusal));
  return run(parts, call, params, items, partial_failure, std::move(found));
}

}  // namespace sluis::gateway::transit
