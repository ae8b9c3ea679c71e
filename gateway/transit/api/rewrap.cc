// POST rewrap/:key, and rewrap/:key?from=:other, which moves ciphertexts between two keys without showing
// what is in them.
#include "gateway/transit/api/rewrap.h"

#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/item_steps.h"

namespace sluis::gateway::transit {

std::optional<Outcome> open_pair(const Parts& parts, const Call& call, std::string_view from, KeyPair& out) {
  const auto name = call.param("key");
  const bool other = !from.empty() && from != name;
  if (other && !granted(call, "transit.encrypt", name)) return not_allowed("transit.encrypt", name);
  if (other && !granted(call, "transit.decrypt", from)) {
    return not_allowed("transit.decrypt", valid_key_name(from) ? from : std::string_view{});
  }
  auto to = open_key(parts, name);
  if (!to) return refuse(to.error());
  out.to = *std::move(to);
  auto source = other ? open_key(parts, from) : Result<TransitKeys::Key>(out.to);
  if (!source) return refuse(source.error());
  out.from = *std::move(source);
  if (auto refusal = refusal_to_decrypt(*out.from)) return refuse(*std::move(refusal));
  if (auto refusal = refusal_to_encrypt(*out.to)) return refuse(*std::move(refusal));
  if (const Status stated = check_stated(*out.from, call); !stated) return refuse(stated.error());
  return std::nullopt;
}

void note_rewrap(const Parts& parts, const Call& call, const KeyPair& pair, std::uint64_t made, Outcome& outcome) {
  if (made == 0) return;
  if (pair.from->id == pair.to->id) {
    return note_use(parts, call, event_of("transit.rewrap", pair.to->name, pair.to->latest()), made, outcome);
  }
  audit::Event event = event_of("transit.rewrap", pair.to->name, pair.to->latest());
  event.count = made;
  event.payload.detail = "from transit/" + pair.from->name;
  hold_for(std::move(event), outcome);
}

Outcome rewrap(const Parts& parts, Call& call) {
  constexpr std::size_t kAnItem = 160;
  Params params(call,
                {"name", "ciphertext", "context", "associated_data", "key_version", "batch_input", "from", "nonce"});
  const Items items(params, "ciphertext", parts.settings.batch_items);
  items.check_contexts(params);
  const std::string_view from = params.text("from");
  if (params.refusal()) return refuse(*params.refusal());
  const Item& first = items.all().front();
  if (!items.batch() && first.main.value_or("").empty()) return refuse(Refusal{400, "missing ciphertext to decrypt"});
  KeyPair pair;
  if (auto refused = open_pair(parts, call, from, pair)) return *std::move(refused);
  Uses uses(*pair.to, items.all());
  if (const Status taken = uses.take(parts.keys, *pair.to); !taken) return refuse(taken.error());
  BatchReply reply(items, BatchReply::Mistakes::stay_in_items, call.body.size() + items.size() * kAnItem);
  RewrapStep step(parts, pair.from, pair.to, items.size());
  for (const Item& item : items.all()) {
    reply.begin();
    const Status done = step.run(item, uses, reply.pen(), reply.out());
    if (done) reply.end(item);
    if (!done) reply.fail(item, done.error());
  }
  auto warnings = params.warnings();
  for (auto& warning : uses.warnings()) warnings.push_back(std::move(warning));
  const std::size_t made = reply.succeeded();
  Outcome outcome = reply.finish(call, std::move(warnings), 0);
  note_rewrap(parts, call, pair, made, outcome);
  return outcome;
}

}  // namespace sluis::gateway::transit
