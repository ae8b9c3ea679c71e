#include "gateway/destruction/gate.h"

#include <algorithm>

namespace sluis::gateway::destruction {
namespace {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + ' ' + std::string(count == 1 ? one : many);
}

void add(std::vector<Blocker>& out, Obstacle obstacle, std::uint64_t count, std::string text) {
  out.push_back({obstacle, count, std::move(text)});
}

void add_count(std::vector<Blocker>& out, Obstacle obstacle, std::uint64_t count, std::string_view one,
               std::string_view many) {
  if (count > 0) add(out, obstacle, count, counted(count, one, many));
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void look_at_backups(const Facts& facts, std::vector<Blocker>& out) {
  std::vector<std::string> needing;
  // Newer than everything that needs it, and than the moment from which nothing new came under it.
  std::uint64_t since = facts.out_of_use_us;
  for (const BackupFact& backup : facts.backups) {
    if (!backup.needs) continue;
    since = std::max(since, backup.created_us);
    if (backup.kept) needing.push_back(backup.id);
  }
  if (!needing.empty()) {
    add(out, Obstacle::kept_backups, needing.size(),
        counted(needing.size(), "backup that needs it is kept: ", "backups that need it are kept: ") + listed(needing));
  }
  const auto newer =
      static_cast<std::size_t>(std::count_if(facts.backups.begin(), facts.backups.end(), [&](const BackupFact& backup) {
        return backup.kept && backup.good && !backup.needs && backup.created_us > since;
      }));
  if (newer < facts.keep) {
    add(out, Obstacle::newer_backups, facts.keep - newer,
        std::to_string(newer) + " of " + std::to_string(facts.keep) + " newer backups have passed their drill");
  }
  if (!facts.missing_backups.empty()) {
    add(out, Obstacle::missing_backups, facts.missing_backups.size(),
        "backups without a row in the store: " + listed(facts.missing_backups));
  }
  if (facts.backups_forgotten) {
    add(out, Obstacle::missing_backups, 1, "the list of backups was put back outside Sluis: older ones may be unknown");
  }
}

}  // namespace

std::string_view name(Obstacle obstacle) noexcept {
  switch (obstacle) {
    case Obstacle::not_scheduled:
      return "not-scheduled";
    case Obstacle::waiting:
      return "waiting";
    case Obstacle::records:
      return "records";
    case Obstacle::adopted_cells:
      return "adopted-cells";
    case Obstacle::data_keys:
      return "data-keys";
    case Obstacle::kept_backups:
      return "kept-backups";
    case Obstacle::newer_backups:
      return "newer-backups";
    case Obstacle::missing_backups:
      return "missing-backups";
    case Obstacle::unknown:
      return "unknown";
  }
  return "unknown";
}

std::vector<Blocker> blockers(const Facts& facts) {
  std::vector<Blocker> out;
  if (facts.state != store::KeyState::destruction_scheduled) {
    add(out, Obstacle::not_scheduled, 1, "its state is " + std::string(store::name(facts.state)));
  }
  if (facts.now_us < facts.destroy_from_us) {
    const std::uint64_t hours = (facts.destroy_from_us - facts.now_us + 3'599'999'999ULL) / 3'600'000'000ULL;
    add(out, Obstacle::waiting, hours, "the waiting period has " + counted(hours, "hour", "hours") + " left");
  }
  add_count(out, Obstacle::records, facts.records, "record is under it", "records are under it");
  add_count(out, Obstacle::adopted_cells, facts.adopted_cells, "cell of an adopted table is under it",
            "cells of adopted tables are under it");
  add_count(out, Obstacle::data_keys, facts.data_keys, "data key is wrapped under it",
            "data keys are wrapped under it");
  look_at_backups(facts, out);
  for (const std::string& text : facts.unknown) add(out, Obstacle::unknown, 1, text);
  return out;
}

}  // namespace sluis::gateway::destruction
