#include "gateway/rollover/record_sweep.h"

#include <algorithm>
#include <utility>

namespace sluis::gateway::rollover {
namespace {

constexpr std::size_t kFaultsAnEntry = 500;
constexpr std::size_t kRecoverPage = 1000;

}  // namespace

RecordSweep::RecordSweep(const RecordSweepParts& parts, const std::string& collection)
    : parts_(parts),
      name_(collection),
      key_("records/" + collection),
      version_(parts.keys, key_, parts.keyring.settle_time()) {}

// From the floor's return on no gateway can store anything under an older version: each pass finds less than the one
// before it.
Result<Prepared> RecordSweep::prepare(const Grip& grip, Progress& progress) {
  auto step = version_.step(progress.to, grip.by);
  if (!step || !step->ready) return step;
  if (const Status raised = parts_.store.raise_floor(name_, progress.to); !raised) return raised.error();
  const auto total = count_below(progress.to);
  if (!total) return total.error();
  progress.total = *total;
  return step;
}

Result<std::uint64_t> RecordSweep::count_below(std::uint32_t version) const {
  const auto counts = parts_.store.count_versions(name_);
  if (!counts) return counts.error();
  std::uint64_t sum = 0;
  for (const auto& [each, count] : *counts) sum += each < version ? count : 0;
  return sum;
}

Result<Begun> RecordSweep::begin(const Grip& grip, const Progress& progress) {
  to_ = progress.to;
  const auto collection = parts_.collection(name_);  // anew for each pass: the configuration may have changed
  if (!collection) return Error{Code::invalid, "the collection is not in the configuration any more"};
  const auto key = parts_.keyring.open_version(key_, to_);
  if (!key) return key.error();
  const auto keys = parts_.keyring.open(key_);
  if (!keys) return keys.error();
  Begun begun;
  if (const Status told = recover(grip, progress, begun); !told) return told.error();
  const auto read = [&store = parts_.store, name = name_, to = to_](std::string_view after, std::size_t limit) {
    return store.scan_versions(name, 0, to, after, limit);
  };
  const auto make = [&] { return std::make_unique<Resealer>(collection, *keys, *key); };
  pipeline_ = std::make_unique<Pipeline>(read, make, parts_.sealers, progress.cursor, grip.items);
  begun.ahead = std::max(progress.ahead, pipeline_->ahead());
  return begun;
}

// A process that was killed between the store and the log has left records that the log does not know in their new
// form. Some of those found were logged, by a client's write: saying so twice does no harm.
Status RecordSweep::recover(const Grip& grip, const Progress& progress, Begun& begun) const {
  std::string after = progress.cursor;
  while (after < progress.ahead) {
    auto page = parts_.store.scan_versions(name_, to_, to_ + 1, after, kRecoverPage);
    if (!page) return page.error();
    audit::Event event = event_of(grip);
    event.count = 0;
    event.payload.detail = "found after an interruption";
    for (const store::Record& record : page->records) {
      if (record.id > progress.ahead) break;
      event.payload.written.push_back({record.id, record.revision, digest_of(record)});
      ++event.count;
    }
    if (!page->more || page->records.empty()) after = progress.ahead;
    if (after != progress.ahead) after = page->records.back().id;
    if (event.count != 0) begun.events.push_back(std::move(event));
  }
  return {};
}

audit::Event RecordSweep::event_of(const Grip& grip) const {
  audit::Event event;
  event.principal = grip.by;
  event.action = "rollovers.sweep";
  event.key = key_;
  event.key_version = to_;
  event.collection = name_;
  event.request = grip.request;
  return event;
}

Result<Chunk> RecordSweep::next(const Grip& grip) {
  pipeline_->set_limit(grip.items);
  auto batch = pipeline_->take();
  if (!batch) return batch.error();
  Chunk chunk;
  chunk.end = batch->last;
  std::vector<store::Rewrite> rewrites;
  std::vector<Fault> faults;
  for (std::size_t i = 0; i < batch->before.size(); ++i) {
    const store::Record& before = batch->before[i];
    if (batch->faults[i]) faults.push_back({before.id, before.key_version, batch->faults[i]->view()});
    if (!batch->faults[i]) rewrites.push_back({&batch->after[i], before.key_version});
  }
  std::vector<std::size_t> overtaken;
  if (!rewrites.empty()) {
    auto written = parts_.store.rewrite(grip.lease, rewrites);
    if (!written) return written.error();
    overtaken = std::move(*written);
  }
  std::vector<const store::Record*> written;
  for (std::size_t i = 0; i < rewrites.size(); ++i) {
    if (!std::binary_search(overtaken.begin(), overtaken.end(), i)) written.push_back(rewrites[i].record);
  }
  chunk.changed = overtaken.size();
  log_written(grip, written, chunk);
  log_faults(grip, faults, chunk);
  if (!batch->before.empty()) chunk.cursor = batch->before.back().id;
  chunk.ahead = chunk.end ? chunk.cursor : std::max(chunk.cursor, pipeline_->ahead());
  if (chunk.end) pipeline_.reset();
  return chunk;
}

void RecordSweep::log_written(const Grip& grip, const std::vector<const store::Record*>& written, Chunk& chunk) const {
  chunk.rewritten = written.size();
  if (written.empty()) return;
  audit::Event event = event_of(grip);
  event.count = written.size();
  Bytes ids;
  for (const store::Record* record : written) {
    event.payload.written.push_back({record->id, record->revision, digest_of(*record)});
    append_prefixed(ids, bytes_of(record->id));
  }
  event.payload.detail = "ids " + to_hex(sha256(ids));
  chunk.events.push_back(std::move(event));
}

void RecordSweep::log_faults(const Grip& grip, const std::vector<Fault>& faults, Chunk& chunk) const {
  chunk.faults = faults.size();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (i % kFaultsAnEntry == 0) {
      chunk.events.push_back(event_of(grip));
      chunk.events.back().outcome = audit::Outcome::failed;
      chunk.events.back().count = 0;
      chunk.events.back().payload.detail = "left alone:";
    }
    audit::Event& event = chunk.events.back();
    event.payload.detail += ' ' + faults[i].id + " (version " + std::to_string(faults[i].key_version) + ": " +
                            std::string(faults[i].why) + ")";
    ++event.count;
  }
}

// The full scan. What it finds clean, the key's life may count on.
Result<Verdict> RecordSweep::verify(const Grip& grip, const Progress& progress) {
  const auto counts = parts_.store.count_versions(name_);
  if (!counts) return counts.error();
  const auto facts = parts_.keys.show(key_);
  if (!facts) return facts.error();
  Verdict verdict;
  for (const auto& [version, count] : *counts) verdict.left += version < progress.to ? count : 0;
  for (const VersionFacts& version : facts->versions) {
    const bool old = version.version < progress.to && version.state != store::KeyState::destroyed;
    const auto found = counts->find(version.version);
    if (!old || version.emptied_us != 0 || (found != counts->end() && found->second != 0)) continue;
    const Status noted = parts_.keys.note_emptied(key_, version.version, grip.by);
    if (!noted) return noted.error();
  }
  return verdict;
}

}  // namespace sluis::gateway::rollover
