// A process that appends from many threads is killed at random instants, again and again. What it had acknowledged by
// then, told through a pipe, is in the log afterwards, and the log verifies.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "audit/folder.h"
#include "audit/leaf.h"
#include "audit/log.h"
#include "audit/verify.h"
#include "tests/support/audit_files.h"
#include "tests/support/audit_keys.h"

namespace sluis::audit {
namespace {

constexpr int kKills = 60;
constexpr int kThreads = 6;

struct Acknowledged {
  std::uint64_t index;
  std::uint64_t number;
};

LogConfig config_in(const std::string& folder) {
  LogConfig config;
  config.folder = folder + "/log";
  config.origin = "sluis.example/gateway-1";
  config.gateway = "gateway-1";
  config.segment_bytes = 256U << 10U;  // so that kills strike changes of segment too
  config.checkpoint_interval_ms = 5;
  return config;
}

Event event_number(std::uint64_t number) {
  Event event;
  event.principal = "backend";
  event.action = "records.read";
  event.request = std::to_string(number);
  event.payload.record = "record-" + std::to_string(number);
  event.payload.subject = "subject-" + std::to_string(number);
  return event;
}

// The process to be killed: never returns.
[[noreturn]] void append_until_killed(const std::string& folder, std::uint64_t first_number, int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  tests::MemoryPeriodKeys keys;
  tests::MemorySigner signer;
  const auto log = Log::open(config_in(folder), keys, signer);
  if (!log) ::_exit(3);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0;; ++i) {
        const Acknowledged sent{0, first_number + i * kThreads + static_cast<std::uint64_t>(t)};
        const auto receipt = (*log)->append_and_wait({event_number(sent.number)});
        if (!receipt) ::_exit(4);
        const Acknowledged acknowledged{receipt->first, sent.number};
        if (::write(to, &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(5);  // atomic: PIPE_BUF
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(6);
}

class KillTest : public ::testing::Test {
 protected:
  void kill_once(int round);
  void expect_all_there();

  tests::ScratchFolder scratch_{tests::ScratchFolder::On::disk};
  std::map<std::uint64_t, std::uint64_t> acknowledged_;  // index, number
  std::mt19937 random_{20261105};
  int in_work_ = 0;
  int torn_ = 0;
};

void KillTest::kill_once(int round) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(ends[0]);
    append_until_killed(scratch_.path(), static_cast<std::uint64_t>(round) * 1'000'000'000, ends[1]);
  }
  ::close(ends[1]);
  // Some strike while the log opens or soon after, most a little after so many acknowledgements.
  const auto draw = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random_); };
  const bool early = round % 6 == 0;
  const auto pause = static_cast<useconds_t>(early ? draw(20'000) : draw(3'000));
  const int wanted = early ? 0 : 1 + draw(400);
  Acknowledged one{};
  const std::size_t before = acknowledged_.size();
  const auto take_one = [&] {
    if (::read(ends[0], &one, sizeof one) != sizeof one) return false;
    EXPECT_TRUE(acknowledged_.emplace(one.index, one.number).second) << "index " << one.index << " was given twice";
    return true;
  };
  for (int taken = 0; taken < wanted && take_one(); ++taken) continue;
  ::usleep(pause);
  ::kill(child, SIGKILL);
  while (take_one()) continue;  // what was acknowledged before it died
  in_work_ += acknowledged_.size() > before ? 1 : 0;
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the process ended by itself: " << WEXITSTATUS(status);
}

void KillTest::expect_all_there() {
  tests::MemoryPeriodKeys keys;
  tests::MemorySigner signer;
  Damage damage;
  const auto log = Log::open(config_in(scratch_.path()), keys, signer, &damage);
  ASSERT_TRUE(log) << damage.file << " at " << damage.offset << ": " << damage.why;
  torn_ += (*log)->recovery().torn_bytes > 0 ? 1 : 0;
  std::uint64_t next = acknowledged_.empty() ? 0 : acknowledged_.begin()->first;
  auto expected = acknowledged_.begin();
  while (expected != acknowledged_.end()) {
    const auto page = (*log)->read(next, 10'000, Log::Payloads::opened);
    ASSERT_TRUE(page) << page.error().what.view();
    ASSERT_FALSE(page->empty()) << "entry " << expected->first << " is missing";
    for (const Log::Entry& entry : *page) {
      ASSERT_EQ(entry.index, next++);
      if (expected == acknowledged_.end() || entry.index != expected->first) continue;
      const auto leaf = parse_leaf(entry.leaf);
      ASSERT_TRUE(leaf);
      ASSERT_EQ(leaf->event.request, std::to_string(expected->second));
      const std::string record = "\"record-" + std::to_string(expected->second) + "\"";
      ASSERT_NE(entry.payload.expose_text().find(record), std::string::npos);
      ++expected;
    }
  }
}

TEST_F(KillTest, NothingAcknowledgedIsLostAndTheLogVerifies) {
  for (int round = 0; round < kKills; ++round) {
    kill_once(round);
    if (HasFatalFailure()) return;
    // Not each time: a restart by the killed process itself must do as well.
    if (round % 3 == 2) expect_all_there();
    if (HasFatalFailure()) return;
  }
  expect_all_there();
  EXPECT_GE(in_work_, kKills * 5 / 6);
  RecordProperty("acknowledged", static_cast<int>(acknowledged_.size()));
  std::printf("%zu entries acknowledged, %d of %d kills at work, %d torn tails\n", acknowledged_.size(), in_work_,
              kKills, torn_);
  tests::MemoryPeriodKeys keys;
  tests::MemorySigner signer;
  VerifyOptions options;
  options.origin = config_in({}).origin;
  options.public_key = *signer.public_key();
  options.keys = &keys;
  const auto verification = verify_folder(config_in(scratch_.path()).folder, options);
  ASSERT_TRUE(verification);
  const Finding* const bad = verification->first_bad();
  EXPECT_EQ(bad, nullptr) << (bad == nullptr ? std::string_view() : bad->why);
  EXPECT_EQ(verification->payloads_opened, verification->entries);
  EXPECT_EQ(verification->signature, Verification::Signature::good);
}

}  // namespace
}  // namespace sluis::audit
