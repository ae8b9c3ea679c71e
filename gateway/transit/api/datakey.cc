// POST datakey/plaintext/:key and datakey/wrapped/:key
#include "crypto/hash.h"
#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/budget.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/item_steps.h"

namespace sluis::gateway::transit {
namespace {

enum class Shown : std::uint8_t { wrapped_only, plaintext_too };

struct Wanted {
  std::size_t bytes = 0;
  std::int64_t version = 0;
  SecretBuffer context, associated_data;
};

Wanted read(Params& params) {
  Wanted wanted;
  const auto bits = params.integer("bits", 256);
  if (bits != 128 && bits != 256 && bits != 512) params.refuse({400, "invalid bit length"});
  wanted.bytes = static_cast<std::size_t>(bits) / 8;
  wanted.version = params.integer("key_version");
  wanted.context = params.base64("context", "failed to base64-decode context");
  wanted.associated_data = params.base64("associated_data", "failed to base64-decode associated_data");
  return wanted;
}

std::optional<Outcome> check(const TransitKey& key, const Call& call, const Wanted& wanted, Shown shown) {
  if (auto refusal = refusal_to_encrypt(key)) return refuse(*std::move(refusal));
  if (!wanted.associated_data.empty() && !is_aead(key.attributes.type)) {
    return refuse(Refusal{400, "'associated_data' provided for non-AEAD cipher suite"});
  }
  if (shown == Shown::wrapped_only) return std::nullopt;
  if (const Status stated = check_stated(key, call); !stated) return refuse(stated.error());
  return std::nullopt;
}

Outcome datakey(const Parts& parts, Call& call, Shown shown) {
  Params params(call, {"name", "plaintext", "bits", "context", "key_version", "associated_data", "nonce"});
  const Wanted wanted = read(params);
  if (params.refusal()) return refuse(*params.refusal());
  const auto key = open_key(parts, call.param("key"));
  if (!key) return refuse(key.error());
  if (auto refused = check(**key, call, wanted, shown)) return *std::move(refused);
  const auto version = version_to_encrypt(**key, wanted.version);
  if (!version) return refuse(version.error());
  if (shown == Shown::plaintext_too) {
    if (auto refused = over_budget(parts, call, "transit.datakey_plaintext", **key, 1)) return *std::move(refused);
  }
  Uses uses(**key, {});
  uses.want(*version);
  if (const Status taken = uses.take(parts.keys, **key); !taken) return refuse(taken.error());
  if (const Status left = uses.check(*version); !left) return refuse(left.error());

  SecretBuffer fresh;
  fresh.resize(wanted.bytes);
  if (const Status drawn = random_secret(fresh.expose_secret_mutable()); !drawn) return refuse(drawn.error());
  SecretBuffer ciphertext;
  ItemCipher cipher(*key, 1);
  const ItemContext context{wanted.context.expose_secret(), wanted.associated_data.expose_secret()};
  const Status sealed = cipher.encrypt(*version, context, fresh.expose_secret(), ciphertext);
  if (!sealed) return refuse(sealed.error());

  Answer answer;
  JsonPen pen(answer.data);
  pen.open_object().name("ciphertext").text(ciphertext.expose_text()).name("key_version").number(*version);
  if (shown == Shown::plaintext_too) pen.name("plaintext").base64(fresh.expose_secret());
  pen.close_object();
  answer.warnings = params.warnings();
  for (auto& warning : uses.warnings()) answer.warnings.push_back(std::move(warning));
  Outcome outcome = answered(call, std::move(answer));
  const bool plain = shown == Shown::plaintext_too;
  outcome.events.push_back(event_of(plain ? "transit.datakey_plaintext" : "transit.datakey", (*key)->name, *version));
  outcome.events.back().payload.detail = digest_text(ciphertext.expose_text());
  outcome.hold = plain ? Hold::plaintext : Hold::write;
  return outcome;
}

}  // namespace

Outcome datakey_plaintext(const Parts& parts, Call& call) {
  return datakey(parts, call, Shown::plaintext_too);
}
Outcome datakey_wrapped(const Parts& parts, Call& call) {
  return datakey(parts, call, Shown::wrapped_only);
}

}  // namespace sluis::gateway::transit
