#include "hsm/key_shape.h"

#include <array>
#include <charconv>
#include <cstring>

namespace sluis::hsm {

namespace {

constexpr std::array<KeyKind, 3> kKinds{KeyKind::master, KeyKind::audit, KeyKind::pseudonym};
constexpr std::size_t kPointSize = 32;

ByteView raw_bytes(const unsigned long& value) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

Template named(ck_object_class_t object_class, unsigned long key_type, const KeyNames& names) {
  Template result;
  result.number(CKA_CLASS, object_class).number(CKA_KEY_TYPE, key_type);
  result.text(CKA_LABEL, names.label).bytes(CKA_ID, names.id);
  names.home == Home::token ? result.yes(CKA_TOKEN) : result.no(CKA_TOKEN);
  return result;
}

void guard(Template& key) {
  key.yes(CKA_PRIVATE).yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE);
}

// CKA_DESTROYABLE stays true: a key that cannot be destroyed could never be certified as destroyed.
void harden(Template& key, unsigned long mechanism, Hardening hardening) {
  if (hardening == Hardening::plain) return;
  key.bytes(CKA_ALLOWED_MECHANISMS, raw_bytes(mechanism)).no(CKA_MODIFIABLE).no(CKA_COPYABLE);
}

}  // namespace

std::optional<KeyRef> key_of_label(std::string_view label) {
  for (const KeyKind kind : kKinds) {
    const std::string first = label_of(kind, 1);
    const std::string_view prefix = std::string_view(first).substr(0, first.size() - 1);
    if (!label.starts_with(prefix)) continue;
    const std::string_view digits = label.substr(prefix.size());
    KeyRef key{kind, 0};
    std::from_chars(digits.data(), digits.data() + digits.size(), key.version);
    if (key.version != 0 && label_of(key) == label) return key;
  }
  return std::nullopt;
}

Template master_template(const Profile& profile, const KeyNames& names, Hardening hardening) {
  Template key = named(CKO_SECRET_KEY, CKK_AES, names);
  guard(key);
  key.number(CKA_VALUE_LEN, 32).yes(CKA_ENCRYPT).yes(CKA_DECRYPT);
  // Left out, some of these are true by default.
  key.no(CKA_WRAP).no(CKA_UNWRAP).no(CKA_SIGN).no(CKA_VERIFY).no(CKA_DERIVE);
  harden(key, profile.aes_gcm, hardening);
  return key;
}

Template pseudonym_template(const Profile& profile, const KeyNames& names, Hardening hardening) {
  Template key = named(CKO_SECRET_KEY, profile.hmac_key_type, names);
  guard(key);
  key.number(CKA_VALUE_LEN, 32).yes(CKA_SIGN).no(CKA_VERIFY);
  key.no(CKA_ENCRYPT).no(CKA_DECRYPT).no(CKA_WRAP).no(CKA_UNWRAP).no(CKA_DERIVE);
  harden(key, profile.hmac_sha256, hardening);
  return key;
}

Template audit_private_template(const Profile& profile, const KeyNames& names, Hardening hardening) {
  Template key = named(CKO_PRIVATE_KEY, profile.edwards_key_type, names);
  guard(key);
  key.yes(CKA_SIGN).no(CKA_DECRYPT).no(CKA_UNWRAP).no(CKA_DERIVE);
  if (hardening == Hardening::full) key.no(CKA_SIGN_RECOVER);
  harden(key, profile.eddsa, hardening);
  return key;
}

Template audit_public_template(const Profile& profile, const KeyNames& names, Hardening hardening) {
  Template key = named(CKO_PUBLIC_KEY, profile.edwards_key_type, names);
  key.no(CKA_PRIVATE).yes(CKA_VERIFY);
  if (hardening == Hardening::full) {
    key.no(CKA_ENCRYPT).no(CKA_WRAP).no(CKA_DERIVE).no(CKA_VERIFY_RECOVER).no(CKA_MODIFIABLE);
  }
  return key;
}

std::vector<Bytes> edwards_params(EdwardsName first) {
  const Bytes printable{0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};
  const Bytes oid{0x06, 0x03, 0x2b, 0x65, 0x70};
  const Bytes old_oid{0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01};
  switch (first) {
    case EdwardsName::printable:
      break;
    case EdwardsName::oid:
      return {oid, printable, old_oid};
    case EdwardsName::old_oid:
      return {old_oid, oid, printable};
  }
  return {printable, oid, old_oid};
}

std::optional<Bytes> edwards_point(ByteView point) {
  const bool der = point.size() == kPointSize + 2 && point[0] == 0x04 && point[1] == kPointSize;
  if (der) point = point.subspan(2);
  if (point.size() != kPointSize) return std::nullopt;
  return Bytes(point.begin(), point.end());
}

Template key_query(const Profile& profile, const KeyRef& key) {
  Template query;
  query.yes(CKA_TOKEN).text(CKA_LABEL, label_of(key));
  switch (key.kind) {
    case KeyKind::master:
      query.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
      break;
    case KeyKind::audit:
      query.number(CKA_CLASS, CKO_PRIVATE_KEY).number(CKA_KEY_TYPE, profile.edwards_key_type);
      break;
    case KeyKind::pseudonym:
      query.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, profile.hmac_key_type);
      break;
  }
  return query;
}

Template public_key_query(const Profile& profile, const KeyRef& key) {
  Template query;
  query.yes(CKA_TOKEN).text(CKA_LABEL, label_of(key)).number(CKA_CLASS, CKO_PUBLIC_KEY);
  query.number(CKA_KEY_TYPE, profile.edwards_key_type);
  return query;
}

ck_rv_t read_guards(const Place& place, ck_object_handle_t object, Attributes& out) {
  return out.read(
      place, object,
      {CKA_LABEL, CKA_ID, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_NEVER_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_LOCAL});
}

bool is_guarded(KeyKind kind, const Attributes& attributes) {
  if (!attributes.is(CKA_SENSITIVE) || !attributes.is_not(CKA_EXTRACTABLE)) return false;
  if (kind == KeyKind::pseudonym) return true;
  return attributes.is(CKA_NEVER_EXTRACTABLE) && attributes.is(CKA_ALWAYS_SENSITIVE) && attributes.is(CKA_LOCAL);
}

}  // namespace sluis::hsm
