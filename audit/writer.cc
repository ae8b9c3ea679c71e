#include "audit/writer.h"

#include "audit/folder.h"

namespace sluis::audit {
namespace {

constexpr std::size_t kCallsABatch = 1000;  // with header and trailer below IOV_MAX
constexpr std::uint64_t kBytesABatch = 4U << 20U;
constexpr std::uint64_t kBatchOverhead = kBatchHeaderSize + kBatchTrailerSize;
constexpr Error kHalted{Code::audit_halted, "the audit log is halted: it could not be written"};
constexpr Error kBusy{Code::busy, "too many entries wait for the audit log"};

iovec piece_of(const void* data, std::size_t size) noexcept {
  return {const_cast<void*>(data), size};
}

}  // namespace

Writer::Writer(const LogConfig& config, FileOps& files, Recovered recovered, Catalog& catalog,
               std::function<void()> grown)
    : files_(files),
      folder_(config.folder),
      origin_(recovered.active.origin),
      queue_limit_(config.queue_bytes),
      segment_bytes_(config.segment_bytes),
      catalog_(catalog),
      grown_(std::move(grown)),
      maker_(files, config.folder, config.segment_bytes),
      active_(std::move(recovered.active)),
      file_(std::move(recovered.file)),
      offset_(recovered.offset),
      next_index_(recovered.tree.size()),
      tree_(std::move(recovered.tree)),
      size_(next_index_),
      thread_([this] { run(); }) {}

void Writer::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

Frontier Writer::tree() const {
  const std::lock_guard lock(tree_mutex_);
  return tree_;
}

Status Writer::accepts() const noexcept {
  if (halted()) return kHalted;
  if (queued_bytes() >= queue_limit_) return kBusy;
  return {};
}

Result<std::uint64_t> Writer::enqueue(Pending& pending, Begin begin) {
  const std::uint64_t size = pending.prepared.frames.size();
  if (size > segment_bytes_ - kHeaderSize - kBatchOverhead) {
    return Error{Code::too_large, "the entries of one call do not fit in a segment of the audit log"};
  }
  std::unique_lock lock(mutex_);
  const Status accepted = accepts();
  if (!accepted) return accepted.error();
  if (queued_bytes() + size > queue_limit_ && !queue_.empty()) return kBusy;
  queued_bytes_.fetch_add(size, std::memory_order_relaxed);
  queue_.push_back(std::move(pending));
  const std::uint64_t group = group_;
  const bool starts = begin == Begin::now && !started_;
  if (starts) started_ = true;
  lock.unlock();
  if (starts) queued_.notify_one();
  return group;
}

void Writer::start() {
  {
    const std::lock_guard lock(mutex_);
    if (started_ || queue_.empty()) return;
    started_ = true;
  }
  queued_.notify_one();
}

void Writer::submit(Prepared prepared, Log::Done done, Begin begin) {
  Pending pending{std::move(prepared), std::move(done), nullptr};
  const auto queued = enqueue(pending, begin);
  if (!queued) pending.done(queued.error());
}

Result<Receipt> Writer::submit_and_wait(Prepared prepared) {
  Waiter waiter;
  Pending pending{std::move(prepared), nullptr, &waiter};
  const auto group = enqueue(pending, Begin::now);
  if (!group) return group.error();
  auto& gate = gates_[*group % kGates];
  const auto open_at = static_cast<std::uint32_t>(*group / kGates + 1);
  std::uint32_t seen = gate.load(std::memory_order_acquire);
  while (seen < open_at) {
    gate.wait(seen, std::memory_order_acquire);
    seen = gate.load(std::memory_order_acquire);
  }
  return std::move(*waiter.result);
}

void Writer::run() {
  Queue taken;
  while (true) {
    std::unique_lock lock(mutex_);
    queued_.wait(lock, [this] { return started_ || stopping_; });
    started_ = false;
    if (queue_.empty()) {
      if (stopping_) return;
      continue;
    }
    taken.swap(queue_);
    const std::uint64_t group = group_++;
    lock.unlock();
    write_queue(taken);
    taken.clear();
    auto& gate = gates_[group % kGates];
    gate.store(static_cast<std::uint32_t>(group / kGates + 1), std::memory_order_release);
    gate.notify_all();
  }
}

void Writer::write_queue(Queue& queue) {
  for (std::size_t from = 0; from < queue.size();) {
    if (halted() || !make_room(queue, from)) return halt(queue, from);
    const std::size_t to = batch_end(queue, from);
    if (!write_batch(queue, from, to)) return halt(queue, from);
    from = to;
  }
}

// As many calls as fit into one batch and into the segment; at least one, for which make_room has seen to that.
std::size_t Writer::batch_end(const Queue& queue, std::size_t from) const noexcept {
  const std::uint64_t room = std::min(kBytesABatch, active_.bytes - offset_ - kBatchOverhead);
  std::uint64_t size = queue[from].prepared.frames.size();
  std::size_t to = from + 1;
  while (to < queue.size() && to - from < kCallsABatch && size + queue[to].prepared.frames.size() <= room) {
    size += queue[to++].prepared.frames.size();
  }
  return to;
}

bool Writer::make_room(const Queue& queue, std::size_t from) {
  const std::uint64_t needed = queue[from].prepared.frames.size() + kBatchOverhead;
  if (offset_ + needed <= active_.bytes) return true;
  return rotate();
}

bool Writer::rotate() {
  auto blank = maker_.take();
  if (!blank) return false;
  auto header = new_header(origin_, segment_bytes_, tree());
  if (!header || !publish_segment(files_, folder_, *blank, *header)) return false;
  catalog_.add({segment_name(header->first()), header->id, header->first(), header->bytes, kHeaderSize, {}});
  active_ = std::move(*header);
  file_ = std::move(*blank);
  offset_ = kHeaderSize;
  next_wanted_ = false;
  return true;
}

bool Writer::write_batch(Queue& queue, std::size_t from, std::size_t to) {
  BatchHeader header{offset_, next_index_, 0, 0};
  std::vector<iovec> pieces = {{}};
  pieces.reserve(to - from + 2);
  for (std::size_t i = from; i < to; ++i) {
    Prepared& prepared = queue[i].prepared;
    number_frames(prepared.frames, next_index_ + header.count);
    header.count += static_cast<std::uint32_t>(prepared.leaf_hashes.size());
    header.length += static_cast<std::uint32_t>(prepared.frames.size());
    pieces.push_back(piece_of(prepared.frames.data(), prepared.frames.size()));
  }
  const auto start = encode(header, active_.id);
  pieces.front() = piece_of(start.data(), start.size());
  pieces.push_back(piece_of(kBatchTrailer.data(), kBatchTrailer.size()));
  const std::uint64_t size = header.length + kBatchOverhead;
  const ssize_t written = files_.write(file_.fd(), pieces.data(), static_cast<int>(pieces.size()), offset_);
  if (written != static_cast<ssize_t>(size) || files_.sync_data(file_.fd()) != 0) return false;
  offset_ += size;
  publish(queue, from, to, header, offset_);
  return true;
}

void Writer::publish(Queue& queue, std::size_t from, std::size_t to, const BatchHeader& header, std::uint64_t end) {
  catalog_.extend(header.first, header.offset, end);
  size_.store(header.first + header.count, std::memory_order_release);
  queued_bytes_.fetch_sub(header.length, std::memory_order_relaxed);
  bytes_.fetch_add(end - header.offset, std::memory_order_relaxed);
  syncs_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = from; i < to; ++i) {
    Pending& pending = queue[i];
    const Receipt receipt{next_index_, pending.prepared.leaf_hashes.size()};
    next_index_ += receipt.count;
    if (pending.waiter != nullptr) pending.waiter->result = receipt;
    if (pending.done) pending.done(receipt);
  }
  {
    const std::lock_guard lock(tree_mutex_);
    for (std::size_t i = from; i < to; ++i) {
      for (const Digest& leaf : queue[i].prepared.leaf_hashes) tree_.push(leaf);
    }
  }
  grown_();
  if (next_wanted_ || offset_ < active_.bytes / 2) return;
  next_wanted_ = true;
  maker_.want();
}

// For good: what a failed write or sync has left on the disk is not known, so nothing is tried again.
void Writer::halt(Queue& queue, std::size_t from) {
  halted_.store(true, std::memory_order_release);
  std::uint64_t dropped = 0;
  for (std::size_t i = from; i < queue.size(); ++i) {
    dropped += queue[i].prepared.frames.size();
    if (queue[i].waiter != nullptr) queue[i].waiter->result = kHalted;
    if (queue[i].done) queue[i].done(kHalted);
  }
  queued_bytes_.fetch_sub(dropped, std::memory_order_relaxed);
}

}  // namespace sluis::audit
