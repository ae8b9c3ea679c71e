#include <algorithm>
#include <cstdlib>

#include "crypto/private_key.h"
#include "targets.h"

namespace sluis::fuzz {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(ByteView a, ByteView b) {
  return std::ranges::equal(a, b);
}

void require_signs(const PrivateKey& key) {
  const auto signature = key.sign(bytes_of("text"), {});
  require(signature && *key.verify(bytes_of("text"), *signature, {}));
}

}  // namespace

void pkcs8(ByteView input) {
  const auto own = PrivateKey::from_own_pkcs8(input);
  const auto key = PrivateKey::from_pkcs8(input);
  require(own || !key);
  if (own) static_cast<void>(own->sign(bytes_of("text"), {}));  // numbers that do not fit may fail, not crash
  if (!key) return;
  require_signs(*key);
  const auto der = key->to_pkcs8();
  const auto pem = key->public_pem();
  require(der && pem && key->export_pem());
  const auto again = PrivateKey::from_pkcs8(der->expose_secret());
  require(again && again->kind() == key->kind() && *again->public_pem() == *pem);
}

void chain(ByteView input) {
  const auto parsed = parse_chain(text_of(input));
  if (!parsed) return;
  require(!parsed->empty() && parsed->size() <= 16);
  for (const Bytes& der : *parsed) require(!der.empty() && der.size() < input.size());
}

// The input under a fixed key; and the input as a key, wrapped and changed nowhere or in one bit.
void unwrap(ByteView input) {
  static const Bytes kek(32, 0x33);
  if (const auto key = kwp_unwrap(kek, input)) {
    const auto wrapped = kwp_wrap(kek, key->expose_secret());
    require(wrapped && same(*wrapped, input));
  }
  auto wrapped = kwp_wrap(kek, input);
  if (!wrapped) return;
  const auto key = kwp_unwrap(kek, *wrapped);
  require(key && same(key->expose_secret(), input));
  (*wrapped)[input.front() % wrapped->size()] ^= 1U;
  require(!kwp_unwrap(kek, *wrapped));
}

}  // namespace sluis::fuzz
