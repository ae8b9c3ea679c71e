// Master keys: what the HSM has, and what their document says of it.
#include <algorithm>

#include "crypto/wrap_context.h"
#include "gateway/keys/key_draft.h"
#include "gateway/keys/newest.h"

namespace sluis::gateway {
namespace {

// A key that was just made must wrap and open before anything depends on it.
Status prove(hsm::Token& token, std::uint32_t version) {
  const auto sample = token.random(kAeadKeySize);
  if (!sample) return sample.error();
  const WrapContext context{"master-proof", KeyId{}, 1, version};
  const auto wrapped = token.wrap(version, encode(context), *sample);
  if (!wrapped) return wrapped.error();
  const auto opened = token.unwrap(version, encode(context), *wrapped);
  if (!opened) return opened.error();
  if (!equal_constant_time(opened->expose_secret(), sample->expose_secret())) {
    return Error{Code::corrupt, "the new master key does not open what it wraps"};
  }
  return {};
}

}  // namespace

// A row for each master key of the HSM and for each that was destroyed: the newest is active, whatever is older is out
// of use, unless the document says more.
Result<KeyAdmin::Draft> KeyAdmin::read_master() {
  const auto keys = token_.list();
  if (!keys) return keys.error();
  Draft draft;
  draft.master = true;
  draft.now_us = now_();
  draft.row.name = kMasterName;
  const auto document = documents_.get(kLifeDocuments, kMasterName);
  if (!document && document.error().code != Code::not_found) return document.error();
  auto lives = document ? lives_of(document->body) : Result<Lives>(Lives{});
  if (!lives) return lives.error();
  draft.lives = std::move(*lives);
  draft.lives_revision = document ? document->revision : 0;
  std::map<std::uint32_t, store::KeyState> states;
  for (const auto& [version, life] : draft.lives) {
    // One that is scheduled and not there any more was destroyed a moment ago, which is yet to be written down.
    const bool leaving =
        life.state == store::KeyState::destroyed || life.state == store::KeyState::destruction_scheduled;
    if (leaving) states[version] = *life.state;
  }
  std::uint32_t newest = 0;
  for (const hsm::KeyInfo& key : *keys) {
    if (key.kind == hsm::KeyKind::master) newest = std::max(newest, key.version);
  }
  for (const hsm::KeyInfo& key : *keys) {
    if (key.kind != hsm::KeyKind::master) continue;
    const auto known = draft.lives.find(key.version);
    auto state = key.version == newest ? store::KeyState::active : store::KeyState::deactivated;
    const bool says =
        known != draft.lives.end() && known->second.state && *known->second.state != store::KeyState::active;
    if (key.version != newest && says) state = *known->second.state;
    states[key.version] = state;
  }
  for (const auto& [version, state] : states) {
    store::KeyVersion& row = draft.row.versions.emplace_back();
    row.version = version;
    row.state = state;
    row.created_us = draft.lives[version].created_us;
  }
  if (!draft.row.versions.empty()) draft.row.created_us = draft.row.versions.front().created_us;
  return draft;
}

// One that was made by a rollover which died before it wrapped anything is used, not added to.
Result<std::uint32_t> KeyAdmin::begin_master(std::string_view by) {
  const auto newest = newest_version(token_, hsm::KeyKind::master);
  if (!newest) return newest.error();
  const auto counts = count_masters();
  if (!counts) return counts.error();
  if (*newest != 0 && counts->find(*newest) == counts->end()) return *newest;
  const std::uint32_t next = *newest + 1;
  const auto made = token_.make(hsm::KeyKind::master, next);
  if (!made) return made.error();
  if (const Status sound = prove(token_, next); !sound) return sound.error();
  const Status changed = change(kMasterName, [&](Draft& draft) -> Status {
    draft.lives[next].created_us = draft.lives[next].activated_us = draft.now_us;
    Life& before = draft.lives[*newest];
    if (*newest != 0 && before.deactivated_us == 0) before.deactivated_us = draft.now_us;
    return {};
  });
  if (!changed) return changed.error();
  tell("keys.begin_version", kMasterName, next, by, made->label);
  return next;
}

// Whatever the caller has looked at: while anything is under it, it stays.
Status KeyAdmin::destroy_in_hsm(std::uint32_t version) {
  const auto counts = count_masters();
  if (!counts) return counts.error();
  if (counts->find(version) != counts->end()) return Error{Code::conflict, "data keys are under the master key"};
  const Status gone = token_.destroy(hsm::KeyKind::master, version);
  if (!gone && gone.error().code == Code::not_found) return {};
  return gone;
}

}  // namespace sluis::gateway
