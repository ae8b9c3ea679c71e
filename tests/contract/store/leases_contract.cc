// Leases: one holder at a time, and an epoch that tells a holder of before from one of now.
#include <atomic>
#include <set>
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

using namespace std::chrono_literals;

// Ends all leases as time would.
void let_leases_end(Place& place) {
  place.run("update leases set ends_us = 1");
}

TEST_P(StoreContract, ALeaseHasOneHolder) {
  const auto mine = store->take_lease("job/1", "gateway-a", 1min);
  ASSERT_TRUE(succeeds(mine));
  EXPECT_EQ(mine->name, "job/1");
  EXPECT_EQ(mine->holder, "gateway-a");
  EXPECT_EQ(mine->epoch, 1U);
  const auto other = place->open();
  EXPECT_TRUE(fails_with(other->take_lease("job/1", "gateway-b", 1min), Code::conflict));
  EXPECT_TRUE(succeeds(other->take_lease("job/2", "gateway-b", 1min))) << "another lease";
  EXPECT_TRUE(succeeds(store->renew_lease(*mine, 1min)));
}

TEST_P(StoreContract, TheHoldersOwnLiveLeaseKeepsItsEpoch) {
  ASSERT_EQ(store->take_lease("job", "a", 1min)->epoch, 1U);
  EXPECT_EQ(store->take_lease("job", "a", 1min)->epoch, 1U);
  let_leases_end(*place);
  EXPECT_EQ(store->take_lease("job", "a", 1min)->epoch, 2U) << "it has lapsed in between";
}

TEST_P(StoreContract, AnEndedLeaseGoesToTheNext) {
  const auto first = store->take_lease("job", "a", 1min);
  let_leases_end(*place);
  EXPECT_TRUE(fails_with(store->renew_lease(*first, 1min), Code::conflict)) << "nobody else has it, and yet";
  const auto second = store->take_lease("job", "b", 1min);
  ASSERT_TRUE(succeeds(second));
  EXPECT_EQ(second->epoch, 2U);
  EXPECT_TRUE(fails_with(store->renew_lease(*first, 1min), Code::conflict));
  EXPECT_TRUE(fails_with(store->drop_lease(*first), Code::conflict));
  EXPECT_TRUE(succeeds(store->renew_lease(*second, 1min)));
}

TEST_P(StoreContract, ALeaseEndsByTheStoresClock) {
  ASSERT_TRUE(succeeds(store->take_lease("job", "a", 1ms)));
  std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(succeeds(store->take_lease("job", "b", 1min)));
  EXPECT_TRUE(fails_with(store->take_lease("job", "a", 1min), Code::conflict));
}

TEST_P(StoreContract, ARenewedLeaseLastsLonger) {
  const auto lease = store->take_lease("job", "a", 1s);
  ASSERT_TRUE(succeeds(store->renew_lease(*lease, 1min)));
  EXPECT_GT(place->ask("select ends_us from leases"), std::chrono::duration_cast<std::chrono::microseconds>(
                                                          (std::chrono::system_clock::now() + 30s).time_since_epoch())
                                                          .count());
}

TEST_P(StoreContract, ADroppedLeaseIsFreeAndItsEpochGoesOn) {
  const auto first = store->take_lease("job", "a", 1min);
  ASSERT_TRUE(succeeds(store->drop_lease(*first)));
  EXPECT_TRUE(fails_with(store->drop_lease(*first), Code::conflict));
  EXPECT_TRUE(fails_with(store->renew_lease(*first, 1min), Code::conflict));
  EXPECT_EQ(store->take_lease("job", "a", 1min)->epoch, 2U) << "its own again, but another one";
  EXPECT_TRUE(fails_with(store->renew_lease(*first, 1min), Code::conflict));
}

TEST_P(StoreContract, ALeaseThatCannotBeIsRefused) {
  EXPECT_TRUE(fails_with(store->take_lease("", "a", 1min), Code::invalid));
  EXPECT_TRUE(fails_with(store->take_lease("job", "", 1min), Code::invalid));
  EXPECT_TRUE(fails_with(store->take_lease("job", "a", 0ms), Code::invalid));
  EXPECT_TRUE(fails_with(store->take_lease("job", "a", kMaxLease + 1ms), Code::invalid));
  EXPECT_TRUE(fails_with(store->renew_lease({"job", "a", 1}, 1min), Code::conflict)) << "never taken";
}

TEST_P(StoreContract, ManyWhoWantOneLeaseGetItOneAfterAnother) {
  std::vector<std::unique_ptr<Store>> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(place->open());
  std::atomic<int> holders{0};
  std::mutex mutex;
  std::set<std::uint64_t> epochs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int rounds = 0; rounds < 10;) {
        const auto lease = stores[static_cast<std::size_t>(t)]->take_lease("job", std::to_string(t), 1min);
        if (!lease) {
          std::this_thread::sleep_for(1ms);
          continue;
        }
        EXPECT_EQ(++holders, 1);
        {
          const std::scoped_lock lock(mutex);
          EXPECT_TRUE(epochs.insert(lease->epoch).second) << lease->epoch;
        }
        --holders;
        EXPECT_TRUE(succeeds(stores[static_cast<std::size_t>(t)]->drop_lease(*lease)));
        ++rounds;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(epochs.size(), 40U);
}

}  // namespace
}  // namespace sluis::store
