// Backups as the gateway offers them: a thread that makes a generation when its time has come, or when somebody asks,
// tries it, and lets the old ones expire. Any number of gateways may run one on the same store; the lease on backups
// lets one of them work at a time. Thread-safe.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "gateway/backups/window.h"
#include "gateway/backups/worker.h"
#include "gateway/rollover/lease_keeper.h"

namespace sluis::gateway {

struct BackupSchedule {
  std::chrono::seconds every{86'400};  // 0: only when asked for
  BackupWindow window;
  std::size_t keep = 3;
  bool drill = true;
  std::chrono::milliseconds lease{15'000};
};

// For the metrics and the readiness page, as of the last look.
struct BackupStats {
  std::uint64_t newest_good_us = 0;  // 0: there is none
  std::uint64_t kept = 0, good = 0;
  std::uint64_t drills_failed = 0, failed = 0;  // by this process
  bool overdue = false;                         // the newest good one is older than it should be
};

// An act that is under way, or the last one.
struct BackupAct {
  std::string kind, id;  // "create", "drill", "expire", "restore"
  std::uint64_t done = 0, total = 0;
  bool ended = false;
  std::string problem;  // empty: none
};

class Backups {
 public:
  Backups(BackupParts parts, Documents documents, BackupSchedule schedule);
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;
  ~Backups();  // stops what is under way

  // From then on the schedule is kept.
  void start();
  // Gives up what is under way, and begins nothing more.
  void stop();

  // Each begins an act and returns: conflict while another is under way, here or on another gateway; not_found.
  Result<std::string> create(const std::string& who);
  Status drill(const std::string& id, const std::string& who);
  Status restore(const std::string& id, const std::string& who);  // into the configured store
  // Takes away one that is not among those to be kept (conflict): one that was made outside, or is not good.
  Status expire(const std::string& id, const std::string& who);
  // One that somebody else made: a file here, or, where it begins with no '/', words that say where it is.
  Result<Generation> note_outside(const std::string& where, const std::string& who);

  // Whether a generation still opens, by restoring it on trial: "gone", "does not open: …", "still opens", or why that
  // could not be tried. For the proof of a destruction; takes as long as a drill.
  std::string try_to_open(const Generation& generation) const;

  Result<std::vector<Generation>> list() const { return generations_.list(); }
  Result<Generation> get(std::string_view id) const { return generations_.get(id); }
  std::optional<BackupAct> act() const;
  BackupStats stats() const;
  // What is wrong with backups as a whole, for /readyz; empty if nothing is.
  std::string warning() const;

 private:
  using Work = std::function<Status(const std::stop_token&)>;
  struct Task {
    std::string kind, id;
    std::unique_ptr<rollover::LeaseKeeper> lease;
    Work work;
  };
  Result<std::unique_ptr<rollover::LeaseKeeper>> take_lease();
  Status accept(std::string kind, std::string id, std::unique_ptr<rollover::LeaseKeeper> lease, Work work);
  void run(const std::stop_token& stop);
  void perform(Task task, const std::stop_token& stop);
  void look(std::uint64_t now);  // at the generations there are: statistics, and when the next one is due
  void make_if_due();
  void make_and_try(Generation generation, const std::stop_token& stop, Status& out);
  Status restore_now(const Generation& generation, const std::string& who, const std::stop_token& stop);

  const BackupParts parts_;
  Documents documents_;
  Generations generations_;
  const BackupSchedule schedule_;
  BackupWorker worker_;
  std::string holder_;
  BackupProgress progress_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Task> next_;
  std::optional<BackupAct> act_;
  BackupStats stats_;
  std::uint64_t due_us_ = 0;  // when the schedule is looked at again
  std::jthread thread_;       // last: it uses all the others
};

}  // namespace sluis::gateway
