// POST verify/:key(/:algorithm): signatures and MACs
#include <algorithm>

#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/signing.h"

namespace sluis::gateway::transit {
namespace {

enum class What : std::uint8_t { signatures, macs };

struct Job {
  const Parts& parts;
  TransitKeys::Key key;
  SigningChoice choice;
  DigestKind mac_digest;
};

std::optional<What> what_to_verify(const Items& items, Params& params) {
  const auto has = [&](auto member) {
    return std::any_of(items.all().begin(), items.all().end(),
                       [&](const Item& item) { return item.*member != std::nullopt; });
  };
  const bool signatures = has(&Item::signature);
  const bool macs = has(&Item::hmac);
  if (signatures != macs) return signatures ? What::signatures : What::macs;
  if (items.batch() && signatures) {
    params.refuse({400, "elements of batch_input must all provide 'signature' or 'hmac'"});
  } else {
    params.refuse({400, signatures ? "provide one of 'signature' or 'hmac'"
                                   : "neither a 'signature' nor an 'hmac' was given to verify"});
  }
  return std::nullopt;
}

Result<const KeyVersion*> version_of(Job& job, const Versioned& text, const VersionWords& words) {
  if (text.version > job.key->latest()) {
    auto newer = job.parts.keys.open_for(job.key->name, text.version);
    if (!newer) return newer.error();
    if (const Status fits = still_fits(**newer, *job.key); !fits) return fits.error();
    job.key = *std::move(newer);
  }
  return version_made_with(*job.key, text.version, words);
}

Result<bool> verify_mac(Job& job, const Item& item, ByteView input) {
  if (!item.hmac) return Error{Code::invalid, "missing hmac"};
  const auto text = split_versioned(*item.hmac, kHmacWords);
  if (!text) return text.error();
  const auto given = from_base64(text->rest);
  if (!given) return Error{Code::invalid, "unable to decode verification HMAC as base64"};
  const auto version = version_of(job, *text, kHmacWords);
  if (!version) return version.error();
  const auto mac = hmac_of(job.mac_digest, (*version)->hmac_key.expose_secret(), input);
  if (!mac) return mac.error();
  return equal_constant_time(*mac, *given);
}

Result<bool> verify_signature(Job& job, const Item& item, ItemDesk& desk, ByteView input) {
  if (!item.signature) return Error{Code::invalid, "missing signature"};
  const auto text = split_versioned(*item.signature, kSignatureWords);
  if (!text) return text.error();
  const bool url = job.choice.alphabet == SigningChoice::Alphabet::url;
  const auto signature = url ? from_base64_url(text->rest) : from_base64(text->rest);
  if (!signature) return Error{Code::invalid, "invalid base64 signature value"};
  const auto version = version_of(job, *text, kSignatureWords);
  if (!version) return version.error();
  ItemContext context;
  if (const Status decoded = desk.decode(item, *job.key, context); !decoded) return decoded.error();
  const auto pair = SigningPair::of(*job.key, **version, context.context);
  if (!pair) return pair.error();
  return pair->get().verify(input, *signature, job.choice.options);
}

Result<bool> run(Job& job, What what, const Item& item, ItemDesk& desk) {
  if (item.fault) return *item.fault;
  if (!item.main) return Error{Code::invalid, "missing input"};
  ByteView input;
  if (!desk.decode_main(item, input)) return Error{Code::invalid, "unable to decode input as base64"};
  return what == What::macs ? verify_mac(job, item, input) : verify_signature(job, item, desk, input);
}

Outcome run_all(Job job, What what, const Items& items, const Call& call, const Params& params) {
  constexpr std::size_t kAnItem = 64;
  BatchReply reply(items, BatchReply::Mistakes::stay_in_items, items.size() * kAnItem);
  ItemDesk desk;
  for (Item item : items.all()) {
    if (!items.batch() && !item.main) item.main = "";
    reply.begin();
    const auto valid = run(job, what, item, desk);
    if (!valid) {
      reply.fail(item, valid.error(), R"("valid":false)");
      continue;
    }
    reply.pen().name("valid").flag(*valid);
    reply.end(item);
  }
  const std::size_t made = reply.succeeded();
  Outcome outcome = reply.finish(call, params.warnings(), 0);
  note_use(job.parts, call, event_of("transit.verify", job.key->name, job.key->latest()), made, outcome);
  return outcome;
}

}  // namespace

Outcome verify(const Parts& parts, Call& call) {
  Params params(call, {"name", "input", "context", "signature", "hmac", "hash_algorithm", "algorithm", "urlalgorithm",
                       "prehashed", "signature_algorithm", "marshaling_algorithm", "salt_length", "batch_input"});
  const Items items(params, "input", parts.settings.batch_items);
  if (params.refusal()) return refuse(*params.refusal());
  const auto what = what_to_verify(items, params);
  if (params.refusal()) return refuse(*params.refusal());
  const auto key = open_key(parts, call.param("key"), "signature verification key not found");
  if (!key) return refuse(key.error());
  const std::string type(name((*key)->attributes.type));
  if (*what == What::signatures && !signs((*key)->attributes.type)) {
    return refuse({400, "key type " + type + " does not support verification"});
  }
  Job job{parts, *key, {}, DigestKind::sha2_256};
  if (*what == What::signatures) job.choice = read_signing(call, params, **key);
  if (*what == What::macs) job.mac_digest = read_mac_digest(call, params);
  if (params.refusal()) return refuse(*params.refusal());
  return run_all(std::move(job), *what, items, call, params);
}

}  // namespace sluis::gateway::transit
