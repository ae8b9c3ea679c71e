// Plaintext backups of keys whose owner allowed them, and their way back.
#include <algorithm>

#include "gateway/transit/keys/attributes.h"
#include "gateway/transit/keys/backup_text.h"
#include "gateway/transit/keys/events.h"
#include "gateway/transit/keys/shelf.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {
namespace {

constexpr Error kMalformed{Code::invalid, "the backup is malformed"};
constexpr std::uint32_t kMaxVersion = 0x7fffffff;

Status may_back_up(const Attributes& attributes) {
  if (!attributes.exportable) return Error{Code::invalid, "exporting is disallowed on the key"};
  if (!attributes.allow_plaintext_backup) return Error{Code::invalid, "plaintext backup is disallowed on the key"};
  return {};
}

// What the row will say, checked as a row's own attributes are.
Result<Attributes> restored_attributes(const BackupContent& content, std::uint64_t now_us) {
  auto attributes = attributes_of(content.attributes);
  if (!attributes) return kMalformed;
  const std::uint32_t latest = content.versions.back().number;
  const std::uint32_t first = std::max<std::uint32_t>(attributes->min_available_version, 1);
  if (latest > kMaxVersion || content.versions.front().number != first) return kMalformed;
  if (!check_new(*attributes) || !check_minima(*attributes, latest) || !may_back_up(*attributes)) return kMalformed;
  attributes->restore_info = Attributes::Copy{now_us / 1'000'000, latest};
  return attributes;
}

// Encryptions counted under either are counted: the material may be the same.
void keep_uses(const Attributes& before, Attributes& after) {
  for (const auto& [version, count] : before.uses) {
    std::uint64_t& kept = after.uses[version];
    kept = std::max(kept, count);
  }
}

bool holds(const BackupContent& content, std::uint32_t number) {
  return number >= content.versions.front().number && number <= content.versions.back().number;
}

}  // namespace

Result<TransitKeys::Backup> TransitKeys::backup(std::string_view name) {
  const std::string row_name = row_of_name(name);
  BackupContent content;
  auto change = shelf_->change(row_name, [&](Draft& draft) -> Status {
    if (const Status allowed = may_back_up(draft.attributes); !allowed) return allowed;
    draft.attributes.backup_info = Attributes::Copy{shelf_->now_us() / 1'000'000, draft.latest()};
    auto attributes = to_json(draft.attributes);
    if (!attributes) return attributes.error();
    content = BackupContent{std::string(name), std::move(*attributes), draft.row.created_us, {}};
    for (const store::KeyVersion& version : draft.row.versions) {
      if (version.state == store::KeyState::destroyed) continue;
      auto material = shelf_->unwrap(draft.row, version);
      if (!material) return material.error();
      content.versions.push_back({version.version, version.created_us, std::move(*material)});
    }
    draft.event = key_event("keys.backup", row_name, draft.latest(), {});
    return {};
  });
  if (!change) return change.error();
  return Backup{encode_backup(content), std::move(*change)};
}

// Puts the backup's versions into the draft; versions that the backup does not hold are destroyed.
Status TransitKeys::put_versions(const BackupContent& content, Draft& draft) {
  for (const BackupVersion& version : content.versions) {
    if (!decode_material(draft.attributes.type, version.material.expose_secret(), Origin::given)) return kMalformed;
    auto row = shelf_->wrap(draft.row, version.number, version.created_us, version.material);
    if (!row) return row.error();
    draft.put_version(std::move(*row));
  }
  for (store::KeyVersion& version : draft.row.versions) {
    if (holds(content, version.version) || version.state == store::KeyState::destroyed) continue;
    version.state = store::KeyState::destroyed;
    version.wrapped.clear();
    draft.touched.push_back(version.version);
  }
  return {};
}

Result<TransitKeys::Change> TransitKeys::restore(std::string_view name, std::string_view backup, IfExists if_exists) {
  const auto content = decode_backup(backup);
  if (!content) return content.error();
  const std::string_view target = name.empty() ? std::string_view(content->name) : name;
  if (!is_key_name(target)) return Error{Code::invalid, "invalid key name"};
  const std::string row_name = row_of_name(target);
  const auto attributes = restored_attributes(*content, shelf_->now_us());
  if (!attributes) return attributes.error();
  const auto event = [&] {
    return key_event("keys.restore", row_name, content->versions.back().number, "from a backup of " + content->name);
  };
  auto row = shelf_->new_row(row_name);
  if (!row) return row.error();
  row->created_us = content->created_us;
  Draft made{std::move(*row), *attributes};
  if (const Status put = put_versions(*content, made); !put) return put.error();
  const auto key = shelf_->add(made);
  if (key) return Change{*key, event(), {}};
  if (key.error().code != Code::conflict) return key.error();
  if (if_exists == IfExists::refuse) return Error{Code::conflict, "key already exists"};
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    const Attributes before = std::exchange(draft.attributes, *attributes);
    keep_uses(before, draft.attributes);
    draft.event = event();
    return put_versions(*content, draft);
  });
}

}  // namespace sluis::gateway::transit
