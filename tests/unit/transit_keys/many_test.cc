// A hundred thousand keys cost what is used of them.
#include <chrono>
#include <cstdio>
#include <fstream>

#include "tests/unit/transit_keys/world.h"

namespace sluis::gateway::transit::test {
namespace {

class Many : public KeysTest {};

constexpr int kRows = 100'000;

TEST_P(Many, NamesArePagedThroughAndNothingIsOpened) {
  const std::string numbers = std::string(GetParam().name) == "sqlite"
                                  ? "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) "
                                  : "with n(i) as (select generate_series(1, 100000)) ";
  const std::string id = std::string(GetParam().name) == "sqlite" ? "randomblob(16)" : "decode(md5(i::text), 'hex')";
  const std::string mac = std::string(GetParam().name) == "sqlite" ? "zeroblob(32)" : "decode(md5('x'), 'hex')";
  sql("insert into keys (name, id, created_us, attributes, revision, mac, due_us) " + numbers +
      "select 'transit/key' || i, " + id + ", 1, '{}', 1, " + mac + ", 0 from n;");
  const auto fresh = new_keys();
  std::string after;
  int seen = 0;
  for (;;) {
    const auto page = must(fresh->names("", after, 1000));
    if (page.empty()) break;
    EXPECT_LE(page.size(), 1000U);
    EXPECT_LT(after, page.front());
    after = page.back();
    seen += static_cast<int>(page.size());
  }
  EXPECT_EQ(seen, kRows);
  EXPECT_EQ(must(fresh->rotate_due([](audit::Event) {})), 0U);
  EXPECT_EQ(fresh->cached_keys(), 0U);
}

// 10 000 open keys of 3 versions, the most that the standard configuration keeps, so fit in 10 MiB of locked memory.
TEST_P(Many, AnOpenKeyIsSmall) {
  const std::size_t before = locked_bytes_in_use();
  std::vector<TransitKeys::Key> open;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "key" + std::to_string(i);
    make(name);
    rotated(name);
    open.push_back(rotated(name));
  }
  EXPECT_LE((locked_bytes_in_use() - before) / open.size(), 1024U);
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

// For people: what the standard cache costs when it is full. Run with --gtest_also_run_disabled_tests.
TEST_P(Many, DISABLED_AFullCache) {
  constexpr int kKeys = 10'000;
  for (int i = 0; i < kKeys; ++i) {
    const std::string name = "key" + std::to_string(i);
    make(name);
    rotated(name);
    rotated(name);
  }
  const auto fresh = new_keys();
  const long before = resident_kib();
  const std::size_t locked = locked_bytes_in_use();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kKeys; ++i) must(fresh->open("key" + std::to_string(i)));
  const auto took = std::chrono::steady_clock::now() - start;
  std::printf("%d keys of 3 versions: opened in %lld ms, %ld KiB resident more, %zu KiB locked more\n", kKeys,
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()),
              resident_kib() - before, (locked_bytes_in_use() - locked) / 1024);
}

INSTANTIATE_TEST_SUITE_P(Stores, Many,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace sluis::gateway::transit::test
