#include "gateway/server/services.h"

#include <gtest/gtest.h>

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
