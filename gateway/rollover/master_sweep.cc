#include "gateway/rollover/master_sweep.h"

#include <utility>

namespace sluis::gateway::rollover {

Result<Prepared> MasterSweep::prepare(const Grip& grip, Progress& progress) {
  if (progress.to == 0) {
    const auto made = keys_.begin_version(kMasterName, grip.by);
    if (!made) return made.error();
    progress.to = *made;
    return Prepared{};
  }
  const auto counts = keys_.count_masters();
  if (!counts) return counts.error();
  progress.total = 0;
  for (const auto& [version, count] : *counts) progress.total += version < progress.to ? count : 0;
  return Prepared{true, {}, {}};
}

Result<Begun> MasterSweep::begin(const Grip&, const Progress& progress) {
  to_ = progress.to;
  cursor_ = progress.cursor;
  return Begun{};
}

Result<Chunk> MasterSweep::next(const Grip& grip) {
  const auto page = keys_.rewrap(to_, cursor_, grip.items);
  if (!page) return page.error();
  Chunk chunk;
  chunk.end = !page->more;
  if (chunk.end) {
    if (const Status done = keys_.rewrap_governance(to_); !done) return done.error();
  }
  cursor_ = chunk.cursor = page->last;
  chunk.rewritten = page->rewrapped;
  if (chunk.rewritten == 0) return chunk;
  audit::Event event;
  event.principal = grip.by;
  event.action = "rollovers.rewrap";
  event.key = kMasterName;
  event.key_version = to_;
  event.count = page->rewrapped;
  event.request = grip.request;
  event.payload.detail = "data keys up to " + page->last;
  chunk.events.push_back(std::move(event));
  return chunk;
}

Result<Verdict> MasterSweep::verify(const Grip& grip, const Progress& progress) {
  const auto counts = keys_.count_masters();
  if (!counts) return counts.error();
  const auto facts = keys_.show(kMasterName);
  if (!facts) return facts.error();
  Verdict verdict;
  for (const auto& [version, count] : *counts) verdict.left += version < progress.to ? count : 0;
  for (const VersionFacts& version : facts->versions) {
    if (version.version >= progress.to || version.state == store::KeyState::destroyed) continue;
    const auto found = counts->find(version.version);
    if (version.emptied_us != 0 || (found != counts->end() && found->second != 0)) continue;
    const Status noted = keys_.note_emptied(kMasterName, version.version, grip.by);
    if (!noted) return noted.error();
  }
  return verdict;
}

}  // namespace sluis::gateway::rollover
