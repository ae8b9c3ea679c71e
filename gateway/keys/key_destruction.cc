// The end of key versions: found empty, scheduled, withdrawn, destroyed.
#include <algorithm>

#include "gateway/keys/key_draft.h"
#include "gateway/keys/key_rows.h"

namespace sluis::gateway {
namespace {

constexpr Error kNotDue{Code::conflict, "the key version is not scheduled for destruction, or its waiting period runs"};

// "2026-11" of a time.
std::string month_of(std::uint64_t us) {
  const auto seconds = static_cast<std::time_t>(us / 1'000'000);
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m", &time)};
}

}  // namespace

Status KeyAdmin::note_emptied(std::string_view name, std::uint32_t version, std::string_view by) {
  bool noted = false;
  const Status changed = change(name, [&](Draft& draft) -> Status {
    const store::KeyVersion* row = draft.version(version);
    if (row == nullptr) return kNoVersion;
    const Rights rights = rights_of(row->state);
    if (rights.seal || !rights.live) return kNotAllowed;
    noted = draft.lives[version].emptied_us == 0;
    if (noted) draft.lives[version].emptied_us = draft.now_us;
    draft.effect = noted ? Draft::Effect::changed : Draft::Effect::none;
    return {};
  });
  if (changed && noted) tell("keys.emptied", name, version, by, "a full scan found nothing under it");
  return changed;
}

// The key of a month that is over, and a Transit key's version that is no longer the newest, leave use by being
// scheduled: nobody puts a successor in their place.
Status KeyAdmin::leave_use(std::string_view name, std::uint32_t version) {
  if (name.starts_with(kLogKeys)) {
    const bool over = name.substr(kLogKeys.size()) < month_of(now_());
    return over ? Status{} : Status(Error{Code::invalid, "the month of the log's key is not over"});
  }
  if (!name.starts_with(kTransitKeys)) return kNotAllowed;
  if (!transit_.forbid_encryption) return Error{Code::not_found, "there are no Transit keys"};
  const auto facts = show(name);
  if (!facts) return facts.error();
  if (facts->sealing() != nullptr && facts->sealing()->version == version) return kNotAllowed;
  return transit_.forbid_encryption(transit_name(name), version + 1);
}

Status KeyAdmin::schedule_destruction(std::string_view name, std::uint32_t version, std::uint64_t destroy_from_us,
                                      std::string_view by) {
  const auto facts = show(name);
  if (!facts) return facts.error();
  const auto before = read(name);
  if (!before) return before.error();
  const auto row = std::find_if(before->row.versions.begin(), before->row.versions.end(),
                                [&](const store::KeyVersion& one) { return one.version == version; });
  if (row == before->row.versions.end()) return kNoVersion;
  if (rights_of(row->state).seal) {
    if (const Status left = leave_use(name, version); !left) return left;
  }
  const Status changed = change(name, [&](Draft& draft) -> Status {
    const store::KeyVersion* found = draft.version(version);
    if (found == nullptr) return kNoVersion;
    if (rights_of(found->state).seal) {
      if (const Status done = draft.apply(version, LifeEvent::succeed); !done) return done;
    }
    if (const Status done = draft.apply(version, LifeEvent::schedule); !done) return done;
    draft.lives[version].destroy_from_us = destroy_from_us;
    return {};
  });
  if (changed) tell("keys.schedule_destruction", name, version, by, "from " + std::to_string(destroy_from_us));
  return changed;
}

Status KeyAdmin::withdraw_destruction(std::string_view name, std::uint32_t version, std::string_view by) {
  const Status changed = change(name, [&](Draft& draft) -> Status {
    const bool compromised = draft.lives[version].compromised_us != 0;
    return draft.apply(version, compromised ? LifeEvent::withdraw_compromised : LifeEvent::withdraw);
  });
  if (changed) tell("keys.withdraw_destruction", name, version, by, {});
  return changed;
}

Status KeyAdmin::may_destroy(std::string_view name, std::uint32_t version) {
  const auto facts = show(name);
  if (!facts) return facts.error();
  const VersionFacts* found = facts->find(version);
  if (found == nullptr) return kNoVersion;
  const bool due = found->state == store::KeyState::destruction_scheduled && found->scheduled_us != 0 &&
                   found->destroy_from_us != 0 && found->destroy_from_us <= now_();
  if (!due) return kNotDue;
  if (name.starts_with(kTransitKeys)) {
    for (const VersionFacts& older : facts->versions) {
      const bool in_the_way = older.version < version && rights_of(older.state).live;
      if (in_the_way) return Error{Code::invalid, "of a Transit key the oldest version is destroyed first"};
    }
  }
  return {};
}

Status KeyAdmin::destroy_version(std::string_view name, std::uint32_t version, std::string_view by) {
  const auto facts = show(name);
  if (!facts) return facts.error();
  const VersionFacts* found = facts->find(version);
  if (found != nullptr && found->state == store::KeyState::destroyed) return {};
  if (const Status due = may_destroy(name, version); !due) return due;
  if (name == kMasterName) {
    if (const Status gone = destroy_in_hsm(version); !gone) return gone;
  }
  if (name.starts_with(kTransitKeys)) {
    if (!transit_.destroy_below) return Error{Code::not_found, "there are no Transit keys"};
    const Status gone = transit_.destroy_below(transit_name(name), version + 1);
    if (!gone) return gone;
  }
  const Status changed = change(name, [&](Draft& draft) -> Status {
    store::KeyVersion* row = draft.version(version);
    if (row == nullptr) return kNoVersion;
    const bool gone = row->state == store::KeyState::destroyed;  // by the trim of a Transit key
    if (gone) draft.lives[version].destroyed_us = draft.now_us;
    if (const Status done = gone ? Status{} : draft.apply(version, LifeEvent::destroy); !done) return done;
    row->wrapped.clear();
    return {};
  });
  if (changed) tell("keys.destroy_version", name, version, by, {});
  return changed;
}

}  // namespace sluis::gateway
