// Measures the log against a bare loop that writes and fdatasyncs the same bytes in batches of the same size, in turn,
// medians of the rounds:
//   audit_bench FOLDER [seconds-a-round] [rounds] [entries-to-restart-with]
// Prints one line a figure: name, value, and where there is one the limit's name, its value and the ratio.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

#include "audit/folder.h"
#include "audit/log.h"
#include "audit/prepare.h"
#include "audit/verify_tiles.h"
#include "tests/support/audit_keys.h"

namespace {

using namespace sluis;
using namespace sluis::audit;
using Clock = std::chrono::steady_clock;

constexpr int kCallers = 64;
constexpr std::uint64_t kFileBytes = 64U << 20U;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// What a read of four fields of a diploma leaves.
Event sample(std::uint64_t number) {
  Event event;
  event.principal = "employment-service";
  event.action = "records.read";
  event.key = "records/diplomas";
  event.key_version = 3;
  event.collection = "diplomas";
  event.purpose = "application";
  event.request = "01JC8YB3W4";
  event.payload.record = "d-" + std::to_string(1'000'000'000 + number);
  event.payload.subject = "85073003328";
  event.payload.fields = {"national_number", "holder_name", "birth_date", "grade"};
  event.payload.case_reference = "C-2026-000917";
  event.payload.client_address = "192.0.2.17";
  return event;
}

std::vector<Event> samples(std::uint64_t count) {
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < count; ++i) events.push_back(sample(i));
  return events;
}

struct Bench {
  std::string folder;
  double seconds = 2;
  int rounds = 3;
  tests::MemoryPeriodKeys keys;
  tests::MemorySigner signer;

  LogConfig config() const {
    LogConfig config;
    config.folder = folder + "/log";
    config.origin = "sluis.example/bench";
    config.gateway = "gateway-1";
    return config;
  }
  std::unique_ptr<Log> open() {
    auto log = Log::open(config(), keys, signer);
    if (log) return std::move(*log);
    std::fprintf(stderr, "cannot open the log: %s\n", log.error().what.view().data());
    std::exit(2);
  }
};

struct Rate {
  double entries = 0;  // a second
  double group = 0;    // bytes a sync
};

void fail(const Error& error) {
  std::fprintf(stderr, "an append failed: %s\n", error.what.view().data());
  std::exit(2);
}

// Callers that each wait for their own entry, as threads.
Rate waiting_callers(Bench& bench, int callers) {
  const auto log = bench.open();
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> done = 0;
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; !stop; ++n) {
        const auto receipt = log->append_and_wait({sample(n)});
        if (!receipt) fail(receipt.error());
        ++done;
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(bench.seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const LogStats stats = log->stats();
  return {static_cast<double>(done) / seconds_since(start),
          static_cast<double>(stats.bytes) / static_cast<double>(stats.syncs)};
}

// Callers of a server: two threads that serve 64 connections, each of which has one entry under way.
Rate served_callers(Bench& bench, std::uint64_t entries_a_call) {
  const auto log = bench.open();
  std::atomic<std::uint64_t> done = 0;
  const auto start = Clock::now();
  const auto serve = [&] {
    std::counting_semaphore<> free(kCallers / 2);
    while (seconds_since(start) < bench.seconds) {
      free.acquire();
      log->append(samples(entries_a_call), [&](const Result<Receipt>& receipt) {
        if (!receipt) fail(receipt.error());
        done += receipt->count;
        free.release();
      });
    }
    for (int i = 0; i < kCallers / 2; ++i) free.acquire();
  };
  std::thread other(serve);
  serve();
  other.join();
  const LogStats stats = log->stats();
  return {static_cast<double>(done) / seconds_since(start),
          static_cast<double>(stats.bytes) / static_cast<double>(stats.syncs)};
}

// The bare loop, in a file made the same way. Gives the seconds of each write and sync.
std::vector<double> bare_syncs(const Bench& bench, double batch_bytes) {
  const auto blank = make_blank(system_files(), bench.folder, kFileBytes);
  if (!blank) fail(blank.error());
  const std::vector<char> bytes(static_cast<std::size_t>(batch_bytes), 'x');
  std::vector<double> taken;
  std::uint64_t offset = 0;
  for (const auto start = Clock::now(); seconds_since(start) < bench.seconds; offset += bytes.size()) {
    if (offset + bytes.size() > kFileBytes) offset = 0;
    const auto before = Clock::now();
    if (!write_whole(system_files(), blank->fd(), bytes.data(), bytes.size(), offset)) std::exit(2);
    if (::fdatasync(blank->fd()) != 0) std::exit(2);
    taken.push_back(seconds_since(before));
  }
  return taken;
}

void compare_rate(Bench& bench, const char* name, const std::function<Rate()>& ours, double entry_bytes) {
  std::vector<double> rates;
  std::vector<double> limits;
  std::vector<double> groups;
  for (int round = 0; round < bench.rounds; ++round) {
    const Rate rate = ours();
    const std::vector<double> bare = bare_syncs(bench, rate.group);
    double total = 0;
    for (const double one : bare) total += one;
    rates.push_back(rate.entries);
    limits.push_back(static_cast<double>(bare.size()) * rate.group / entry_bytes / total);
    groups.push_back(rate.group / entry_bytes);
  }
  std::printf("%-44s %9.0f entries/s  groups of %6.1f; bare loop %9.0f entries/s, ratio %.2f\n", name, median(rates),
              median(groups), median(limits), median(rates) / median(limits));
}

double one_callers_median(Bench& bench) {
  const auto log = bench.open();
  std::vector<double> taken;
  const auto start = Clock::now();
  for (std::uint64_t n = 0; seconds_since(start) < bench.seconds; ++n) {
    std::vector<Event> events = {sample(n)};
    const auto before = Clock::now();
    const auto receipt = log->append_and_wait(std::move(events));
    if (!receipt) fail(receipt.error());
    taken.push_back(seconds_since(before));
  }
  return median(taken);
}

void compare_latency(Bench& bench, double entry_bytes) {
  std::vector<double> ours;
  std::vector<double> bare;
  for (int round = 0; round < bench.rounds; ++round) {
    ours.push_back(one_callers_median(bench));
    bare.push_back(median(bare_syncs(bench, entry_bytes + kBatchHeaderSize + kBatchTrailerSize)));
  }
  std::printf("%-44s %9.0f us; bare write and fdatasync %.0f us, times as long %.2f\n", "one caller, median",
              median(ours) * 1e6, median(bare) * 1e6, median(ours) / median(bare));
}

// Of this thread: preparation is computation alone, so other programs need not count.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double preparation(Bench& bench, std::uint64_t entries_a_call, double& entry_bytes) {
  const auto preparer = *Preparer::make("gateway-1", bench.keys);
  std::vector<std::vector<Event>> calls(40'000 / entries_a_call, samples(entries_a_call));
  std::uint64_t bytes = 0;
  const double start = processor_seconds();
  for (std::vector<Event>& call : calls) {
    const auto prepared = preparer->prepare(call);
    if (!prepared) fail(prepared.error());
    bytes += prepared->frames.size();
  }
  const double taken = processor_seconds() - start;
  const auto entries = static_cast<double>(calls.size() * entries_a_call);
  entry_bytes = static_cast<double>(bytes) / entries;
  return taken / entries;
}

double resident_mib() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages >> pages;
  return static_cast<double>(pages) * 4096 / (1U << 20U);
}

void restart(Bench& bench, std::uint64_t entries) {
  {
    const auto log = bench.open();
    while (log->size() < entries) {
      const auto receipt = log->append_and_wait(samples(1000));
      if (!receipt) fail(receipt.error());
    }
  }
  auto start = Clock::now();
  std::uint64_t size = 0;
  {
    const auto log = bench.open();
    size = log->size();
    const double taken = seconds_since(start);
    const auto published = [&] { return log->publish(size - 1).operator bool(); };
    for (int left = 60; !published(); --left) {
      if (left == 0) fail(Error{Code::unavailable, "the tiles are not published"});
    }
    std::printf("%-44s %9.2f s with %llu entries, resident %.0f MiB\n", "restart", taken,
                static_cast<unsigned long long>(size), resident_mib());
  }
  VerifyOptions options;
  options.public_key = *bench.signer.public_key();
  start = Clock::now();
  const auto verification = verify_folder(bench.config().folder, options);
  if (!verification || !verification->good() || verification->entries != size) {
    std::fprintf(stderr, "the log does not verify\n");
    std::exit(2);
  }
  std::printf("%-44s %9.0f entries/s\n", "verification", static_cast<double>(size) / seconds_since(start));
  FolderTiles tiles(path_in(bench.config().folder, "tlog"));
  start = Clock::now();
  const auto by_tiles = verify_tiles(tiles, options);
  if (!by_tiles || !by_tiles->good() || by_tiles->entries != size) {
    std::fprintf(stderr, "the tiles do not verify\n");
    std::exit(2);
  }
  std::printf("%-44s %9.0f entries/s\n", "verification of tiles", static_cast<double>(size) / seconds_since(start));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: audit_bench FOLDER [seconds-a-round] [rounds] [entries-to-restart-with]\n");
    return 2;
  }
  Bench bench;
  bench.folder = argv[1];
  if (argc > 2) bench.seconds = std::atof(argv[2]);
  if (argc > 3) bench.rounds = std::max(1, std::atoi(argv[3]));
  double entry_bytes = 0;
  std::printf("%-44s %9.2f us an entry\n", "preparation, one entry a call", preparation(bench, 1, entry_bytes) * 1e6);
  std::printf("%-44s %9.2f us an entry\n", "preparation, 100 entries a call",
              preparation(bench, 100, entry_bytes) * 1e6);
  std::printf("%-44s %9.0f bytes\n", "an entry", entry_bytes);
  compare_latency(bench, entry_bytes);
  compare_rate(
      bench, "64 callers, each a thread that waits", [&] { return waiting_callers(bench, kCallers); }, entry_bytes);
  compare_rate(
      bench, "64 callers of a server with two threads", [&] { return served_callers(bench, 1); }, entry_bytes);
  compare_rate(
      bench, "64 callers of it, 100 entries a call", [&] { return served_callers(bench, 100); }, entry_bytes);
  restart(bench, argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 200'000);
  std::filesystem::remove_all(bench.config().folder);
  std::filesystem::remove(path_in(bench.folder, kBlankName));
  return 0;
}
