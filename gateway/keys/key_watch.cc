#include "gateway/keys/key_watch.h"

#include <algorithm>

#include "gateway/lifecycle/states.h"

namespace sluis::gateway {
namespace {

using std::chrono::seconds;

constexpr std::size_t kPage = 500;
constexpr std::int64_t kDay = 86'400;

seconds since(std::uint64_t then_us, std::uint64_t now_us) {
  return seconds(static_cast<std::int64_t>((now_us - std::min(then_us, now_us)) / 1'000'000));
}

std::string about(const VersionFacts& version, const KeyFacts& facts) {
  return "version " + std::to_string(version.version) + " of " + facts.name;
}

// In whole days, or hours where it is less than two.
std::string age_text(seconds age) {
  if (age.count() >= 2 * kDay) return std::to_string(age.count() / kDay) + " days";
  return std::to_string(age.count() / 3600) + " hours";
}

bool too_old(const VersionFacts& version, const Period& period, std::uint64_t now_us) {
  return period.rotate_every && version.activated_us != 0 && since(version.activated_us, now_us) > *period.rotate_every;
}

}  // namespace

bool rotation_due(const KeyFacts& facts, const Period& period, std::uint64_t now_us) {
  const VersionFacts* sealing = facts.sealing();
  if (sealing == nullptr || !period.rotate_every || sealing->activated_us == 0) return false;
  return since(sealing->activated_us, now_us) >= *period.rotate_every;
}

std::vector<std::string> overdue(const KeyFacts& facts, const Period& period, std::uint64_t now_us) {
  std::vector<std::string> out;
  const VersionFacts* sealing = facts.sealing();
  if (sealing != nullptr && too_old(*sealing, period, now_us)) {
    out.push_back(about(*sealing, facts) + " has been in use for " + age_text(since(sealing->activated_us, now_us)) +
                  "; its period is " + duration_text(*period.rotate_every));
  }
  for (const VersionFacts& version : facts.versions) {
    const bool held = rights_of(version.state).live && version.activated_us != 0 && version.emptied_us == 0;
    if (!held || &version == sealing) continue;
    const bool late = period.reencrypt_within && version.deactivated_us != 0 &&
                      since(version.deactivated_us, now_us) > *period.reencrypt_within;
    if (version.state == store::KeyState::compromised) {
      out.push_back(about(version, facts) + " is compromised, and data may still be under it");
    } else if (late) {
      out.push_back(about(version, facts) + " was replaced " + age_text(since(version.deactivated_us, now_us)) +
                    " ago and data may still be under it; that may take " + duration_text(*period.reencrypt_within));
    }
  }
  return out;
}

Status KeyWatch::look(const std::vector<PeriodSetting>& settings, std::uint64_t now_us) {
  Findings found;
  const auto judge = [&](const KeyFacts& facts) {
    ++found.keys;
    const PeriodSetting* setting = setting_of(settings, facts.name);
    for (auto& text : overdue(facts, setting != nullptr ? setting->period : Period{}, now_us)) {
      found.overdue.push_back(std::move(text));
    }
    if (const VersionFacts* sealing = facts.sealing(); sealing != nullptr && sealing->activated_us != 0) {
      const auto age = static_cast<std::uint64_t>(since(sealing->activated_us, now_us).count());
      found.oldest_seconds = std::max(found.oldest_seconds, age);
    }
  };
  const auto master = admin_.show(kMasterName);
  if (!master) return master.error();
  judge(*master);
  for (const std::string_view prefix : {"records/", "transit/"}) {
    std::string after;
    while (found.keys < kMostKeys) {
      const auto page = admin_.list(prefix, after, kPage);
      if (!page) return page.error();
      if (page->empty()) break;
      for (const KeyFacts& facts : *page) judge(facts);
      after = page->back().name;
    }
  }
  const std::lock_guard lock(mutex_);
  findings_ = std::move(found);
  return {};
}

KeyWatch::Findings KeyWatch::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

}  // namespace sluis::gateway
