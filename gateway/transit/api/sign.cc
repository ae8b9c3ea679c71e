// POST sign/:key(/:algorithm)
#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/item_steps.h"
#include "gateway/transit/api/signing.h"

namespace sluis::gateway::transit {
namespace {

// What all items of a call have in common.
struct Job {
  const TransitKey& key;
  const KeyVersion& version;
  SigningChoice choice;
  bool batch;
};

void append_signature(const Job& job, const Bytes& signature, BatchReply& reply) {
  reply.pen().name("signature").open_text();
  append_prefix(reply.out(), job.version.number);
  if (job.choice.alphabet == SigningChoice::Alphabet::url) append_base64_url(reply.out(), signature);
  if (job.choice.alphabet == SigningChoice::Alphabet::standard) append_base64(reply.out(), signature);
  reply.pen().close_text().name("key_version").number(job.version.number);
}

Status run(const Job& job, const Item& item, ItemDesk& desk, BatchReply& reply) {
  if (item.fault) return *item.fault;
  if (!item.main) return Error{Code::invalid, "missing input"};
  ByteView input;
  if (!desk.decode_main(item, input)) return Error{Code::invalid, "unable to decode input as base64"};
  ItemContext context;
  if (const Status decoded = desk.decode(item, job.key, context); !decoded) return decoded;
  const auto pair = SigningPair::of(job.key, job.version, context.context);
  if (!pair) return pair.error();
  const auto signature = pair->get().sign(input, job.choice.options);
  if (!signature) return signature.error();
  append_signature(job, *signature, reply);
  if (!pair->derived()) return {};
  const auto public_key = pair->get().public_raw();
  if (!public_key) return public_key.error();
  reply.pen().name(job.batch ? "publickey" : "public_key").base64(*public_key);
  return {};
}

}  // namespace

Outcome sign(const Parts& parts, Call& call) {
  constexpr std::size_t kAnItem = 256;
  Params params(call, {"name", "input", "context", "hash_algorithm", "algorithm", "urlalgorithm", "key_version",
                       "prehashed", "signature_algorithm", "marshaling_algorithm", "salt_length", "batch_input"});
  const Items items(params, "input", parts.settings.batch_items);
  if (params.refusal()) return refuse(*params.refusal());
  const auto key = open_key(parts, call.param("key"), "signing key not found");
  if (!key) return refuse(key.error());
  const std::string type(name((*key)->attributes.type));
  if (!signs((*key)->attributes.type)) return refuse({400, "key type " + type + " does not support signing"});
  if (const Status stated = check_stated(**key, call); !stated) return refuse(stated.error());
  const SigningChoice choice = read_signing(call, params, **key);
  const auto number = version_to_sign(**key, params.integer("key_version"));
  if (params.refusal()) return refuse(*params.refusal());
  if (!number) return refuse(number.error());
  const auto& pair = (*key)->find(*number)->pair;
  if (pair && !pair->has_private()) {
    return refuse({400, "requested version for signing does not contain a private part"});
  }
  const Job job{**key, *(*key)->find(*number), choice, items.batch()};
  BatchReply reply(items, BatchReply::Mistakes::stay_in_items, items.size() * kAnItem);
  ItemDesk desk;
  for (Item item : items.all()) {
    if (!items.batch() && !item.main) item.main = "";  // one call may sign nothing
    reply.begin();
    const Status done = run(job, item, desk, reply);
    if (done) reply.end(item);
    if (!done) reply.fail(item, done.error());
  }
  const std::size_t made = reply.succeeded();
  Outcome outcome = reply.finish(call, params.warnings(), 0);
  if (made == 0) return outcome;
  audit::Event event = event_of("transit.sign", (*key)->name, *number);
  event.count = made;
  if (!items.batch()) event.payload.detail = digest_text(items.all().front().main.value_or(""));
  hold_for(std::move(event), outcome);
  return outcome;
}

}  // namespace sluis::gateway::transit
