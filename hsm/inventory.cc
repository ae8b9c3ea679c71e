#include "hsm/inventory.h"

#include <algorithm>
#include <map>

namespace sluis::hsm {

namespace {

struct Found {
  ck_object_class_t object_class = 0;
  unsigned long key_type = 0;
  bool guarded = false;
  std::string label;
  Bytes id;
};

// Labels come from whoever may write to the token: only plain characters are shown.
std::string shown_name(const Found& object) {
  if (object.label.empty()) return object.id.empty() ? "an object without label" : "id " + to_hex(object.id);
  std::string label = object.label.substr(0, 64);
  std::replace_if(
      label.begin(), label.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return label;
}

ck_rv_t read_object(const Place& place, ck_object_handle_t handle, Found& out) {
  Attributes basics;
  ck_rv_t code = basics.read(place, handle, {CKA_CLASS, CKA_KEY_TYPE, CKA_LABEL, CKA_ID});
  if (code != CKR_OK) return code;
  out.object_class = basics.number(CKA_CLASS).value_or(CKO_DATA);
  out.key_type = basics.number(CKA_KEY_TYPE).value_or(0);
  out.label = basics.text(CKA_LABEL);
  if (const auto id = basics.bytes(CKA_ID)) out.id.assign(id->begin(), id->end());
  const auto key = key_of_label(out.label);
  if (!key || out.object_class == CKO_PUBLIC_KEY) return CKR_OK;
  Attributes guards;
  code = read_guards(place, handle, guards);
  out.guarded = code == CKR_OK && is_guarded(key->kind, guards);
  return code;
}

bool is_of(const Profile& profile, KeyKind kind, const Found& object) {
  switch (kind) {
    case KeyKind::master:
      return object.object_class == CKO_SECRET_KEY && object.key_type == CKK_AES;
    case KeyKind::audit:
      return object.object_class == CKO_PRIVATE_KEY && object.key_type == profile.edwards_key_type;
    case KeyKind::pseudonym:
      return object.object_class == CKO_SECRET_KEY && object.key_type == profile.hmac_key_type;
  }
  return false;
}

// Why the objects that share a key's label are not that key, or an empty text if they are.
std::string_view flaw(const Profile& profile, KeyKind kind, const std::vector<Found>& objects) {
  const auto main =
      std::find_if(objects.begin(), objects.end(), [&](const Found& o) { return is_of(profile, kind, o); });
  if (main == objects.end()) return "not a key of that kind, or only its public half";
  if (!main->guarded) return "extractable, or not made in the token";
  const std::size_t parts = kind == KeyKind::audit ? 2 : 1;
  if (objects.size() > parts) return "several objects with this label";
  if (objects.size() < parts) return "private key without its public half";
  const bool paired = std::all_of(objects.begin(), objects.end(), [&](const Found& o) { return o.id == main->id; });
  return paired ? "" : "the halves of the pair have different ids";
}

}  // namespace

ck_rv_t take_inventory(const Place& place, const Profile& profile, Inventory& out) {
  out = {};
  Template all;
  all.yes(CKA_TOKEN);
  Handles handles;
  ck_rv_t code = find_objects(place, all, handles);
  if (code != CKR_OK) return code;
  std::map<KeyRef, std::vector<Found>> groups;
  for (const ck_object_handle_t handle : handles) {
    Found object;
    code = read_object(place, handle, object);
    if (code == CKR_OBJECT_HANDLE_INVALID) continue;  // destroyed since by another process
    if (code != CKR_OK) return code;
    const auto key = key_of_label(object.label);
    if (key) groups[*key].push_back(std::move(object));
    if (!key) out.orphans.push_back(shown_name(object) + ": not a key of Sluis");
  }
  for (auto& [key, objects] : groups) {
    out.seen.insert(key);
    const std::string_view reason = flaw(profile, key.kind, objects);
    if (reason.empty()) out.keys.push_back({label_of(key), key.kind, key.version, std::move(objects.front().id)});
    if (!reason.empty()) out.orphans.push_back(label_of(key) + ": " + std::string(reason));
  }
  return CKR_OK;
}

}  // namespace sluis::hsm
