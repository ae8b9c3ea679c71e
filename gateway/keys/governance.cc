#include "gateway/keys/governance.h"

#include <algorithm>
#include <utility>

#include "crypto/wrap_context.h"

namespace sluis::gateway {
namespace {

constexpr std::string_view kFact = "governance-key";
constexpr std::uint8_t kFactFormat = 1;
constexpr std::size_t kMaxWrapped = 256;

WrapContext context_of(const KeyId& id, std::uint32_t master_version) {
  return {kFact, id, 1, master_version};
}

// The fact: format (1 byte), key id (16), master version (4), wrapped key (4-byte length before it).
Bytes encode_fact(const KeyId& id, std::uint32_t master_version, ByteView wrapped) {
  Bytes out;
  out.reserve(64 + wrapped.size());
  out.push_back(kFactFormat);
  out.insert(out.end(), id.begin(), id.end());
  append_u32(out, master_version);
  append_prefixed(out, wrapped);
  return out;
}

struct Fact {
  KeyId id{};
  std::uint32_t master_version = 0;
  Bytes wrapped;
};

Result<Fact> decode_fact(ByteView fact) {
  constexpr Error malformed{Code::corrupt, "the governance key's row is malformed"};
  Reader reader(fact);
  const auto format = reader.u8();
  const auto id_bytes = reader.bytes(KeyId{}.size());
  const auto master_version = reader.u32();
  const auto wrapped = reader.prefixed(kMaxWrapped);
  if (!wrapped || !reader.done() || *format != kFactFormat) return malformed;
  Fact out;
  std::copy(id_bytes->begin(), id_bytes->end(), out.id.begin());
  out.master_version = *master_version;
  out.wrapped.assign(wrapped->begin(), wrapped->end());
  return out;
}

Result<SecretKey> open_fact(hsm::Token& token, ByteView bytes) {
  const auto fact = decode_fact(bytes);
  if (!fact) return fact.error();
  return token.unwrap(fact->master_version, encode(context_of(fact->id, fact->master_version)), fact->wrapped);
}

// Another gateway may be first: then its key is the one.
Result<SecretKey> make_fact(store::Store& store, hsm::Token& token, std::uint32_t master_version) {
  auto key = token.random(32);
  if (!key) return key.error();
  KeyId id{};
  if (const Status drawn = random_bytes(id); !drawn) return drawn.error();
  const auto wrapped = token.wrap(master_version, encode(context_of(id, master_version)), *key);
  if (!wrapped) return wrapped.error();
  const Status stored = store.put_fact(kFact, encode_fact(id, master_version, *wrapped), std::nullopt);
  if (stored) return std::move(*key);
  if (stored.error().code != Code::conflict) return stored.error();
  const auto theirs = store.get_fact(kFact);
  if (!theirs) return theirs.error();
  return open_fact(token, *theirs);
}

bool same(const Digest& made, const Bytes& stored) {
  return equal_constant_time(made, stored);
}

}  // namespace

Result<Governance> Governance::open(store::Store& store, hsm::Token& token, std::uint32_t master_version) {
  const auto fact = store.get_fact(kFact);
  if (!fact && fact.error().code != Code::not_found) return fact.error();
  auto key = fact ? open_fact(token, *fact) : make_fact(store, token, master_version);
  if (!key) return key.error();
  return Governance(std::move(*key));
}

Result<std::uint32_t> Governance::master_of(store::Store& store) {
  const auto bytes = store.get_fact(kFact);
  if (!bytes) return bytes.error();
  const auto fact = decode_fact(*bytes);
  if (!fact) return fact.error();
  return fact->master_version;
}

Status Governance::rewrap(store::Store& store, hsm::Token& token, std::uint32_t master_version) {
  const auto bytes = store.get_fact(kFact);
  if (!bytes) return bytes.error();
  const auto fact = decode_fact(*bytes);
  if (!fact) return fact.error();
  if (fact->master_version == master_version) return {};
  const auto key = open_fact(token, *bytes);
  if (!key) return key.error();
  const auto wrapped = token.wrap(master_version, encode(context_of(fact->id, master_version)), *key);
  if (!wrapped) return wrapped.error();
  return store.put_fact(kFact, encode_fact(fact->id, master_version, *wrapped), *bytes);
}

Digest Governance::mac_of(const store::Key& key, const store::KeyVersion& version) const {
  Bytes row;
  append_prefixed(row, bytes_of("sluis/key-version/1"));
  append_prefixed(row, bytes_of(key.name));
  row.insert(row.end(), version.key_id.begin(), version.key_id.end());
  append_u32(row, version.version);
  append_prefixed(row, bytes_of(name(version.state)));
  append_u32(row, version.master_version);
  append_u64(row, version.created_us);
  append_prefixed(row, version.wrapped);
  return hmac_sha256(key_.expose_secret(), {row});
}

Digest Governance::mac_of(const store::Key& key) const {
  Bytes row;
  append_prefixed(row, bytes_of(key.due_us == 0 ? "sluis/key/1" : "sluis/key/2"));
  append_prefixed(row, bytes_of(key.name));
  row.insert(row.end(), key.id.begin(), key.id.end());
  append_u64(row, key.created_us);
  append_prefixed(row, bytes_of(key.attributes));
  append_u64(row, key.revision);
  append_u32(row, static_cast<std::uint32_t>(key.versions.size()));
  for (const store::KeyVersion& version : key.versions) append_prefixed(row, version.mac);
  if (key.due_us != 0) append_u64(row, key.due_us);
  return hmac_sha256(key_.expose_secret(), {row});
}

Digest Governance::mac_of(const store::LoginToken& token) const {
  Bytes row;
  append_prefixed(row, bytes_of("sluis/login-token/1"));
  row.insert(row.end(), token.id.begin(), token.id.end());
  append_prefixed(row, bytes_of(token.accessor));
  append_prefixed(row, bytes_of(token.principal));
  row.insert(row.end(), token.certificate.begin(), token.certificate.end());
  append_u64(row, token.issued_us);
  append_u64(row, token.expires_us);
  append_u64(row, token.limit_us);
  return hmac_sha256(key_.expose_secret(), {row});
}

void Governance::seal(store::LoginToken& token) const {
  const Digest mac = mac_of(token);
  token.mac.assign(mac.begin(), mac.end());
}

Status Governance::check(const store::LoginToken& token) const {
  if (!same(mac_of(token), token.mac)) return Error{Code::corrupt, "a token's row was changed outside Sluis"};
  return {};
}

Digest Governance::mac_of(const store::Document& document) const {
  Bytes row;
  append_prefixed(row, bytes_of("sluis/document/1"));
  append_prefixed(row, bytes_of(document.kind));
  append_prefixed(row, bytes_of(document.name));
  append_u64(row, document.revision);
  append_prefixed(row, bytes_of(document.body));
  return hmac_sha256(key_.expose_secret(), {row});
}

void Governance::seal(store::Document& document) const {
  const Digest mac = mac_of(document);
  document.mac.assign(mac.begin(), mac.end());
}

Status Governance::check(const store::Document& document) const {
  if (!same(mac_of(document), document.mac)) return Error{Code::corrupt, "a governing row was changed outside Sluis"};
  return {};
}

void Governance::seal(store::Key& key) const {
  for (store::KeyVersion& version : key.versions) {
    const Digest mac = mac_of(key, version);
    version.mac.assign(mac.begin(), mac.end());
  }
  const Digest mac = mac_of(key);
  key.mac.assign(mac.begin(), mac.end());
}

Status Governance::check(const store::Key& key) const {
  bool sound = same(mac_of(key), key.mac);
  for (const store::KeyVersion& version : key.versions) {
    sound = same(mac_of(key, version), version.mac) && version.key_id == key.id && sound;
  }
  if (!sound) return Error{Code::corrupt, "a key's row was changed outside Sluis"};
  return {};
}

}  // namespace sluis::gateway
