// New versions: by request, and when they are due.
#include "gateway/transit/keys/events.h"
#include "gateway/transit/keys/shelf.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kDuePage = 1000;

Status may_rotate(const Attributes& attributes) {
  if (attributes.soft_deleted) return Error{Code::invalid, "the key is soft-deleted"};
  if (!attributes.allow_rotation) return Error{Code::invalid, "imported key does not allow rotation"};
  return {};
}

bool same_shape(const Attributes& a, const Attributes& b) {
  return a.type == b.type && a.key_size == b.key_size;
}

}  // namespace

Result<TransitKeys::Change> TransitKeys::rotate(std::string_view name) {
  return rotate_if(row_of_name(name), [](const Draft&) { return true; });
}

// The material is made before anything is tried, since an RSA pair takes seconds; should the key become one of another
// shape meanwhile (a restore over it), the attempt is given up.
Result<TransitKeys::Change> TransitKeys::rotate_if(const std::string& row_name,
                                                   const std::function<bool(const Draft&)>& wanted) {
  const auto found = shelf_->read(row_name);
  if (!found) return found.error();
  if (!wanted(*found)) return Change{};
  if (const Status allowed = may_rotate(found->attributes); !allowed) return allowed.error();
  const Attributes& before = found->attributes;
  const auto material = make_material(shelf_->token(), before.type, before.key_size);
  if (!material) return material.error();
  const auto bytes = encode_material(before.type, *material);
  if (!bytes) return bytes.error();
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    draft.effect = wanted(draft) ? Draft::Effect::changed : Draft::Effect::none;
    if (draft.effect == Draft::Effect::none) return {};
    if (const Status allowed = may_rotate(draft.attributes); !allowed) return allowed;
    if (!same_shape(draft.attributes, before)) return Error{Code::conflict, "the key was replaced meanwhile"};
    const std::uint32_t number = draft.latest() + 1;
    auto version = shelf_->wrap(draft.row, number, shelf_->now_us(), *bytes);
    if (!version) return version.error();
    draft.put_version(std::move(*version));
    draft.attributes.uses.erase(number);
    draft.attributes.imported = false;  // its material is no longer the importer's alone
    draft.event = key_event("keys.rotate", row_name, number, {});
    return {};
  });
}

Result<Preview> TransitKeys::preview_rotate(std::string_view name) {
  const auto found = shelf_->read(row_of_name(name));
  if (!found) return found.error();
  const Attributes& attributes = found->attributes;
  if (const Status allowed = may_rotate(attributes); !allowed) return allowed.error();
  const std::string next = std::to_string(found->latest() + 1);
  Preview preview;
  preview.effects.push_back("version " + next + " is made");
  preview.effects.push_back(signs(attributes.type) ? "new signatures use version " + next
                                                   : "new encryptions use version " + next);
  preview.effects.push_back("versions from " + std::to_string(attributes.min_decryption_version) +
                            " on still decrypt and verify");
  if (attributes.imported) preview.breakage.push_back("import_version will no longer take material for this key");
  if (attributes.convergent) {
    preview.breakage.push_back("equal plaintexts encrypt to other ciphertexts than under version " +
                               std::to_string(found->latest()));
  }
  return preview;
}

Result<std::size_t> TransitKeys::rotate_due(const AdminLog& admin_log, const std::stop_token& stop) {
  const std::uint64_t now = shelf_->now_us();
  const auto is_due = [now](const Draft& draft) { return draft.row.due_us != 0 && draft.row.due_us <= now; };
  std::size_t rotated = 0;
  std::optional<Error> failed;
  for (std::size_t before = 0;; before = rotated) {
    const auto rows = shelf_->store().list_keys_due(now, kDuePage);
    if (!rows) return rows.error();
    for (const std::string& row_name : *rows) {
      if (stop.stop_requested()) return rotated;
      auto change = rotate_if(row_name, is_due);
      if (!change) failed.emplace(change.error());
      if (!change || !change->event) continue;
      ++rotated;
      change->event->principal = "sluis";
      admin_log(std::move(*change->event));
    }
    if (rows->size() < kDuePage || rotated == before) break;
  }
  if (rotated == 0 && failed) return *failed;
  return rotated;
}

}  // namespace sluis::gateway::transit
