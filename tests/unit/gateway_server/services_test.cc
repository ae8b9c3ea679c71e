#include "gateway/server/services.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>

namespace sluis::gateway {
namespace {

TEST(BodyShare, CountsAgainstWhatAllMayHold) {
  Shared shared;
  BodyShare one(shared);
  BodyShare two(shared);
  EXPECT_TRUE(one.grow_to(60, 100));
  EXPECT_FALSE(two.grow_to(50, 100));
  EXPECT_EQ(shared.body_bytes, 60U);
  EXPECT_TRUE(two.grow_to(40, 100));
  EXPECT_TRUE(two.grow_to(10, 100));  // never shrinks by itself
  one.release();
  EXPECT_EQ(shared.body_bytes, 40U);
}

TEST(PrincipalCounts, HaveALimit) {
  PrincipalCounts counts;
  EXPECT_TRUE(counts.enter("a", 2));
  EXPECT_TRUE(counts.enter("a", 2));
  EXPECT_FALSE(counts.enter("a", 2));
  EXPECT_TRUE(counts.enter("b", 2));
  counts.leave("a");
  EXPECT_TRUE(counts.enter("a", 2));
}

struct Blocking final : Job {
  std::promise<void> started, release;
  void run() noexcept override {
    started.set_value();
    release.get_future().wait();
  }
};
struct Quick final : Job {
  std::promise<void> ran;
  void run() noexcept override { ran.set_value(); }
};

TEST(WorkerPool, RefusesWhenTheQueueIsFull) {
  Blocking first;
  Quick second, third, fourth;
  {
    WorkerPool pool(1, 1);
    ASSERT_TRUE(pool.submit(first));
    first.started.get_future().wait();
    EXPECT_TRUE(pool.submit(second));
    EXPECT_FALSE(pool.submit(third));
    pool.submit_continued(fourth);  // a call that is under way goes on
    EXPECT_EQ(pool.queued(), 2U);
    first.release.set_value();
  }
  second.ran.get_future().get();
  fourth.ran.get_future().get();
}

// Jobs of a kind, which wait at a door and note in which company they came.
struct Door {
  std::mutex mutex;
  std::condition_variable moved;
  std::vector<std::size_t> groups;  // sizes, in the order in which they came in
  std::size_t ran = 0;
  bool open = false;

  void enter(std::size_t size) {
    std::unique_lock lock(mutex);
    groups.push_back(size);
    moved.notify_all();
    moved.wait(lock, [&] { return open; });
    ran += size;
    moved.notify_all();
  }
  void wait_for_groups(std::size_t count) {
    std::unique_lock lock(mutex);
    moved.wait(lock, [&] { return groups.size() >= count; });
  }
  void unlock() {
    const std::lock_guard lock(mutex);
    open = true;
    moved.notify_all();
  }
};
struct Grouped final : Job {
  explicit Grouped(Door& at, std::size_t size = 1) : door(&at), size_(size) {}
  Door* door;
  std::size_t size_;
  void run() noexcept override { ADD_FAILURE() << "run alone"; }
  const void* kind() const noexcept override { return door; }
  std::size_t bytes() const noexcept override { return size_; }
  void run_together(std::span<Job* const> jobs) noexcept override { door->enter(jobs.size()); }
};

using Sizes = std::vector<std::size_t>;

TEST(WorkerPool, JobsOfAKindThatWaitAreRunTogether) {
  Door door, elsewhere;
  std::deque<Grouped> jobs(61, Grouped(door));
  Grouped other(elsewhere);
  Quick quick;
  {
    WorkerPool pool(3, 1000);
    ASSERT_TRUE(pool.submit(jobs[0]));
    door.wait_for_groups(1);  // a lone job does not wait for company
    for (std::size_t i = 1; i < jobs.size(); ++i) ASSERT_TRUE(pool.submit(jobs[i]));
    // Neither another kind nor an ordinary job stands behind them.
    ASSERT_TRUE(pool.submit(other));
    elsewhere.wait_for_groups(1);
    ASSERT_TRUE(pool.submit(quick));
    quick.ran.get_future().get();
    elsewhere.unlock();
    door.unlock();
  }
  EXPECT_EQ(door.ran, jobs.size());
  EXPECT_LE(door.groups.size(), 4U) << "the first, the rest, and what patience may have let in between";
}

TEST(WorkerPool, AGroupThatIsHeldUpDoesNotHoldUpTheRest) {
  Door door;
  std::deque<Grouped> jobs(5, Grouped(door));
  WorkerPool pool(4, 100);
  ASSERT_TRUE(pool.submit(jobs[0]));
  door.wait_for_groups(1);
  for (std::size_t i = 1; i < 4; ++i) ASSERT_TRUE(pool.submit_soon(jobs[i]));
  while (pool.queued() != 0) {
    std::this_thread::sleep_for(WorkerPool::kPatience);
    pool.start();
  }
  door.wait_for_groups(2);
  // Two are held up: that is as far as it goes.
  std::this_thread::sleep_for(2 * WorkerPool::kPatience);
  ASSERT_TRUE(pool.submit(jobs[4]));
  pool.start();
  EXPECT_EQ(pool.queued(), 1U);
  door.unlock();
}

TEST(WorkerPool, AGroupIsBoundedByItsBytes) {
  Door door;
  Blocking first;
  std::deque<Grouped> jobs(6, Grouped(door, WorkerPool::kGroupBytes / 2));
  jobs.emplace_back(door, 3 * WorkerPool::kGroupBytes);
  door.unlock();
  {
    WorkerPool pool(1, 1000);
    ASSERT_TRUE(pool.submit(first));
    first.started.get_future().wait();
    for (Grouped& job : jobs) ASSERT_TRUE(pool.submit(job));
    first.release.set_value();
  }
  EXPECT_EQ(door.groups, (Sizes{2, 2, 2, 1}));
}

TEST(WorkerPool, WhatIsToStartSoonStartsWhenTold) {
  Door door;
  std::deque<Grouped> jobs(9, Grouped(door));
  WorkerPool pool(4, 8);
  for (std::size_t i = 0; i < 8; ++i) ASSERT_TRUE(pool.submit_soon(jobs[i]));
  pool.start();
  door.wait_for_groups(1);
  door.unlock();
  ASSERT_TRUE(pool.submit(jobs[8]));
  std::unique_lock lock(door.mutex);
  door.moved.wait(lock, [&] { return door.ran == jobs.size(); });
}

TEST(WorkerPool, TheQueueIsBoundedForGroupsToo) {
  Door door;
  std::deque<Grouped> jobs(4, Grouped(door));
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.submit(jobs[0]));
  door.wait_for_groups(1);
  EXPECT_TRUE(pool.submit(jobs[1]));
  EXPECT_TRUE(pool.submit_soon(jobs[2]));
  EXPECT_FALSE(pool.submit(jobs[3]));
  EXPECT_FALSE(pool.submit_soon(jobs[3]));
  EXPECT_EQ(pool.queued(), 2U);
  door.unlock();
}

TEST(WorkerPool, QueuedGroupsAreRunBeforeItStops) {
  Door door;
  std::deque<Grouped> jobs(200, Grouped(door));
  {
    WorkerPool pool(3, 1000);
    for (Grouped& job : jobs) ASSERT_TRUE(pool.submit_soon(job));
    door.unlock();
  }
  EXPECT_EQ(door.ran, jobs.size());
}

TEST(Metrics, MakesThePage) {
  Route route;
  route.method = Method::get;
  route.pattern = "/v1/records/{collection}/{id}";
  Metrics metrics({route});
  metrics.request(0, 200, 700);
  metrics.request(0, 429, 20'000'000);
  metrics.request(Metrics::kNoRoute, 299, 1);
  metrics.add(Metrics::Count::denials);
  std::string page;
  metrics.page(page,
               {{Metrics::Kind::gauge, "part_up", "part=\"hsm\"", "Whether a part answers.", [] { return 1.0; }},
                {Metrics::Kind::gauge, "part_up", "part=\"store\"", "Whether a part answers.", [] { return 0.5; }}});
  const std::string labels = "method=\"GET\",route=\"/v1/records/{collection}/{id}\"";
  for (const auto& line :
       {"sluis_requests_total{" + labels + ",status=\"200\"} 1\n",
        "sluis_requests_total{" + labels + ",status=\"429\"} 1\n",
        std::string("sluis_requests_total{method=\"\",route=\"\",status=\"other\"} 1\n"),
        "sluis_request_seconds_bucket{" + labels + ",le=\"0.0005\"} 0\n",
        "sluis_request_seconds_bucket{" + labels + ",le=\"0.001\"} 1\n",
        "sluis_request_seconds_bucket{" + labels + ",le=\"+Inf\"} 2\n", std::string("sluis_denials_total 1\n"),
        std::string("sluis_budget_refusals_total 1\n"), std::string("sluis_part_up{part=\"store\"} 0.5\n")}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
  EXPECT_EQ(page.find("# HELP sluis_part_up"), page.rfind("# HELP sluis_part_up"));
}

}  // namespace
}  // namespace sluis::gateway
