#include "hsm/key_maker.h"

#include "crypto/hash.h"

namespace sluis::hsm {

namespace {

std::vector<Hardening> hardest_first(const Profile& profile) {
  if (!profile.hardening) return {Hardening::plain};
  return {Hardening::full, Hardening::plain};
}

using TemplateOf = Template (*)(const Profile&, const KeyNames&, Hardening);

ck_rv_t generate_secret(const Place& place, unsigned long mechanism_type, const Profile& profile, const KeyNames& names,
                        TemplateOf template_of, ck_object_handle_t& out) {
  ck_rv_t code = CKR_OK;
  for (const Hardening hardening : hardest_first(profile)) {
    Template key = template_of(profile, names, hardening);
    ck_mechanism mechanism{mechanism_type, nullptr, 0};
    code = place.api.C_GenerateKey(place.session, &mechanism, key.data(), key.size(), &out);
    if (fault_of(code) != Fault::unsupported) break;
  }
  return code;
}

ck_rv_t generate(const Place& place, const Profile& profile, KeyKind kind, const KeyNames& names,
                 ck_object_handle_t& out) {
  if (kind == KeyKind::master) return generate_master(place, profile, names, out);
  if (kind == KeyKind::pseudonym) return generate_pseudonym(place, profile, names, out);
  KeyPair pair;
  const ck_rv_t code = generate_audit(place, profile, names, pair);
  out = pair.private_key;
  return code;
}

ck_rv_t find_label(const Place& place, const KeyRef& key, Handles& out) {
  Template query;
  query.yes(CKA_TOKEN).text(CKA_LABEL, label_of(key));
  return find_objects(place, query, out);
}

// Removes what a failed or unwanted generation left, by the random id that nothing else has.
Fault remove_by_id(const Place& place, const Bytes& id) {
  Template query;
  query.yes(CKA_TOKEN).bytes(CKA_ID, id);
  Handles found;
  const ck_rv_t code = find_objects(place, query, found);
  for (const ck_object_handle_t object : found) place.api.C_DestroyObject(place.session, object);
  return fault_of(code);
}

// Why a new key may not stay, or none.
Fault inspect(const Place& place, const KeyRef& key, ck_object_handle_t object) {
  Attributes guards;
  ck_rv_t code = read_guards(place, object, guards);
  if (code != CKR_OK) return fault_of(code);
  const bool local = guards.is(CKA_LOCAL) && guards.is(CKA_NEVER_EXTRACTABLE);
  if (!local || !is_guarded(key.kind, guards)) return Fault::unguarded;
  Handles same;
  code = find_label(place, key, same);
  if (code != CKR_OK) return fault_of(code);
  const std::size_t parts = key.kind == KeyKind::audit ? 2 : 1;
  return same.size() == parts ? Fault::none : Fault::exists;  // another process made one at the same moment
}

Fault make_in(const Place& place, const Profile& profile, const KeyRef& key, const KeyNames& names) {
  Handles existing;
  ck_rv_t code = find_label(place, key, existing);
  if (code != CKR_OK) return fault_of(code);
  if (!existing.empty()) return Fault::exists;
  ck_object_handle_t object = CK_INVALID_HANDLE;
  code = generate(place, profile, key.kind, names, object);
  return code == CKR_OK ? inspect(place, key, object) : fault_of(code);
}

// Runs a step that ends in a Fault of its own with a writing session, alone with the token's objects.
template <typename Step>
Fault alone(Connection& connection, const Step& step) {
  Fault fault = Fault::none;
  const Fault outer = connection.use_session(Access::write, [&](const Place& place) {
    const std::unique_lock lock(connection.objects());
    fault = step(place);
    return ck_rv_t{CKR_OK};  // a writing session is never used again, whatever came of it
  });
  return outer == Fault::none ? fault : outer;
}

Fault destroy_in(const Place& place, const KeyRef& key) {
  Handles found;
  ck_rv_t code = find_label(place, key, found);
  if (code != CKR_OK) return fault_of(code);
  if (found.empty()) return Fault::missing;
  for (const ck_object_handle_t object : found) {
    code = place.api.C_DestroyObject(place.session, object);
    if (code != CKR_OK && code != CKR_OBJECT_HANDLE_INVALID) return fault_of(code);
  }
  return Fault::none;
}

Fault prove_gone(const Place& place, const KeyRef& key) {
  Handles found;
  const ck_rv_t code = find_label(place, key, found);
  if (code != CKR_OK) return fault_of(code);
  return found.empty() ? Fault::none : Fault::undead;
}

// An unclear failure is the token's absence, or an illness of this one operation.
Fault resolve(Connection& connection, Fault fault) {
  if (fault != Fault::sick) return fault;
  const Fault health = connection.health();
  return health == Fault::none ? Fault::failing : health;
}

}  // namespace

ck_rv_t generate_master(const Place& place, const Profile& profile, const KeyNames& names, ck_object_handle_t& out) {
  return generate_secret(place, profile.aes_key_gen, profile, names, master_template, out);
}

ck_rv_t generate_pseudonym(const Place& place, const Profile& profile, const KeyNames& names, ck_object_handle_t& out) {
  return generate_secret(place, profile.hmac_key_gen, profile, names, pseudonym_template, out);
}

ck_rv_t generate_audit(const Place& place, const Profile& profile, const KeyNames& names, KeyPair& out) {
  ck_rv_t code = CKR_OK;
  for (const Bytes& params : edwards_params(profile.edwards_name)) {
    for (const Hardening hardening : hardest_first(profile)) {
      Template public_key = audit_public_template(profile, names, hardening);
      public_key.bytes(CKA_EC_PARAMS, params);
      Template private_key = audit_private_template(profile, names, hardening);
      ck_mechanism mechanism{profile.edwards_key_gen, nullptr, 0};
      code = place.api.C_GenerateKeyPair(place.session, &mechanism, public_key.data(), public_key.size(),
                                         private_key.data(), private_key.size(), &out.public_key, &out.private_key);
      if (fault_of(code) != Fault::unsupported) return code;
    }
  }
  return code;
}

Fault make_key(Connection& connection, const KeyRef& key, KeyInfo& out) {
  KeyNames names{label_of(key), Bytes(16), Home::token};
  if (!random_bytes(names.id)) return Fault::misuse;
  const auto step = [&](const Place& place) {
    const Fault fault = make_in(place, connection.profile(), key, names);
    if (fault == Fault::none) connection.memory().expect(key);
    return fault;
  };
  const Fault fault = alone(connection, step);
  if (fault != Fault::none) {
    // In a session of its own, since an operation may have failed in the other one. Should this fail as well, what is
    // left is reported as an orphan.
    (void)alone(connection, [&](const Place& place) { return remove_by_id(place, names.id); });
    return resolve(connection, fault);
  }
  out = {names.label, key.kind, key.version, names.id};
  return Fault::none;
}

Fault destroy_key(Connection& connection, const KeyRef& key) {
  Fault fault = alone(connection, [&](const Place& place) {
    const Fault outcome = destroy_in(place, key);
    if (outcome == Fault::none) connection.memory().forget(key);
    return outcome;
  });
  if (fault == Fault::missing) return connection.missing_or_lost(key);
  if (fault != Fault::none) return resolve(connection, fault);
  fault = alone(connection, [&](const Place& place) { return prove_gone(place, key); });
  if (fault != Fault::none) return resolve(connection, fault);
  // A token that went away shows nothing either: the other keys must still be there for the proof to count.
  Inventory others;
  return connection.take_stock(others);
}

Fault read_public_key(Connection& connection, const KeyRef& key, Bytes& out) {
  Fault fault = Fault::missing;
  const Fault outer = connection.use_session(Access::read, [&](const Place& place) {
    const std::shared_lock lock(connection.objects());
    Handles found;
    Template query = public_key_query(connection.profile(), key);
    ck_rv_t code = find_objects(place, query, found);
    if (code != CKR_OK || found.empty()) return code;
    if (found.size() > 1) {
      fault = Fault::ambiguous;
      return code;
    }
    Attributes attributes;
    code = attributes.read(place, found.front(), {CKA_EC_POINT});
    const auto point = edwards_point(attributes.bytes(CKA_EC_POINT).value_or(ByteView{}));
    fault = point ? Fault::none : Fault::unsupported;
    if (point) out = *point;
    return code;
  });
  if (outer != Fault::none) return outer;
  return fault == Fault::missing ? connection.missing_or_lost(key) : fault;
}

}  // namespace sluis::hsm
