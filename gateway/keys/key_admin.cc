#include "gateway/keys/key_admin.h"

#include <algorithm>
#include <boost/json.hpp>
#include <thread>
#include <utility>

#include "gateway/keys/key_draft.h"
#include "gateway/keys/key_rows.h"

namespace sluis::gateway {
namespace {

constexpr int kTries = 16;  // of a change that others overtake
constexpr std::size_t kMaxReason = 500;
constexpr Error kOneVersion{Code::invalid, "a key of the log has one version: it ends with its month"};
constexpr Error kOwnWay{Code::invalid, "this key has no versions to steer"};

// Which versions of a Transit key may still be asked to encrypt.
std::uint32_t first_encrypting(const store::Key& row) {
  boost::system::error_code error;
  const auto attributes = boost::json::parse(row.attributes, error);
  const auto* first = attributes.is_object() ? attributes.get_object().if_contains("min_encryption_version") : nullptr;
  const bool given = !error && first != nullptr && first->is_int64() && first->get_int64() > 0;
  return given ? static_cast<std::uint32_t>(first->get_int64()) : 0;
}

VersionFacts facts_of_version(const store::KeyVersion& row, const Lives& lives) {
  VersionFacts out;
  out.version = row.version;
  out.state = row.state;
  out.master_version = row.master_version;
  out.created_us = row.created_us;
  const auto found = lives.find(row.version);
  const Life life = found == lives.end() ? Life{} : found->second;
  const bool used = row.state != store::KeyState::pre_active;
  const bool leaving = row.state == store::KeyState::destruction_scheduled || row.state == store::KeyState::destroyed;
  if (used) out.activated_us = life.activated_us != 0 ? life.activated_us : row.created_us;
  if (used && !rights_of(row.state).seal) out.deactivated_us = life.deactivated_us;
  if (!rights_of(row.state).seal) out.emptied_us = life.emptied_us;
  if (leaving) out.scheduled_us = life.scheduled_us;
  if (leaving) out.destroy_from_us = life.destroy_from_us;
  if (row.state == store::KeyState::destroyed) out.destroyed_us = life.destroyed_us;
  if (row.state == store::KeyState::compromised || leaving) out.reason = life.reason;
  return out;
}

}  // namespace

const VersionFacts* KeyFacts::find(std::uint32_t version) const noexcept {
  for (const VersionFacts& facts : versions) {
    if (facts.version == version) return &facts;
  }
  return nullptr;
}

const VersionFacts* KeyFacts::sealing() const noexcept {
  const VersionFacts* newest = nullptr;
  for (const VersionFacts& facts : versions) {
    if (rights_of(facts.state).seal) newest = &facts;
  }
  return newest;
}

Status KeyAdmin::Draft::apply(std::uint32_t number, LifeEvent event) {
  store::KeyVersion* version = this->version(number);
  if (version == nullptr) return kNoVersion;
  const auto next = after(version->state, event);
  if (!next) return kNotAllowed;
  version->state = *next;
  Life& life = lives[number];
  if (master) life.state = *next;
  if (event == LifeEvent::activate) life.activated_us = now_us;
  if (event == LifeEvent::succeed) life.deactivated_us = now_us;
  if (event == LifeEvent::compromise) {
    life.compromised_us = now_us;
    if (life.deactivated_us == 0) life.deactivated_us = now_us;
  }
  if (event == LifeEvent::schedule) life.scheduled_us = now_us;
  if (event == LifeEvent::withdraw || event == LifeEvent::withdraw_compromised) {
    life.scheduled_us = life.destroy_from_us = 0;
  }
  if (event == LifeEvent::destroy) life.destroyed_us = now_us;
  return {};
}

KeyAdmin::KeyAdmin(store::Store& store, hsm::Token& token, Keyring& keyring, AdminLog admin_log, WallClock now,
                   TransitActs transit)
    : store_(store),
      token_(token),
      keyring_(keyring),
      documents_(store, keyring.governance()),
      admin_log_(std::move(admin_log)),
      now_(std::move(now)),
      transit_(std::move(transit)) {}

void KeyAdmin::tell(std::string_view action, std::string_view name, std::uint32_t version, std::string_view by,
                    std::string detail) {
  audit::Event event;
  event.principal = by;
  event.action = action;
  event.key = name;
  event.key_version = version;
  event.payload.detail = std::move(detail);
  admin_log_(std::move(event));
}

Result<KeyAdmin::Draft> KeyAdmin::read(std::string_view name) {
  if (name == kMasterName) return read_master();
  Draft draft;
  draft.now_us = now_();
  auto row = store_.get_key(name);
  if (!row) return row.error();
  if (row->name != name) return Error{Code::corrupt, "a key's row was changed outside Sluis"};
  if (const Status sound = keyring_.governance().check(*row); !sound) return sound.error();
  draft.row = std::move(*row);
  const auto document = documents_.get(kLifeDocuments, name);
  if (!document && document.error().code == Code::not_found) return draft;
  if (!document) return document.error();
  auto lives = lives_of(document->body);
  if (!lives) return lives.error();
  draft.lives = std::move(*lives);
  draft.lives_revision = document->revision;
  return draft;
}

// The document goes first: the rows decide, and what they do not bear out in it counts for nothing.
Status KeyAdmin::write(Draft& draft) {
  const std::string_view name = draft.master ? kMasterName : std::string_view(draft.row.name);
  const auto put = documents_.put(kLifeDocuments, name, to_json(draft.lives), draft.lives_revision);
  if (!put) return put.error();
  if (draft.master) return {};
  const std::uint64_t expected = draft.row.revision++;
  keyring_.governance().seal(draft.row);
  if (const Status stored = store_.update_key(draft.row, expected); !stored) return stored;
  keyring_.forget(name);
  return {};
}

Status KeyAdmin::change(std::string_view name, const Edit& edit) {
  for (int i = 0; i < kTries; ++i) {
    auto draft = read(name);
    if (!draft) return draft.error();
    if (const Status edited = edit(*draft); !edited) return edited;
    if (draft->effect == Draft::Effect::none) return {};
    const Status written = write(*draft);
    if (written || written.error().code != Code::conflict) return written;
  }
  return Error{Code::busy, "the key is being changed by others"};
}

Result<KeyFacts> KeyAdmin::facts_of(const store::Key& row, const Lives& lives) const {
  KeyFacts out{row.name, row.id, row.created_us, row.revision, {}};
  const bool transit = row.name.starts_with(kTransitKeys);
  const std::uint32_t first = transit ? first_encrypting(row) : 0;
  for (const store::KeyVersion& version : row.versions) {
    VersionFacts& facts = out.versions.emplace_back(facts_of_version(version, lives));
    const bool out_of_use = rights_of(facts.state).seal && facts.version < first;
    if (out_of_use) facts.state = store::KeyState::deactivated;
  }
  // What nobody wrote down: a version was taken out of use when the next one was put to it.
  for (std::size_t i = 0; i + 1 < out.versions.size(); ++i) {
    VersionFacts& facts = out.versions[i];
    const bool past = facts.activated_us != 0 && !rights_of(facts.state).seal && facts.deactivated_us == 0;
    if (past) facts.deactivated_us = out.versions[i + 1].activated_us;
  }
  return out;
}

Result<KeyFacts> KeyAdmin::show(std::string_view name) {
  const auto draft = read(name);
  if (!draft) return draft.error();
  return facts_of(draft->row, draft->lives);
}

// Of the keys of a page: few keys have a document, so those between the first name and the last are read as pages too.
Result<std::map<std::string, Lives>> KeyAdmin::lives_until(std::string_view after, std::string_view last) {
  constexpr std::size_t kPage = 1000;
  std::map<std::string, Lives> out;
  std::string from(after);
  for (;;) {
    const auto page = documents_.list(kLifeDocuments, from, kPage);
    if (!page) return page.error();
    for (const Documents::Found& found : *page) {
      if (found.name > last) return out;
      auto lives = lives_of(found.body);
      if (!lives) return lives.error();
      out.emplace(found.name, std::move(*lives));
    }
    if (page->size() < kPage) return out;
    from = page->back().name;
  }
}

Result<std::vector<KeyFacts>> KeyAdmin::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  const auto page = store_.scan_keys(prefix, after, limit);
  if (!page) return page.error();
  std::vector<KeyFacts> out;
  if (page->keys.empty()) return out;
  const auto lives = lives_until(after, page->keys.back().name);
  if (!lives) return lives.error();
  for (const store::Key& row : page->keys) {
    if (const Status sound = keyring_.governance().check(row); !sound) return sound.error();
    const auto found = lives->find(row.name);
    auto facts = facts_of(row, found == lives->end() ? Lives{} : found->second);
    if (!facts) return facts.error();
    out.push_back(std::move(*facts));
  }
  return out;
}

Status KeyAdmin::add_version(Draft& draft, std::uint32_t& number) {
  const auto master = newest_master(token_);
  if (!master) return master.error();
  const auto data_key = token_.random(kAeadKeySize);
  if (!data_key) return data_key.error();
  store::KeyVersion version;
  version.key_id = draft.row.id;
  version.version = number = draft.row.versions.empty() ? 1 : draft.row.versions.back().version + 1;
  version.state = store::KeyState::pre_active;
  version.master_version = *master;
  version.created_us = draft.now_us;
  auto wrapped = token_.wrap(*master, encode(context_of(draft.row, version)), *data_key);
  if (!wrapped) return wrapped.error();
  version.wrapped = std::move(*wrapped);
  draft.row.versions.push_back(std::move(version));
  return {};
}

Result<std::uint32_t> KeyAdmin::begin_version(std::string_view name, std::string_view by) {
  if (name == kMasterName) return begin_master(by);
  if (name.starts_with(kTransitKeys)) {
    if (!transit_.rotate) return Error{Code::not_found, "there are no Transit keys"};
    const auto version = transit_.rotate(transit_name(name));
    if (version) tell("keys.rotate", name, *version, by, {});
    return version;
  }
  if (name.starts_with(kLogKeys)) return kOneVersion;
  if (!name.starts_with(kRecordKeys)) return kOwnWay;
  std::uint32_t number = 0;
  bool made = false;
  const Status changed = change(name, [&](Draft& draft) -> Status {
    number = draft.pre_active();
    made = number == 0;
    draft.effect = made ? Draft::Effect::changed : Draft::Effect::none;
    return made ? add_version(draft, number) : Status{};
  });
  if (!changed) return changed.error();
  if (made) tell("keys.begin_version", name, number, by, {});
  return number;
}

Status KeyAdmin::put_to_use(Draft& draft, std::uint32_t number) {
  for (const store::KeyVersion& version : draft.row.versions) {
    if (!rights_of(version.state).seal) continue;
    if (const Status done = draft.apply(version.version, LifeEvent::succeed); !done) return done;
  }
  return draft.apply(number, LifeEvent::activate);
}

Status KeyAdmin::activate(std::string_view name, std::uint32_t version, std::string_view by) {
  bool done = false;
  const Status changed = change(name, [&](Draft& draft) -> Status {
    const store::KeyVersion* row = draft.version(version);
    if (row == nullptr) return kNoVersion;
    draft.effect = rights_of(row->state).seal ? Draft::Effect::none : Draft::Effect::changed;
    done = draft.effect == Draft::Effect::changed;
    return done ? put_to_use(draft, version) : Status{};
  });
  if (changed && done) tell("keys.activate", name, version, by, {});
  return changed;
}

// A successor that every gateway knows, so that no search misses what is written under it. That is worth the wait:
// other gateways seal under the old version for as long in any case.
Status KeyAdmin::prepare_successor(std::string_view name, std::uint32_t version, std::string_view by) {
  const auto before = show(name);
  if (!before) return before.error();
  if (before->sealing() == nullptr || before->sealing()->version != version) return {};
  const auto successor = begin_version(name, by);
  if (!successor) return successor.error();
  if (name == kMasterName) return {};
  const auto facts = show(name);
  if (!facts) return facts.error();
  const VersionFacts* made = facts->find(*successor);
  if (made == nullptr) return kNoVersion;
  const std::chrono::microseconds age(static_cast<std::int64_t>(now_() - std::min(now_(), made->created_us)));
  const std::chrono::microseconds settle = keyring_.settle_time();
  if (age < settle) std::this_thread::sleep_for(settle - age);
  return {};
}

Result<std::uint32_t> KeyAdmin::compromise(std::string_view name, std::uint32_t version, std::string_view reason,
                                           std::string_view by) {
  if (reason.size() > kMaxReason) return Error{Code::invalid, "a reason has at most 500 bytes"};
  if (name.starts_with(kTransitKeys)) return compromise_transit(name, version, reason, by);
  if (name.starts_with(kLogKeys)) return kOneVersion;
  if (name != kMasterName && !name.starts_with(kRecordKeys)) return kOwnWay;
  if (const Status ready = prepare_successor(name, version, by); !ready) return ready.error();
  std::uint32_t now_sealing = 0;
  const Status changed = change(name, [&](Draft& draft) -> Status {
    const store::KeyVersion* sealing = draft.sealing();
    const bool was_sealing = sealing != nullptr && sealing->version == version;
    now_sealing = sealing != nullptr ? sealing->version : 0;
    if (const Status done = draft.apply(version, LifeEvent::compromise); !done) return done;
    draft.lives[version].reason = reason;
    if (!was_sealing) return {};
    now_sealing = draft.pre_active();
    if (now_sealing == 0) return Error{Code::busy, "the key is being changed by others"};
    return put_to_use(draft, now_sealing);
  });
  if (!changed) return changed.error();
  tell("keys.compromise", name, version, by, std::string(reason));
  return now_sealing;
}

Result<std::uint32_t> KeyAdmin::compromise_transit(std::string_view name, std::uint32_t version,
                                                   std::string_view reason, std::string_view by) {
  if (!transit_.rotate) return Error{Code::not_found, "there are no Transit keys"};
  const auto facts = show(name);
  if (!facts) return facts.error();
  const VersionFacts* found = facts->find(version);
  if (found == nullptr) return kNoVersion;
  if (!after(found->state, LifeEvent::compromise)) return kNotAllowed;
  const VersionFacts* sealing = facts->sealing();
  std::uint32_t now_sealing = sealing != nullptr ? sealing->version : 0;
  if (now_sealing == version) {
    const auto rotated = transit_.rotate(transit_name(name));
    if (!rotated) return rotated.error();
    now_sealing = *rotated;
  }
  if (const Status done = transit_.forbid_encryption(transit_name(name), version + 1); !done) return done.error();
  const Status changed = change(name, [&](Draft& draft) -> Status {
    if (const Status done = draft.apply(version, LifeEvent::compromise); !done) return done;
    draft.lives[version].reason = reason;
    return {};
  });
  if (!changed) return changed.error();
  tell("keys.compromise", name, version, by, std::string(reason));
  return now_sealing;
}

}  // namespace sluis::gateway
