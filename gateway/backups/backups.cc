#include "gateway/backups/backups.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "gateway/backups/census.h"
#include "gateway/backups/drill.h"
#include "gateway/backups/files.h"
#include "gateway/backups/restore.h"
#include "gateway/backups/retention.h"

namespace sluis::gateway {
namespace {

using State = Generation::State;
using rollover::LeaseKeeper;

constexpr std::string_view kLease = "backup";
constexpr std::chrono::milliseconds kTick{500};
// After a failure, and between looks while nothing is due: another gateway may have worked.
constexpr std::uint64_t kAgainUs = 15 * 60 * 1'000'000ULL;
constexpr std::uint64_t kMinuteUs = 60'000'000ULL;
constexpr std::uint64_t kHourUs = 3'600'000'000ULL;
constexpr Error kBusy{Code::conflict, "another act on backups is under way: try again when it has ended"};

std::uint64_t microseconds(std::chrono::seconds time) {
  return static_cast<std::uint64_t>(time.count()) * 1'000'000;
}

std::string random_holder(const std::string& gateway) {
  Bytes random(8);
  static_cast<void>(random_bytes(random));
  return gateway + "/" + to_hex(random);
}

}  // namespace

Backups::Backups(BackupParts parts, Documents documents, BackupSchedule schedule)
    : parts_(std::move(parts)),
      documents_(documents),
      generations_(documents_),
      schedule_(schedule),
      worker_(parts_, generations_, schedule.keep),
      holder_(random_holder(parts_.gateway)) {}

Backups::~Backups() = default;

void Backups::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Backups::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<LeaseKeeper>> Backups::take_lease() {
  auto lease = LeaseKeeper::take(parts_.store, kLease, holder_, schedule_.lease);
  if (!lease && lease.error().code == Code::conflict) return kBusy;
  return lease;
}

Status Backups::accept(std::string kind, std::string id, std::unique_ptr<LeaseKeeper> lease, Work work) {
  const std::lock_guard lock(mutex_);
  if (next_ || (act_ && !act_->ended)) return kBusy;
  progress_.at(0, 0);
  act_ = BackupAct{kind, id, 0, 0, false, ""};
  next_ = Task{std::move(kind), std::move(id), std::move(lease), std::move(work)};
  wake_.notify_all();
  return {};
}

Result<std::string> Backups::create(const std::string& who) {
  if (const auto now = act(); now && !now->ended) return kBusy;
  auto lease = take_lease();
  if (!lease) return lease.error();
  if (const auto tidied = worker_.tidy(); !tidied) return tidied.error();
  auto generation = worker_.begin(who);
  if (!generation) return generation.error();
  std::string id = generation->manifest.id;
  const auto accepted = accept("create", id, *std::move(lease), [this, made = *generation](const auto& stop) {
    Status out;
    make_and_try(made, stop, out);
    return out;
  });
  if (!accepted) return accepted.error();
  return id;
}

void Backups::make_and_try(Generation generation, const std::stop_token& stop, Status& out) {
  out = worker_.make(generation, progress_, stop);
  if (!out || !schedule_.drill) return;
  progress_.at(0, 0);
  out = worker_.drill(generation, "sluis", progress_, stop);
  if (out) out = worker_.expire_due(stop);
}

Status Backups::drill(const std::string& id, const std::string& who) {
  if (const auto now = act(); now && !now->ended) return kBusy;
  auto generation = generations_.get(id);
  if (!generation) return generation.error();
  if (generation->state != State::made) return Error{Code::conflict, "the generation is not there to be restored"};
  auto lease = take_lease();
  if (!lease) return lease.error();
  return accept("drill", id, *std::move(lease), [this, given = *generation, who](const auto& stop) -> Status {
    Generation tried = given;
    if (const auto passed = worker_.drill(tried, who, progress_, stop); !passed) return passed;
    return worker_.expire_due(stop);
  });
}

Status Backups::expire(const std::string& id, const std::string& who) {
  const auto all = generations_.list();
  if (!all) return all.error();
  const auto found =
      std::find_if(all->begin(), all->end(), [&](const Generation& each) { return each.manifest.id == id; });
  if (found == all->end()) return Error{Code::not_found, "there is no such backup"};
  if (!may_expire(*all, static_cast<std::size_t>(found - all->begin()), schedule_.keep)) {
    return Error{Code::conflict, "the generation has expired, or is one of the good ones that are to be kept"};
  }
  auto lease = take_lease();
  if (!lease) return lease.error();
  return accept("expire", id, *std::move(lease), [this, given = *found, who](const auto& stop) -> Status {
    Generation gone = given;
    return worker_.expire(gone, who, stop);
  });
}

Status Backups::restore(const std::string& id, const std::string& who) {
  if (!parts_.restore_to) return Error{Code::invalid, "no backup.restore_to is configured"};
  const auto generation = generations_.get(id);
  if (!generation) return generation.error();
  if (generation->state != State::made || generation->place == Generation::Place::outside) {
    return Error{Code::conflict, "the generation is not there to be restored"};
  }
  const auto empty = is_empty(*parts_.restore_to);
  if (!empty) return empty.error();
  if (!*empty) return Error{Code::conflict, "the store to be restored into is not empty"};
  auto lease = take_lease();
  if (!lease) return lease.error();
  return accept("restore", id, *std::move(lease),
                [this, given = *generation, who](const auto& stop) { return restore_now(given, who, stop); });
}

// The files come together in a private folder first, wherever they are.
Status Backups::restore_now(const Generation& generation, const std::string& who, const std::stop_token& stop) {
  const auto staging = Staging::make(parts_.folder, ".drill-", "restore-" + generation.manifest.id);
  if (!staging) return staging.error();
  const auto kept = std::filesystem::path(parts_.folder) / generation.manifest.id;
  for (const std::string_view name : {kManifestName, kNoteName}) {
    if (const auto copied = copy_file((kept / name).string(), staging->path(name)); !copied) return copied;
  }
  const auto& manifest = generation.manifest;
  const auto fetched = generation.place == Generation::Place::command
                           ? parts_.target.fetch(manifest.id, manifest.file, staging->path(manifest.file), stop)
                           : copy_file((kept / manifest.file).string(), staging->path(manifest.file));
  if (!fetched) return fetched;
  const auto restored =
      restore_generation(parts_.means, staging->path(kManifestName), *parts_.restore_to, who, progress_, stop);
  audit::Event event;
  event.principal = who;
  event.action = "backups.restore";
  event.outcome = restored ? audit::Outcome::ok : audit::Outcome::failed;
  event.count = restored ? restored->records : 0;
  event.payload.detail = "generation " + manifest.id + " into the configured store";
  if (!restored) event.payload.detail += ": " + std::string(restored.error().what.view());
  parts_.admin_events.add(std::move(event));
  return restored ? Status() : Status(restored.error());
}

Result<Generation> Backups::note_outside(const std::string& where, const std::string& who) {
  Generation out;
  auto& manifest = out.manifest;
  manifest.created_us = parts_.means.clock();
  auto id = new_generation_id(manifest.created_us);
  if (!id) return id.error();
  manifest.id = *std::move(id);
  manifest.store = parts_.source.kind;
  manifest.gateway = parts_.gateway;
  manifest.method = "outside";
  manifest.exact = false;
  out.place = Generation::Place::outside;
  out.state = State::made;
  out.where = where;
  out.trigger = who;
  if (where.starts_with('/')) {
    const auto measured = measure(where);
    if (!measured) return measured.error();
    manifest.bytes = measured->bytes;
    manifest.sha256 = measured->sha256;
    manifest.method = parts_.source.kind == "sqlite" ? "sqlite" : "pg_dump";
    manifest.file = parts_.source.kind == "sqlite" ? "store.db" : "store.dump";
  }
  // As long as nobody has looked into it, it needs every key that there is now.
  const auto snapshot = snapshot_of(parts_.source);
  if (!snapshot) return snapshot.error();
  const auto census = take_census(**snapshot, {});
  if (!census) return census.error();
  manifest.census.keys = census->keys;
  if (const auto put = generations_.put(out); !put) return put.error();
  look(parts_.means.clock());
  return out;
}

std::optional<BackupAct> Backups::act() const {
  const std::lock_guard lock(mutex_);
  auto out = act_;
  if (out && !out->ended) {
    out->done = progress_.done;
    out->total = progress_.total;
  }
  return out;
}

BackupStats Backups::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string Backups::warning() const {
  const std::lock_guard lock(mutex_);
  if (!stats_.overdue) return {};
  return stats_.newest_good_us == 0 ? "there is no backup that has passed its drill"
                                    : "the newest backup that has passed its drill is older than the schedule allows";
}

// At once when a gateway starts; then when the next one is due by what was there.
void Backups::look(std::uint64_t now) {
  const auto all = generations_.list();
  const std::lock_guard lock(mutex_);
  due_us_ = now + kAgainUs;
  if (!all) return;
  std::uint64_t newest = 0;
  stats_.newest_good_us = stats_.kept = stats_.good = 0;
  for (const Generation& each : *all) {
    if (each.place != Generation::Place::outside && each.state != State::failed && each.state != State::making) {
      newest = std::max(newest, each.manifest.created_us);
    }
    stats_.kept += each.kept() ? 1 : 0;
    stats_.good += each.good() ? 1 : 0;
    if (each.good()) stats_.newest_good_us = std::max(stats_.newest_good_us, each.manifest.created_us);
  }
  const std::uint64_t every = microseconds(schedule_.every);
  // Room for the window, the making and the drill.
  stats_.overdue = every != 0 && now > stats_.newest_good_us + every + std::max(every, kHourUs);
  if (every != 0) due_us_ = std::min(due_us_, std::max(now, newest + every));
}

void Backups::make_if_due() {
  const std::uint64_t now = parts_.means.clock();
  {
    const std::lock_guard lock(mutex_);
    if (now < due_us_ || (act_ && !act_->ended)) return;
  }
  look(now);
  {
    const std::lock_guard lock(mutex_);
    if (schedule_.every.count() == 0 || now < due_us_) return;
    const bool may_begin = schedule_.window.contains(now);
    due_us_ = now + (may_begin ? kAgainUs : kMinuteUs);
    if (!may_begin) return;
  }
  const auto begun = create("schedule");
  if (begun || begun.error().code == Code::conflict) return;  // conflict: another gateway is at it
  parts_.means.on_complaint("a scheduled backup cannot be begun: " + std::string(begun.error().what.view()));
}

void Backups::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (next_) {
      Task task = *std::move(next_);
      next_.reset();
      lock.unlock();
      perform(std::move(task), stop);
      lock.lock();
      continue;
    }
    lock.unlock();
    make_if_due();
    lock.lock();
    wake_.wait_for(lock, stop, kTick, [this] { return next_.has_value(); });
  }
}

void Backups::perform(Task task, const std::stop_token& stop) {
  std::stop_source own;
  const std::stop_callback with_all(stop, [&own] { own.request_stop(); });
  Status done;
  {
    // Whoever has lost the lease leaves off.
    const std::jthread watch([&](const std::stop_token& end) {
      while (!end.stop_requested() && !own.stop_requested()) {
        if (task.lease->lost()) own.request_stop();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    });
    done = task.work(own.get_token());
  }
  task.lease.reset();
  look(parts_.means.clock());
  const std::lock_guard lock(mutex_);
  act_->ended = true;
  if (done) return;
  act_->problem = std::string(done.error().what.view());
  ++(task.kind == "drill" || done.error().code == Code::corrupt ? stats_.drills_failed : stats_.failed);
  due_us_ = parts_.means.clock() + kAgainUs;
}

std::string Backups::try_to_open(const Generation& generation) const {
  BackupProgress progress;
  const auto tried = drill_generation(parts_, generation, progress, std::stop_token());
  if (!tried && tried.error().code == Code::not_found) return "gone";
  if (!tried && tried.error().code == Code::corrupt) return "does not open: " + std::string(tried.error().what.view());
  if (!tried) return "not tried: " + std::string(tried.error().what.view());
  return tried->result.passed ? "still opens" : "does not open: " + tried->result.problem;
}

}  // namespace sluis::gateway
