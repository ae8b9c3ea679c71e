// Changes of what a key allows, and its end.
#include <algorithm>

#include "gateway/transit/keys/attributes.h"
#include "gateway/transit/keys/events.h"
#include "gateway/transit/keys/shelf.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::int64_t kMaxVersion = 0x7fffffff;
constexpr std::size_t kMaxChainBytes = std::size_t{64} << 10U;

// What a change did, for the event: "min_decryption_version 1 -> 2, deletion_allowed 0 -> 1".
class Told {
 public:
  template <typename T, typename Value>
  void set(std::string_view what, T& member, Value value) {
    const T to = static_cast<T>(value);
    if (member == to) return;
    if (!text_.empty()) text_ += ", ";
    text_.append(what).append(" ").append(std::to_string(member)).append(" -> ").append(std::to_string(to));
    member = to;
  }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

Status apply_minima(const ConfigChange& change, Draft& draft, Told& told) {
  Attributes& attributes = draft.attributes;
  if (change.min_decryption_version) {
    std::int64_t version = *change.min_decryption_version;
    if (version < 0) return Error{Code::invalid, "min decryption version cannot be negative"};
    if (version == 0) draft.warnings.emplace_back("key versions are numbered from 1; min_decryption_version set to 1");
    version = std::clamp<std::int64_t>(version, 1, kMaxVersion);
    told.set("min_decryption_version", attributes.min_decryption_version, version);
  }
  if (change.min_encryption_version) {
    const std::int64_t version = *change.min_encryption_version;
    if (version < 0) return Error{Code::invalid, "min encryption version cannot be negative"};
    told.set("min_encryption_version", attributes.min_encryption_version, std::min(version, kMaxVersion));
  }
  return check_minima(attributes, draft.latest());
}

// One-way: what was exportable once must be taken to be out.
void apply_one_way(std::string_view what, const std::optional<bool>& wanted, bool& member, Draft& draft, Told& told) {
  if (!wanted) return;
  if (*wanted) return told.set(what, member, true);
  if (member) draft.warnings.push_back(std::string(what) + " cannot be disabled again");
}

Status apply_rotation(const ConfigChange& change, Draft& draft, Told& told) {
  if (!change.auto_rotate_period_s) return {};
  const std::uint64_t period = *change.auto_rotate_period_s;
  if (const Status allowed = check_rotate_period(period); !allowed) return allowed;
  if (period != 0 && !draft.attributes.allow_rotation) {
    return Error{Code::invalid, "imported key does not allow rotation"};
  }
  told.set("auto_rotate_period", draft.attributes.auto_rotate_period_s, period);
  return {};
}

Status apply(const ConfigChange& change, Draft& draft, Told& told) {
  if (const Status minima = apply_minima(change, draft, told); !minima) return minima;
  Attributes& attributes = draft.attributes;
  if (change.deletion_allowed) told.set("deletion_allowed", attributes.deletion_allowed, *change.deletion_allowed);
  if (change.purpose_required) told.set("purpose_required", attributes.purpose_required, *change.purpose_required);
  if (change.case_required) told.set("case_required", attributes.case_required, *change.case_required);
  apply_one_way("exportable", change.exportable, attributes.exportable, draft, told);
  apply_one_way("allow_plaintext_backup", change.allow_plaintext_backup, attributes.allow_plaintext_backup, draft,
                told);
  return apply_rotation(change, draft, told);
}

Status check_trim(const Draft& draft, std::int64_t wanted) {
  const Attributes& attributes = draft.attributes;
  if (attributes.soft_deleted) return Error{Code::invalid, "the key is soft-deleted"};
  if (wanted < 0) return Error{Code::invalid, "minimum available version cannot be negative"};
  if (wanted == 0) return Error{Code::invalid, "minimum available version should be positive"};
  if (wanted < attributes.min_available_version) {
    return Error{Code::invalid, "minimum available version cannot be decremented"};
  }
  if (attributes.min_encryption_version == 0) {
    return Error{Code::invalid, "minimum available version cannot be set when minimum encryption version is not set"};
  }
  if (wanted > attributes.min_encryption_version) {
    return Error{Code::invalid, "minimum available version cannot be greater than minimum encryption version"};
  }
  if (wanted > attributes.min_decryption_version) {
    return Error{Code::invalid, "minimum available version cannot be greater than minimum decryption version"};
  }
  return {};
}

// Rows of destroyed versions stay, without their material: that they were there is part of the key's MAC.
void destroy_below(Draft& draft, std::uint32_t first) {
  for (store::KeyVersion& version : draft.row.versions) {
    if (version.version >= first || version.state == store::KeyState::destroyed) continue;
    version.state = store::KeyState::destroyed;
    version.wrapped.clear();
    draft.touched.push_back(version.version);
    draft.attributes.uses.erase(version.version);
    draft.attributes.certificate_chains.erase(version.version);
  }
}

std::size_t size_of(const std::vector<Bytes>& chain) {
  std::size_t size = 0;
  for (const Bytes& certificate : chain) size += certificate.size();
  return size;
}

}  // namespace

Result<TransitKeys::Change> TransitKeys::configure(std::string_view name, const ConfigChange& change) {
  const std::string row_name = row_of_name(name);
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    Told told;
    if (const Status applied = apply(change, draft, told); !applied) return applied;
    if (told.text().empty())
      draft.effect = Draft::Effect::none;
    else
      draft.event = key_event("keys.config", row_name, draft.latest(), told.text());
    return {};
  });
}

Result<TransitKeys::Change> TransitKeys::trim(std::string_view name, std::int64_t min_available_version) {
  const std::string row_name = row_of_name(name);
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    if (const Status allowed = check_trim(draft, min_available_version); !allowed) return allowed;
    const auto first = static_cast<std::uint32_t>(min_available_version);
    draft.effect = first == draft.attributes.min_available_version ? Draft::Effect::none : Draft::Effect::changed;
    if (draft.effect == Draft::Effect::none) return {};
    destroy_below(draft, first);
    draft.attributes.min_available_version = first;
    draft.event = key_event("keys.trim", row_name, draft.latest(), "versions below " + std::to_string(first));
    return {};
  });
}

Result<Preview> TransitKeys::preview_trim(std::string_view name, std::int64_t min_available_version) {
  auto draft = shelf_->read(row_of_name(name));
  if (!draft) return draft.error();
  if (const Status allowed = check_trim(*draft, min_available_version); !allowed) return allowed.error();
  destroy_below(*draft, static_cast<std::uint32_t>(min_available_version));
  Preview preview;
  for (const std::uint32_t version : draft->touched) {
    preview.effects.push_back("version " + std::to_string(version) + " is destroyed, for good");
    preview.breakage.push_back("what is encrypted or signed under version " + std::to_string(version) +
                               " will never open or verify again");
  }
  if (preview.effects.empty()) preview.effects.emplace_back("no version is destroyed");
  return preview;
}

Result<TransitKeys::Change> TransitKeys::remove(std::string_view name) {
  const std::string row_name = row_of_name(name);
  return shelf_->remove(row_name, [&](Draft& draft) -> Status {
    if (!draft.attributes.deletion_allowed) return Error{Code::conflict, "deletion is not allowed for this key"};
    draft.event = key_event("keys.delete", row_name, draft.latest(), "id " + to_hex(draft.row.id));
    return {};
  });
}

Result<TransitKeys::Change> TransitKeys::soft_delete(std::string_view name) {
  const std::string row_name = row_of_name(name);
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    draft.effect = draft.attributes.soft_deleted ? Draft::Effect::none : Draft::Effect::changed;
    if (draft.attributes.soft_deleted) return {};
    draft.attributes.soft_deleted = true;
    draft.event = key_event("keys.soft_delete", row_name, draft.latest(), {});
    return {};
  });
}

Result<TransitKeys::Change> TransitKeys::soft_restore(std::string_view name) {
  const std::string row_name = row_of_name(name);
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    draft.effect = draft.attributes.soft_deleted ? Draft::Effect::changed : Draft::Effect::none;
    if (!draft.attributes.soft_deleted) return {};
    draft.attributes.soft_deleted = false;
    draft.event = key_event("keys.soft_restore", row_name, draft.latest(), {});
    return {};
  });
}

Result<TransitKeys::Change> TransitKeys::set_certificate(std::string_view name, std::uint32_t version,
                                                         std::string_view chain_pem) {
  const auto chain = parse_chain(chain_pem);
  if (!chain) return chain.error();
  if (chain->empty()) return Error{Code::invalid, "the certificate chain is empty"};
  if (size_of(*chain) > kMaxChainBytes) return Error{Code::too_large, "the certificate chain is too large"};
  const std::string row_name = row_of_name(name);
  const auto key = shelf_->open_for(row_name, version);
  if (!key) return key.error();
  const std::uint32_t number = version == 0 ? (*key)->latest() : version;
  const KeyVersion* opened = (*key)->find(number);
  if (opened == nullptr) return Error{Code::invalid, "no such key version"};
  if (!opened->pair) return Error{Code::invalid, "keys of this type have no certificates"};
  if (!opened->pair->owns_certificate(chain->front())) {
    return Error{Code::invalid, "the certificate is not for the public key of this key version"};
  }
  return shelf_->change(row_name, [&](Draft& draft) -> Status {
    const store::KeyVersion* row = draft.version(number);
    if (draft.attributes.soft_deleted) return Error{Code::invalid, "the key is soft-deleted"};
    if (row == nullptr || row->mac != opened->mark) return Error{Code::conflict, "the key was changed meanwhile"};
    draft.attributes.certificate_chains[number] = *chain;
    draft.event = key_event("keys.certificate", row_name, number, "sha256 " + to_hex(sha256(chain->front())));
    return {};
  });
}

}  // namespace sluis::gateway::transit
