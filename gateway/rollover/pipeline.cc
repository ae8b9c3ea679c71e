#include "gateway/rollover/pipeline.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace sluis::gateway::rollover {
namespace {

constexpr std::size_t kPagesAhead = 2;
constexpr std::size_t kPart = 64;  // records that one thread takes at a time

// Calls that are served go before the sweep on a machine that has too few cores for both. A kernel that refuses leaves
// the thread as it is.
void be_nice() noexcept {
  constexpr int kNice = 10;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice));
}

}  // namespace

Pipeline::Pipeline(Read read, const MakeResealer& make, unsigned sealers, std::string cursor, std::size_t limit)
    : limit_(limit) {
  threads_.emplace_back([this, read = std::move(read), cursor = std::move(cursor)]() mutable {
    be_nice();
    read_pages(read, std::move(cursor));
  });
  for (unsigned i = 0; i < std::max(1U, sealers); ++i) {
    threads_.emplace_back([this, resealer = make()] {
      be_nice();
      seal_parts(*resealer);
    });
  }
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Pipeline::read_pages(const Read& read, std::string cursor) {
  for (bool more = true; more;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || pages_.size() < kPagesAhead; });
      if (stopping_) return;
    }
    auto found = read(cursor, limit_.load(std::memory_order_relaxed));
    auto page = std::make_unique<Page>();
    if (!found) page->status = found.error();
    if (found) page->batch.before = std::move(found->records);
    more = found && found->more && !page->batch.before.empty();
    page->batch.last = !more;
    page->undone = page->batch.before.size();
    page->batch.after.resize(page->undone);
    page->batch.faults.resize(page->undone);
    if (more) cursor = page->batch.before.back().id;
    const std::lock_guard lock(mutex_);
    pages_.push_back(std::move(page));
    read_all_ = !more;
    changed_.notify_all();
  }
}

Pipeline::Page* Pipeline::page_to_seal() noexcept {
  const auto found = std::find_if(pages_.begin(), pages_.end(), [](const auto& page) {
    return page->status && page->next < page->batch.before.size();
  });
  return found == pages_.end() ? nullptr : found->get();
}

// A page stays where it is, and in the queue, while a part of it is undone.
void Pipeline::seal_parts(Resealer& resealer) {
  std::unique_lock lock(mutex_);
  for (;;) {
    Page* page = nullptr;
    changed_.wait(lock, [&] { return stopping_ || (page = page_to_seal()) != nullptr; });
    if (stopping_) return;
    const std::size_t begin = page->next;
    const std::size_t end = std::min(begin + kPart, page->batch.before.size());
    page->next = end;
    lock.unlock();
    const Status sealed = seal_part(resealer, page->batch, begin, end);
    lock.lock();
    page->undone -= end - begin;
    if (!sealed && page->status) {  // what nobody has begun is left
      page->undone -= page->batch.before.size() - page->next;
      page->next = page->batch.before.size();
      page->status = sealed;
    }
    if (page->sealed()) changed_.notify_all();
  }
}

Status Pipeline::seal_part(Resealer& resealer, Batch& batch, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const auto sealed = resealer.reseal(batch.before[i], batch.after[i]);
    if (!sealed) return sealed.error();
    batch.faults[i] = *sealed;
  }
  return {};
}

Result<Batch> Pipeline::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !pages_.empty() && pages_.front()->sealed(); });
  const std::unique_ptr<Page> page = std::move(pages_.front());
  pages_.pop_front();
  changed_.notify_all();
  if (!page->status) return page->status.error();
  return std::move(page->batch);
}

std::string Pipeline::ahead() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !pages_.empty() || read_all_; });
  if (pages_.empty() || pages_.front()->batch.before.empty()) return {};
  return pages_.front()->batch.before.back().id;
}

}  // namespace sluis::gateway::rollover
