#include "gateway/backups/ledger.h"

namespace sluis::gateway {
namespace {

constexpr std::size_t kPage = 100;

Result<Generation> read(const Documents::Found& row) {
  auto generation = generation_of(row.body);
  if (!generation) return generation;
  if (generation->manifest.id != row.name) return Error{Code::corrupt, "a backup's row stands under another name"};
  generation->revision = row.revision;
  return generation;
}

}  // namespace

Result<std::vector<Generation>> Generations::list() const {
  std::vector<Generation> out;
  for (std::string after;;) {
    const auto page = documents_.list(kBackupKind, after, kPage);
    if (!page) return page.error();
    if (page->empty()) return out;
    for (const auto& row : *page) {
      auto generation = read(row);
      if (!generation) return generation.error();
      out.push_back(*std::move(generation));
    }
    after = page->back().name;
  }
}

Result<Generation> Generations::get(std::string_view id) const {
  if (!is_generation_id(id)) return Error{Code::not_found, "there is no such backup"};
  const auto row = documents_.get(kBackupKind, id);
  if (!row && row.error().code == Code::not_found) return Error{Code::not_found, "there is no such backup"};
  if (!row) return row.error();
  return read(*row);
}

Status Generations::put(Generation& generation) {
  const auto revision = documents_.put(kBackupKind, generation.manifest.id, to_json(generation), generation.revision);
  if (!revision) return revision.error();
  generation.revision = *revision;
  return {};
}

}  // namespace sluis::gateway
