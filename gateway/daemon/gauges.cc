// What the page of metrics says beyond the counters of the server.
#include "audit/log.h"
#include "crypto/secret.h"
#include "gateway/daemon/daemon.h"
#include "gateway/daemon/replay.h"

namespace sluis::gateway {

namespace {

using Kind = Metrics::Kind;

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

template <typename Add>
void add_backups(const Backups& backups, std::uint64_t now_us, const Add& add) {
  const BackupStats stats = backups.stats();
  const double age = number(now_us - std::min(now_us, stats.newest_good_us)) / 1e6;
  add(Kind::gauge, "backup_last_good_age_seconds", "",
      "Age of the newest backup that has passed its drill; -1: there is none.", stats.newest_good_us == 0 ? -1 : age);
  add(Kind::gauge, "backups", "state=\"kept\"", "Backup generations.", number(stats.kept));
  add(Kind::gauge, "backups", "state=\"good\"", "Backup generations.", number(stats.good));
  add(Kind::counter, "backup_drills_failed_total", "", "Drills by this process that were not passed.",
      number(stats.drills_failed));
  add(Kind::counter, "backup_failures_total", "", "Other acts on backups by this process that failed.",
      number(stats.failed));
}

}  // namespace

void Daemon::append_metrics(std::string& out) const {
  std::vector<Metrics::Row> rows;
  add_gauges(rows);
  metrics_->page(out, rows);
}

void Daemon::add_gauges(std::vector<Metrics::Row>& rows) const {
  const auto& shared = server_->shared();
  const auto add = [&rows](Kind kind, std::string name, std::string labels, std::string help, double value) {
    rows.push_back({kind, std::move(name), std::move(labels), std::move(help), [value] { return value; }});
  };
  add(Kind::gauge, "build_info", "version=\"" + version_ + "\",store=\"" + std::string(parts_.store->kind()) + "\"",
      "The program that runs.", 1);
  add(Kind::gauge, "connections", "", "Connections open.", number(shared.connections));
  add(Kind::gauge, "requests_in_flight", "", "Requests between head and reply.", number(shared.requests));
  add(Kind::gauge, "request_body_bytes", "", "Bytes of request bodies in memory.", number(shared.body_bytes));
  add(Kind::gauge, "worker_queue", "", "Calls that wait for a worker.", number(workers_->queued()));
  for (const auto* const part : {"hsm", "store", "schema", "audit", "certificate"}) {
    add(Kind::gauge, "part_up", std::string("part=\"") + part + "\"", "Whether a part is well (see /readyz).",
        readiness_->up(part) ? 1 : 0);
  }
  const auto keys = parts_.key_watch->findings();
  add(Kind::gauge, "keys", "", "Keys looked at.", number(keys.keys));
  add(Kind::gauge, "keys_overdue", "", "Ways in which keys are older than their periods allow (see /readyz).",
      number(keys.overdue.size()));
  add(Kind::gauge, "keys_oldest_seconds", "", "Age of the oldest key version that seals.", number(keys.oldest_seconds));
  const auto log = parts_.log->stats();
  const auto now = unix_microseconds();
  add(Kind::counter, "audit_entries_total", "", "Durable entries of the log.", number(log.entries));
  add(Kind::counter, "audit_syncs_total", "", "Syncs of the log by this process.", number(log.syncs));
  add(Kind::gauge, "audit_queued_bytes", "", "Bytes of entries that wait for a sync.", number(log.queued_bytes));
  add(Kind::gauge, "audit_halted", "", "1 if the log cannot be written.", parts_.log->halted() ? 1 : 0);
  add(Kind::gauge, "audit_unsigned_entries", "", "Durable entries that no checkpoint covers yet.",
      number(log.entries - std::min(log.entries, log.checkpoint_size)));
  add(Kind::gauge, "audit_checkpoint_age_seconds", "", "Age of the last checkpoint; 0: none by this process.",
      log.checkpoint_time_us == 0 ? 0 : number(now - std::min(now, log.checkpoint_time_us)) / 1e6);
  add(Kind::gauge, "audit_checkpoint_failures", "", "Checkpoints that failed since the last one that did not.",
      number(log.checkpoint_failures));
  add(Kind::gauge, "audit_unpublished_entries", "", "Durable entries that no published checkpoint covers yet.",
      number(log.entries - std::min(log.entries, log.tiles_size)));
  add(Kind::gauge, "audit_tiles_failures", "", "Tiles that could not be published since the last that could.",
      number(log.tiles_failures));
  add(Kind::gauge, "locked_bytes", "kind=\"used\"", "Locked memory for keys.", number(locked_bytes_in_use()));
  add(Kind::gauge, "locked_bytes", "kind=\"reserved\"", "Locked memory for keys.", number(locked_bytes_reserved()));
  add(Kind::gauge, "approvals_waiting", "", "Requests for approval that are open.",
      number(parts_.ledger->waiting(now)));
  if (parts_.backups) add_backups(*parts_.backups, now, add);
  const auto work = parts_.rollovers->working();
  if (!work.job.empty()) {
    add(Kind::gauge, "rollover_running", "state=\"" + std::string(rollover::name(work.state)) + "\"",
        "The rollover that this gateway works at.", 1);
  }
  add(Kind::gauge, "rollover_items_done", "", "Items rewritten by the rollover at work here.", number(work.done));
  add(Kind::gauge, "rollover_items_left", "", "Items that it has still to do.", number(work.left));
  add(Kind::gauge, "rollover_items_faulty", "", "Items that it found not to open.", number(work.faults));
  add(Kind::gauge, "rollover_items_per_second", "", "How fast it goes.", number(work.speed));
  add(Kind::gauge, "rollover_duty", "", "Part of the time that it works, 0 to 1: less while calls are slow.",
      work.duty);
  const std::lock_guard lock(loaded_mutex_);
  for (const auto& collection : loaded_.config.collections) {
    add(Kind::gauge, "key_cached", "collection=\"" + collection.name + "\"", "Whether its key is open in memory.",
        parts_.records->key_cached(collection.name) ? 1 : 0);
  }
  add(Kind::gauge, "certificate_not_after_seconds", "", "When the server's certificate ends, Unix time.",
      number(loaded_.tls->certificate_not_after()));
  add(Kind::gauge, "crl_next_update_seconds", "", "When the first revocation list ends, Unix time; 0: none is used.",
      number(loaded_.tls->crl_next_update()));
}

}  // namespace sluis::gateway
