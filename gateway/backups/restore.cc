#include "gateway/backups/restore.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <set>

#include "audit/moment.h"
#include "gateway/backups/census.h"
#include "gateway/backups/drill.h"
#include "gateway/backups/files.h"
#include "gateway/backups/ledger.h"
#include "gateway/backups/opener.h"
#include "gateway/backups/signature.h"
#include "gateway/keys/key_rows.h"

namespace sluis::gateway {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
constexpr std::size_t kKeyPage = 1000;

Result<Manifest> read_manifest(const RestoreMeans& means, const std::string& path) {
  const auto text = read_file(path, kMaxManifestBytes);
  if (!text) return text.error();
  const auto note = read_file((fs::path(path).parent_path() / kNoteName).string(), audit::kNoteLimit);
  if (!note) return note.error();
  auto manifest = checked_manifest(*text, *note, means.token);
  if (manifest && fs::path(manifest->file).filename() != manifest->file) {
    return Error{Code::corrupt, "the backup's manifest is malformed"};
  }
  return manifest;
}

// Versions whose master key the HSM no longer has.
Result<std::uint64_t> mark_destroyed(store::Store& store, hsm::Token& token, const Governance& governance) {
  const auto keys = token.list();
  if (!keys) return keys.error();
  std::set<std::uint32_t> masters;
  for (const auto& info : *keys) {
    if (info.kind == hsm::KeyKind::master) masters.insert(info.version);
  }
  std::uint64_t marked = 0;
  for (std::string after;;) {
    const auto names = store.list_keys("", after, kKeyPage);
    if (!names) return names.error();
    if (names->empty()) return marked;
    for (const std::string& name : *names) {
      auto key = store.get_key(name);
      if (!key) return key.error();
      if (const auto sound = governance.check(*key); !sound) return sound.error();
      bool changed = false;
      for (auto& version : key->versions) {
        if (version.state == store::KeyState::destroyed || masters.contains(version.master_version)) continue;
        version.state = store::KeyState::destroyed;
        version.wrapped.clear();
        changed = true;
        ++marked;
      }
      if (!changed) continue;
      const std::uint64_t before = key->revision++;
      governance.seal(*key);
      if (const auto put = store.update_key(*key, before); !put) return put.error();
    }
    after = names->back();
  }
}

class Restore {
 public:
  Restore(const RestoreMeans& means, const Database& target, const std::string& who, BackupProgress& progress,
          const std::stop_token& stop)
      : means_(means), target_(target), who_(who), progress_(progress), stop_(stop) {}

  Result<RestoreReport> run(const std::string& manifest_path) {
    auto manifest = read_manifest(means_, manifest_path);
    if (!manifest) return manifest.error();
    report_.manifest = *std::move(manifest);
    const std::string file = (fs::path(manifest_path).parent_path() / report_.manifest.file).string();
    const auto measured = measure(file);
    if (!measured) return measured.error();
    if (measured->bytes != report_.manifest.bytes || measured->sha256 != report_.manifest.sha256) {
      return Error{Code::corrupt, "the backup's file is not the one that was made: another size or SHA-256"};
    }
    const auto empty = is_empty(target_);
    if (!empty) return empty.error();
    if (!*empty) return Error{Code::conflict, "the store to be restored into is not empty"};
    const auto done = target_.kind == "sqlite" ? into_sqlite(file) : into_postgres(file);
    if (!done) return done.error();
    return std::move(report_);
  }

 private:
  // All of it under another name, on the same disk, until it is right.
  Status into_sqlite(const std::string& file) {
    const auto staging = Staging::make(fs::path(target_.path).parent_path().string(), ".restore-", report_.manifest.id);
    if (!staging) return staging.error();
    const Database database{"sqlite", staging->path("store.db"), {}};
    if (const auto filled = fill_database(means_, report_.manifest, file, database, stop_); !filled) return filled;
    if (const auto looked = look(database); !looked) return looked;
    if (const auto left = leave_behind(database); !left) return left;
    if (const auto synced = sync(database.path); !synced) return synced;
    for (const char* const end : {"-wal", "-shm"}) unlink((target_.path + end).c_str());
    if (audit::system_files().rename(database.path, target_.path) != 0) {
      return Error{Code::unavailable, "the restored store cannot be given its name"};
    }
    static_cast<void>(audit::system_files().sync_folder(fs::path(target_.path).parent_path().string()));
    return {};
  }

  static Status sync(const std::string& path) {
    const auto file = open_file(path);
    return file ? sync_file(*file) : Status(file.error());
  }

  Status into_postgres(const std::string& file) {
    if (const auto dropped = store::drop_empty_tables(target_.postgres); !dropped) return dropped;
    if (const auto filled = fill_database(means_, report_.manifest, file, target_, stop_); !filled) return filled;
    Status done = look(target_);
    if (done) done = leave_behind(target_);
    if (done) return store::mark_schema(target_.postgres, report_.manifest.schema);
    static_cast<void>(store::end_scratch(target_.postgres));  // it was empty, and is again
    return done;
  }

  // All is compared and a sample opened, as in a drill.
  Status look(const Database& database) {
    const auto store = open_database(database);
    if (!store) return store.error();
    const auto snapshot = snapshot_of(database);
    if (!snapshot) return snapshot.error();
    const Census& expected = report_.manifest.census;
    auto found = take_census(**snapshot, stop_, [&](const store::Record&, std::uint64_t) -> Status {
      progress_.at(++report_.records, expected.total());
      return {};
    });
    if (!found) return found.error();
    if (!(*found == expected)) return Error{Code::corrupt, "the restored store is not what the manifest says"};
    const auto opener = TrialOpener::make(**store, means_.token, means_.collections, expected, means_.drill_records);
    if (!opener) return opener.error();
    const auto again = take_census(**snapshot, stop_, [&](const store::Record& record, std::uint64_t before) {
      return (*opener)->look(record, before);
    });
    if (!again) return again.error();
    report_.opened = (*opener)->opened();
    return {};
  }

  // Whatever must not live on, and the word to the next start.
  Status leave_behind(const Database& database) {
    if (const auto forgotten = forget_sessions(database); !forgotten) return forgotten;
    const auto store = open_database(database);
    if (!store) return store.error();
    const auto master = newest_master(means_.token);
    if (!master) return master.error();
    const auto governance = Governance::open(**store, means_.token, *master);
    if (!governance) return governance.error();
    const auto marked = mark_destroyed(**store, means_.token, *governance);
    if (!marked) return marked.error();
    report_.keys_destroyed = *marked;
    Documents documents(**store, *governance);
    if (const auto known = make_known(documents); !known) return known;
    return note(documents);
  }

  // In the store as it was copied this generation was still being made.
  Status make_known(Documents& documents) {
    Generations generations(documents);
    auto generation = generations.get(report_.manifest.id);
    if (!generation && generation.error().code != Code::not_found) return generation.error();
    Generation made = generation ? *generation : Generation{};
    made.manifest = report_.manifest;
    made.state = Generation::State::made;
    made.drill = DrillResult{true, means_.clock(), report_.records, report_.opened, 0, ""};
    return generations.put(made);
  }

  Status note(Documents& documents) {
    const Manifest& manifest = report_.manifest;
    const json::object body{{"backup", manifest.id},
                            {"who", who_},
                            {"records", report_.records},
                            {"digest", to_hex(manifest.census.digest)},
                            {"log_origin", manifest.log.origin},
                            {"log_size", manifest.log.size},
                            {"keys_destroyed", report_.keys_destroyed},
                            {"reported", false}};
    const auto name = audit::moment_text(std::min(means_.clock(), audit::kTimeLimitUs - 1));
    const auto put = documents.put(kRestoreKind, {name.data(), name.size()}, body, Documents::kNew);
    return put ? Status() : Status(put.error());
  }

  const RestoreMeans& means_;
  const Database& target_;
  const std::string& who_;
  BackupProgress& progress_;
  const std::stop_token& stop_;
  RestoreReport report_;
};

std::string text_of(const json::object& body, std::string_view member) {
  const auto* value = body.if_contains(member);
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

// The log says what it cannot know of the store any more: what it holds from that size on may have been undone.
audit::Event event_of(const json::object& body, const std::string& when, const audit::Log& log) {
  audit::Event event;
  event.principal = text_of(body, "who");
  event.action = "backups.restore";
  event.payload.detail = "the store was restored at " + when + " from generation " + text_of(body, "backup") +
                         ", digest " + text_of(body, "digest") + "; it is of the time when log " +
                         text_of(body, "log_origin") + " had " + text_of(body, "log_size") + " entries, this log has " +
                         std::to_string(log.size()) +
                         "; key versions destroyed again: " + text_of(body, "keys_destroyed");
  return event;
}

}  // namespace

Result<RestoreReport> restore_generation(const RestoreMeans& means, const std::string& manifest_path,
                                         const Database& target, const std::string& who, BackupProgress& progress,
                                         const std::stop_token& stop) {
  return Restore(means, target, who, progress, stop).run(manifest_path);
}

Status report_restores(store::Store& store, const Governance& governance, audit::Log& log) {
  Documents documents(store, governance);
  const auto rows = documents.list(kRestoreKind, "", 100);
  if (!rows) return rows.error();
  for (const auto& row : *rows) {
    const auto* reported = row.body.if_contains("reported");
    if (reported != nullptr && reported->is_bool() && reported->get_bool()) continue;
    const auto receipt = log.append_and_wait({event_of(row.body, row.name, log)});
    if (!receipt) return receipt.error();
    json::object body = row.body;
    body["reported"] = true;
    const auto put = documents.put(kRestoreKind, row.name, body, row.revision);
    if (!put && put.error().code != Code::conflict) return put.error();
  }
  return {};
}

}  // namespace sluis::gateway
