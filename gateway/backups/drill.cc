#include "gateway/backups/drill.h"

#include <filesystem>

#include "gateway/backups/census.h"
#include "gateway/backups/files.h"
#include "gateway/backups/opener.h"
#include "gateway/backups/signature.h"

namespace sluis::gateway {
namespace {

using Place = Generation::Place;

// Trouble with the means, not with the generation. A missing master key is not_found: the generation does not open.
bool of_the_means(const Error& error) noexcept {
  return error.code == Code::unavailable || error.code == Code::busy || error.code == Code::internal;
}

std::string folder_of(const BackupParts& parts, const Generation& generation) {
  return (std::filesystem::path(parts.folder) / generation.manifest.id).string();
}

Status check_manifest(const BackupParts& parts, const Generation& generation) {
  const std::string folder = folder_of(parts, generation);
  const auto text = read_file(folder + '/' + std::string(kManifestName), kMaxManifestBytes);
  if (!text) return text.error();
  const auto note = read_file(folder + '/' + std::string(kNoteName), audit::kNoteLimit);
  if (!note) return note.error();
  const auto manifest = checked_manifest(*text, *note, parts.means.token);
  if (!manifest) return manifest.error();
  if (!same_backup(*manifest, generation.manifest)) {
    return Error{Code::corrupt, "the manifest is of another backup than the one the gateway knows"};
  }
  return {};
}

class Drill {
 public:
  Drill(const BackupParts& parts, const Generation& generation, BackupProgress& progress, const std::stop_token& stop)
      : parts_(parts), generation_(generation), progress_(progress), stop_(stop) {}

  Status run(const Staging& staging) {
    const Manifest& manifest = generation_.manifest;
    if (manifest.method == "pg_basebackup") {
      return Error{Code::invalid, "a copy of a whole cluster is tried by restoring it by hand"};
    }
    if (manifest.method == "outside") return Error{Code::invalid, "there is no file that could be restored"};
    const auto file = fetch_checked(parts_, generation_, staging, stop_);
    if (!file) return file.error();
    if (manifest.store == "sqlite") return look({"sqlite", *file, {}});
    if (!parts_.scratch) return Error{Code::unavailable, "no backup.scratch_dsn is configured"};
    if (const auto begun = store::begin_scratch(parts_.scratch->postgres); !begun) return means(begun.error());
    const auto looked = try_postgres(manifest, *file);
    const auto ended = store::end_scratch(parts_.scratch->postgres);
    return looked ? ended : looked;
  }

  DrillOutcome outcome;

 private:
  // A refusal that concerns the scratch database.
  static Status means(const Error& error) { return Error{Code::unavailable, error.what}; }

  Status try_postgres(const Manifest& manifest, const std::string& file) {
    if (const auto filled = fill_database(parts_.means, manifest, file, *parts_.scratch, stop_); !filled) return filled;
    // A dump that was made outside brings its own note of the schema.
    const std::int64_t schema = manifest.exact ? manifest.schema : 0;
    if (const auto marked = store::mark_schema(parts_.scratch->postgres, schema); !marked) return marked;
    return look(*parts_.scratch);
  }

  Status look(const Database& database) {
    const auto restored = open_database(database);
    if (!restored) return restored.error();
    if (const auto migrated = (*restored)->migrate(); !migrated) return migrated;
    const auto snapshot = snapshot_of(database);
    if (!snapshot) return snapshot.error();
    const Census& expected = generation_.manifest.census;
    const auto opener = TrialOpener::make(**restored, parts_.means.token, parts_.means.collections, expected,
                                          parts_.means.drill_records);
    if (!opener) return opener.error();
    const auto looked = compare(**snapshot, **opener, expected);
    outcome.result.opened = (*opener)->opened();
    outcome.result.keys_opened = (*opener)->keys_opened();
    return looked;
  }

  Status compare(store::Snapshot& snapshot, TrialOpener& opener, const Census& expected) {
    if (const auto keys = opener.open_keys(snapshot); !keys) return keys;
    const auto census = take_census(snapshot, stop_, [&](const store::Record& record, std::uint64_t before) {
      progress_.at(++outcome.result.records, expected.total());
      return opener.look(record, before);
    });
    if (!census) return census.error();
    if (!generation_.manifest.exact) return keep(snapshot, *std::move(census));
    return judge(*census, expected);
  }

  Status keep(store::Snapshot& snapshot, Census census) {
    const auto schema = snapshot.schema();
    if (!schema) return schema.error();
    outcome.schema = *schema;
    outcome.census = std::move(census);
    return {};
  }

  static Status judge(const Census& found, const Census& expected) {
    if (found.records != expected.records) {
      return Error{Code::corrupt, "the restored store has other numbers of records than the manifest says"};
    }
    if (found.digest != expected.digest) {
      return Error{Code::corrupt, "the restored store has other records than the manifest says"};
    }
    for (const auto& [name, versions] : expected.keys) {
      const auto key = found.keys.find(name);
      if (key != found.keys.end() && key->second == versions) continue;
      return Error{Code::corrupt, "the restored store has other keys than the manifest says"};
    }
    return {};
  }

  const BackupParts& parts_;
  const Generation& generation_;
  BackupProgress& progress_;
  const std::stop_token& stop_;
};

}  // namespace

Result<std::string> fetch_checked(const BackupParts& parts, const Generation& generation, const Staging& staging,
                                  const std::stop_token& stop) {
  const Manifest& manifest = generation.manifest;
  if (generation.place != Place::outside) {
    if (const auto sound = check_manifest(parts, generation); !sound) return sound.error();
  }
  std::string copy = staging.path(manifest.file);
  const std::string original =
      generation.place == Place::outside ? generation.where : folder_of(parts, generation) + '/' + manifest.file;
  const auto fetched = generation.place == Place::command ? parts.target.fetch(manifest.id, manifest.file, copy, stop)
                                                          : copy_file(original, copy);
  if (!fetched) return fetched.error();
  const auto measured = measure(copy);
  if (!measured) return measured.error();
  if (measured->bytes != manifest.bytes || measured->sha256 != manifest.sha256) {
    return Error{Code::corrupt, "the backup's file is not the one that was made: another size or SHA-256"};
  }
  return copy;
}

Status fill_database(const RestoreMeans& means, const Manifest& manifest, const std::string& file,
                     const Database& target, const std::stop_token& stop) {
  if (manifest.store != target.kind) return Error{Code::invalid, "the backup is of another kind of store"};
  if (target.kind == "sqlite") return copy_file(file, target.path);
  if (manifest.method != "pg_dump") return Error{Code::invalid, "a copy of a whole cluster is restored by hand"};
  PgPrograms programs = means.programs;
  programs.private_folder = std::filesystem::path(file).parent_path().string();
  const auto restored = restore_dump(programs, target.postgres, file, stop, means.on_complaint);
  // A dump that pg_restore refuses, while it and the database are there, is a bad dump.
  if (!restored && restored.error().code == Code::unavailable && !stop.stop_requested()) {
    const auto there = store::postgres_is_empty(target.postgres);
    if (there) return Error{Code::corrupt, "pg_restore does not accept the backup: the operational log has its words"};
  }
  return restored;
}

Result<DrillOutcome> drill_generation(const BackupParts& parts, const Generation& generation, BackupProgress& progress,
                                      const std::stop_token& stop) {
  const auto staging = Staging::make(parts.folder, ".drill-", generation.manifest.id);
  if (!staging) return staging.error();
  Drill drill(parts, generation, progress, stop);
  const auto status = drill.run(*staging);
  if (!status && of_the_means(status.error())) return status.error();
  DrillResult& result = drill.outcome.result;
  result.passed = static_cast<bool>(status);
  result.time_us = parts.means.clock();
  if (!status) result.problem = std::string(status.error().what.view());
  return std::move(drill.outcome);
}

}  // namespace sluis::gateway
