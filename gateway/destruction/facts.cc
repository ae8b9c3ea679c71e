#include "gateway/destruction/facts.h"

#include <algorithm>

namespace sluis::gateway::destruction {
namespace {

constexpr std::string_view kRecords = "records/";
constexpr std::string_view kTransit = "transit/";

bool gone(const Generation& generation) {
  return generation.state == Generation::State::expired || generation.state == Generation::State::failed;
}

void failed(Facts& facts, std::string_view what, const Error& error) {
  facts.unknown.push_back(std::string(what) + ": " + std::string(error.what.view()));
}

void count_what_lives(const FactSources& sources, Facts& facts) {
  const std::string_view key = facts.key;
  if (key == kMasterName) {
    const auto counts = sources.keys.count_masters();
    if (!counts) return failed(facts, "data keys", counts.error());
    const auto found = counts->find(facts.version);
    facts.data_keys = found == counts->end() ? 0 : found->second;
  } else if (key.starts_with(kRecords)) {
    const auto counts = sources.store.count_versions(key.substr(kRecords.size()));
    if (!counts) return failed(facts, "records", counts.error());
    const auto found = counts->find(facts.version);
    facts.records = found == counts->end() ? 0 : found->second;
  } else if (key.starts_with(kTransit) && sources.adopted_cells) {
    const auto cells = sources.adopted_cells(key.substr(kTransit.size()), facts.version);
    if (!cells) return failed(facts, "adopted tables", cells.error());
    facts.adopted_cells = *cells;
  }
}

void look_at_backups(const FactSources& sources, Facts& facts) {
  if (const Status noted = note_backups(sources.documents, sources.ledger); !noted) {
    failed(facts, "the list of backups", noted.error());
  }
  const auto generations = Generations(sources.documents).list();
  if (!generations) return failed(facts, "backups", generations.error());
  const auto ledger = sources.ledger.read();
  if (!ledger) return failed(facts, "the list of backups", ledger.error());
  facts.missing_backups = ledger->backups;
  facts.backups_forgotten = ledger->forgotten_us != 0;
  for (const Generation& generation : *generations) {
    BackupFact fact;
    fact.id = generation.manifest.id;
    fact.created_us = generation.manifest.created_us;
    // A row that was put back to the time when it was being made hides nothing: what is not gone is kept.
    fact.kept = !gone(generation);
    fact.good = generation.good();
    fact.needs = needs(generation, facts.key, facts.version);
    std::erase(facts.missing_backups, fact.id);
    facts.backups.push_back(std::move(fact));
  }
}

}  // namespace

bool needs(const Generation& generation, std::string_view key, std::uint32_t version) {
  const Census& census = generation.manifest.census;
  const bool counted = generation.manifest.exact || (generation.drill && generation.drill->passed);
  if (generation.state != Generation::State::failed && (!counted || census.keys.empty())) return true;
  if (key.starts_with(kRecords)) {
    const auto collection = census.records.find(std::string(key.substr(kRecords.size())));
    return collection != census.records.end() && collection->second.count(version) != 0;
  }
  if (key != kMasterName) return false;                  // the store holds no data under them
  if (census.keys.size() >= kMaxKeysInRow) return true;  // its row does not name all keys
  return std::any_of(census.keys.begin(), census.keys.end(), [&](const auto& one) {
    return std::any_of(one.second.begin(), one.second.end(), [&](const Census::Version& row) {
      return row.master == version && row.state != store::KeyState::destroyed;
    });
  });
}

Status note_backups(Documents& documents, approvals::Ledger& ledger) {
  const auto generations = Generations(documents).list();
  if (!generations) return generations.error();
  std::vector<std::string> kept, ended;
  for (const Generation& generation : *generations) (gone(generation) ? ended : kept).push_back(generation.manifest.id);
  const auto known = ledger.read();
  if (!known) return known.error();
  const auto merged = [&](std::vector<std::string> ids) {
    for (const std::string& id : kept) {
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    for (const std::string& id : ended) std::erase(ids, id);
    return ids;
  };
  if (merged(known->backups) == known->backups) return {};
  const auto changed = ledger.change([&](approvals::LedgerState& state) -> Status {
    state.backups = merged(std::move(state.backups));
    return {};
  });
  return changed ? Status() : Status(changed.error());
}

Result<Facts> gather(const FactSources& sources, std::string_view key, std::uint32_t version, std::uint64_t now_us) {
  const auto known = sources.keys.show(key);
  if (!known) return known.error();
  const VersionFacts* const row = known->find(version);
  if (row == nullptr) return Error{Code::not_found, "the key has no such version"};
  if (row->state == store::KeyState::destroyed) return Error{Code::conflict, "the version is destroyed"};
  Facts facts;
  facts.key = key;
  facts.version = version;
  facts.state = row->state;
  facts.now_us = now_us;
  facts.destroy_from_us = row->destroy_from_us;
  facts.out_of_use_us = row->deactivated_us != 0 ? row->deactivated_us : row->scheduled_us;
  facts.keep = sources.keep;
  count_what_lives(sources, facts);
  look_at_backups(sources, facts);
  return facts;
}

}  // namespace sluis::gateway::destruction
