// Pages of records on their way through a sweep: a thread reads them from the store, others seal them again, and the
// sweep's own thread takes them one after another, to be written. While one is written, the next is sealed and the one
// after it is read; no more than that is in memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/rollover/resealer.h"

namespace sluis::gateway::rollover {

// A record that was left alone, and why.
struct Fault {
  std::string id;
  std::uint32_t key_version;
  std::string_view why;  // a literal
};

// One page, as it was and as it is to be written.
struct Batch {
  std::vector<store::Record> before;  // ordered by id
  std::vector<store::Record> after;   // at the same positions
  std::vector<Unreadable> faults;     // at the same positions
  bool last = false;                  // nothing comes after it
};

class Pipeline {
 public:
  using Read = std::function<Result<store::SearchPage>(std::string_view after, std::size_t limit)>;
  using MakeResealer = std::function<std::unique_ptr<Resealer>()>;

  // Begins to read after `cursor`, `limit` records a page.
  Pipeline(Read read, const MakeResealer& make, unsigned sealers, std::string cursor, std::size_t limit);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  ~Pipeline();

  // Waits for the next page; after the last one, and after an error, not to be called again.
  Result<Batch> take();
  // Waits until the page after that is read, and gives the last id that it has; empty if there is none.
  std::string ahead();
  // For pages that are not read yet.
  void set_limit(std::size_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }

 private:
  struct Page {
    Batch batch;
    std::size_t next = 0;  // the first record that nobody has begun
    std::size_t undone = 0;
    Status status{};
    bool sealed() const noexcept { return undone == 0; }
  };

  void read_pages(const Read& read, std::string cursor);
  void seal_parts(Resealer& resealer);
  Page* page_to_seal() noexcept;
  static Status seal_part(Resealer& resealer, Batch& batch, std::size_t begin, std::size_t end);

  std::atomic<std::size_t> limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Page>> pages_;
  bool read_all_ = false, stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluis::gateway::rollover
