// POST hmac/:key(/:algorithm)
#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/signing.h"

namespace sluis::gateway::transit {
namespace {

Result<const KeyVersion*> version_of(const TransitKey& key, std::int64_t asked) {
  if (asked < 0 || asked > static_cast<std::int64_t>(key.latest())) return Error{Code::invalid, "no such key version"};
  const auto version = asked == 0 ? key.latest() : static_cast<std::uint32_t>(asked);
  if (version != key.latest() && version < key.attributes.min_encryption_version) {
    return Error{Code::invalid, "cannot generate HMAC: version is too old (disallowed by policy)"};
  }
  const KeyVersion* const found = key.find(version);
  if (found == nullptr) return Error{Code::invalid, "no such key version"};
  return found;
}

Status run(const Item& item, const KeyVersion& version, DigestKind digest, ItemDesk& desk, BatchReply& reply) {
  if (item.fault) return *item.fault;
  if (!item.main) return Error{Code::invalid, "missing input for HMAC"};
  ByteView input;
  if (!desk.decode_main(item, input)) return Error{Code::invalid, "unable to decode input as base64"};
  const auto mac = hmac_of(digest, version.hmac_key.expose_secret(), input);
  if (!mac) return mac.error();
  reply.pen().name("hmac").open_text();
  append_prefix(reply.out(), version.number);
  append_base64(reply.out(), *mac);
  reply.pen().close_text();
  return {};
}

}  // namespace

Outcome hmac(const Parts& parts, Call& call) {
  constexpr std::size_t kAnItem = 160;
  Params params(call, {"name", "input", "algorithm", "hash_algorithm", "urlalgorithm", "key_version", "batch_input"});
  const Items items(params, "input", parts.settings.batch_items);
  const auto asked = params.integer("key_version");
  const DigestKind digest = read_mac_digest(call, params);
  if (params.refusal()) return refuse(*params.refusal());
  if (!items.batch() && !items.all().front().main) return refuse(Refusal{400, "missing input for HMAC"});
  const auto key = open_key(parts, call.param("key"));
  if (!key) return refuse(key.error());
  const auto version = version_of(**key, asked);
  if (!version) return refuse(version.error());
  BatchReply reply(items, BatchReply::Mistakes::stay_in_items, items.size() * kAnItem);
  ItemDesk desk;
  for (const Item& item : items.all()) {
    reply.begin();
    const Status done = run(item, **version, digest, desk, reply);
    if (done) reply.end(item);
    if (!done) reply.fail(item, done.error());
  }
  const std::size_t made = reply.succeeded();
  Outcome outcome = reply.finish(call, params.warnings(), 0);
  note_use(parts, call, event_of("transit.hmac", (*key)->name, (*version)->number), made, outcome);
  return outcome;
}

}  // namespace sluis::gateway::transit
