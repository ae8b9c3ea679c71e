#include "audit/tiler.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "audit/folder.h"
#include "audit/tile_source.h"

namespace sluis::audit {
namespace {

constexpr int kNiceness = 10;  // callers come first
constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kAtTheEnd = 1U << 16U;  // entries that closing the log waits for
constexpr std::chrono::seconds kPause{1};       // after a failure
constexpr Error kStopped{Code::unavailable, "the log is being closed"};

std::string partial_folder(std::string path) {
  return path.append(".p");
}

}  // namespace

Tiler::Tiler(const std::string& log_folder, FileOps& files, Read read)
    : folder_(path_in(log_folder, kTilesFolder)),
      files_(files),
      read_(std::move(read)),
      store_(files, folder_),
      thread_([this] { run(); }) {}

Tiler::~Tiler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Tiler::publish(Checkpoint checkpoint, std::string note) {
  {
    const std::lock_guard lock(mutex_);
    next_ = Job{std::move(checkpoint), std::move(note)};
  }
  changed_.notify_all();
}

Status Tiler::wait_for(std::uint64_t size, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, most, [&] { return published_ >= size; })) return {};
  return Error{Code::unavailable, "the log's tiles are not published yet"};
}

void Tiler::fill(LogStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.tiles_size = published_;
  stats.tiles_failures = failures_;
}

void Tiler::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || next_.has_value(); });
    if (!next_.has_value()) return;
    const Job job = *std::exchange(next_, std::nullopt);
    lock.unlock();
    const Status done = advance(job);
    if (!done) {
      loaded_ = false;
      store_.drop();
    }
    lock.lock();
    failures_ = done ? 0 : failures_ + 1;
    if (done) published_ = job.checkpoint.size;
    changed_.notify_all();
    if (done) continue;
    if (stopping_) return;
    if (!next_.has_value()) next_ = job;
    changed_.wait_for(lock, kPause, [this] { return stopping_.load(); });
  }
}

// Tiles that do not lead to the signed root are made anew from the first entry on, once.
Status Tiler::advance(const Job& job) {
  constexpr Error differs{Code::corrupt, "the tiles do not match the log's checkpoint"};
  for (const bool again : {false, true}) {
    if (!loaded_ && !again) loaded_ = load().operator bool();
    if (!loaded_ || again || edge_.size() > job.checkpoint.size) {
      edge_ = TileEdge();
      bundle_.clear();
      loaded_ = true;
    }
    const Status done = cut(job.checkpoint.size);
    if (!done) return done;
    if (edge_.frontier().root() == job.checkpoint.root) return publish_checkpoint(job);
  }
  return differs;
}

// Goes on where the published checkpoint ends. Its signature does not matter: the root is checked before the next.
Status Tiler::load() {
  FolderTiles tiles(folder_);
  const auto note = tiles.get(std::string(kCheckpointName));
  if (!note) return note.error();
  const auto text = unverified_text(text_of(*note));
  const auto checkpoint = text ? parse_checkpoint_text(*text) : Result<Checkpoint>(text.error());
  if (!checkpoint) return checkpoint.error();
  auto edge = load_edge(tiles, checkpoint->size);
  if (!edge) return edge.error();
  if (edge->frontier().root() != checkpoint->root) return Error{Code::corrupt, "the tiles are damaged"};
  const std::size_t width = partial_width(checkpoint->size, 0);
  bundle_.clear();
  if (width != 0) {
    const auto bundle = get_bundle(tiles, checkpoint->size / kTileWidth, width);
    const auto entries = bundle ? parse_bundle(*bundle, width) : bundle.error();
    if (!entries) return entries.error();
    for (std::size_t i = 0; i < width; ++i) {
      if (leaf_hash(bytes_of((*entries)[i])) != edge->level(0)[i]) return Error{Code::corrupt, "a bundle is damaged"};
      append_bundle_entry(bundle_, (*entries)[i]);
    }
  }
  edge_ = std::move(*edge);
  return {};
}

Status Tiler::cut(std::uint64_t to) {
  while (edge_.size() < to) {
    if (stopping_ && to - edge_.size() > kAtTheEnd) return kStopped;
    const auto page = read_(edge_.size(), std::min<std::uint64_t>(kPage, to - edge_.size()));
    if (!page) return page.error();
    if (page->empty()) return Error{Code::corrupt, "entries are missing from the log"};
    for (const Log::Entry& entry : *page) {
      const Status taken = take(entry);
      if (!taken) return taken;
    }
  }
  return {};
}

Status Tiler::take(const Log::Entry& entry) {
  append_bundle_entry(bundle_, entry.leaf);
  Status done;
  edge_.push(leaf_hash(bytes_of(entry.leaf)),
             [&](unsigned level, std::uint64_t number, std::span<const Digest> hashes) {
               const std::string path = tile_path(level, number, kTileWidth);
               if (done) done = store_.put(path, tile_bytes(hashes));
               filled_.push_back(partial_folder(path));
             });
  if (!done || partial_width(edge_.size(), 0) != 0) return done;
  const std::string path = bundle_path(entry.index / kTileWidth, kTileWidth);
  done = store_.put(path, bundle_);
  filled_.push_back(partial_folder(path));
  bundle_.clear();
  return done;
}

Status Tiler::put_partial() {
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const auto hashes = edge_.level(level);
    if (hashes.empty()) continue;
    const Status put =
        store_.put(tile_path(level, edge_.size() >> (8U * (level + 1)), hashes.size()), tile_bytes(hashes));
    if (!put) return put;
  }
  if (bundle_.empty()) return {};
  return store_.put(bundle_path(edge_.size() / kTileWidth, partial_width(edge_.size(), 0)), bundle_);
}

Status Tiler::publish_checkpoint(const Job& job) {
  Status done = put_partial();
  if (done) done = store_.settle();
  if (done) done = store_.put(std::string(kCheckpointName), bytes_of(job.note));
  if (done) done = store_.settle();
  if (done) remove_partial();
  return done;
}

// Readers take the full tile where a partial one is gone.
void Tiler::remove_partial() {
  for (const std::string& folder : filled_) {
    std::error_code ignored;
    std::filesystem::remove_all(path_in(folder_, folder), ignored);
  }
  filled_.clear();
}

}  // namespace sluis::audit
