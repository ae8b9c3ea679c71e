// Makes a log of a given size for tests of verifiers, quickly: nothing is synced, and keys are those of a seed.
//   log-generator FOLDER ENTRIES [SEGMENT-BYTES]
// A log that is there already is gone on with.
// Prints what a verifier needs: the verifier key, and the period's sidecar key as a line of `--period-keys`.
#include <sys/types.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "audit/file_ops.h"
#include "audit/log.h"
#include "tests/support/audit_keys.h"

namespace {

using namespace sluis;
using namespace sluis::audit;

constexpr std::uint64_t kTime = 1'793'882'096'123'456;  // 2026-11-05
constexpr std::uint64_t kCall = 1000;                   // entries

// The system's files without their syncs.
class UnsyncedFiles final : public FileOps {
 public:
  int open(const std::string& path, int flags, mode_t mode) override { return system_files().open(path, flags, mode); }
  int allocate(int fd, std::uint64_t size) override { return system_files().allocate(fd, size); }
  ssize_t write(int fd, const iovec* pieces, int count, std::uint64_t offset) override {
    return system_files().write(fd, pieces, count, offset);
  }
  int sync_data(int /*fd*/) override { return 0; }
  int sync_folder(const std::string& /*path*/) override { return 0; }
  int rename(const std::string& from, const std::string& to) override { return system_files().rename(from, to); }
};

Event event_number(std::uint64_t number) {
  Event event;
  event.time_us = kTime + number;
  event.principal = "employment-service";
  event.action = "records.read";
  event.key = "records/diplomas";
  event.key_version = 3;
  event.collection = "diplomas";
  event.purpose = "application";
  event.request = "request-" + std::to_string(number);
  event.payload.record = "d-" + std::to_string(number);
  event.payload.subject = "subject-" + std::to_string(number);
  event.payload.fields = {"grade"};
  event.payload.case_reference = "C-17";
  return event;
}

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "the log cannot be made: %s\n", error.what.view().data());
  std::exit(2);
}

void fill(Log& log, std::uint64_t entries) {
  while (log.size() < entries) {
    std::vector<Event> events;
    const std::uint64_t first = log.size();
    for (std::uint64_t i = first; i < std::min(first + kCall, entries); ++i) events.push_back(event_number(i));
    const auto receipt = log.append_and_wait(std::move(events));
    if (!receipt) give_up(receipt.error());
  }
  // Publishing may take longer than a reader would wait.
  for (int left = 60; entries != 0 && !log.publish(entries - 1); --left) {
    if (left == 0) give_up(Error{Code::unavailable, "the tiles are not published"});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: log-generator FOLDER ENTRIES [SEGMENT-BYTES]\n");
    return 2;
  }
  UnsyncedFiles files;
  tests::MemoryPeriodKeys keys;
  tests::MemorySigner signer;
  LogConfig config;
  config.folder = argv[1];
  config.origin = "sluis.example/gateway-1";
  config.gateway = "gateway-1";
  config.checkpoint_interval_ms = 3'600'000;
  config.files = &files;
  if (argc > 3) config.segment_bytes = std::strtoull(argv[3], nullptr, 10);
  {
    const auto log = Log::open(config, keys, signer);
    if (!log) give_up(log.error());
    fill(**log, std::strtoull(argv[2], nullptr, 10));
  }
  const SecretKey key = *keys.sidecar_key("2026-11");
  std::printf("%s\n2026-11 %s\n", verifier_key(config.origin, *signer.public_key()).c_str(),
              to_hex(key.expose_secret()).c_str());
  return 0;
}
