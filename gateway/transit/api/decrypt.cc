// POST decrypt/:key
#include <algorithm>

#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/budget.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/item_steps.h"

namespace sluis::gateway::transit {

Outcome decrypt(const Parts& parts, Call& call) {
  constexpr std::size_t kAnItem = 96;
  Params params(call, {"name", "ciphertext", "context", "associated_data", "batch_input",
                       "partial_failure_response_code", "nonce"});
  const Items items(params, "ciphertext", std::min(parts.settings.batch_items, parts.settings.opened_items));
  items.check_contexts(params);
  const auto partial_failure = partial_failure_code(params);
  if (params.refusal()) return refuse(*params.refusal());
  const Item& first = items.all().front();
  if (!items.batch() && first.main.value_or("").empty()) return refuse(Refusal{400, "missing ciphertext to decrypt"});
  auto key = open_key(parts, call.param("key"));
  if (!key) return refuse(key.error());
  if (auto refusal = refusal_to_decrypt(**key)) return refuse(*std::move(refusal));
  if (const Status stated = check_stated(**key, call); !stated) return refuse(stated.error());
  if (auto refused = over_budget(parts, call, "transit.decrypt", **key, openable(items.all()))) {
    return *std::move(refused);
  }
  BatchReply reply(items, BatchReply::Mistakes::fail_the_call, call.body.size() + items.size() * kAnItem);
  DecryptStep step(parts, *std::move(key), items.size());
  std::vector<audit::Event> events;
  events.reserve(items.size());
  for (const Item& item : items.all()) {
    reply.begin();
    const Status done = step.run(item, reply.pen(), events);
    if (done) reply.end(item);
    if (!done) reply.fail(item, done.error(), items.batch() ? R"("plaintext":"")" : std::string_view{});
  }
  const std::size_t opened = reply.succeeded();
  Outcome outcome = reply.finish(call, params.warnings(), partial_failure);
  outcome.events = std::move(events);
  if (!outcome.events.empty()) outcome.hold = opened > 0 ? Hold::plaintext : Hold::write;
  return outcome;
}

}  // namespace sluis::gateway::transit
