#include "gateway/backups/maker.h"

#include <unistd.h>

#include <boost/json.hpp>

#include "gateway/backups/census.h"
#include "gateway/backups/files.h"
#include "gateway/backups/signature.h"

namespace sluis::gateway {
namespace {

class Maker {
 public:
  Maker(const BackupParts& parts, Staging staging, Manifest manifest, BackupProgress& progress,
        const std::stop_token& stop)
      : parts_(parts), staging_(std::move(staging)), manifest_(std::move(manifest)), progress_(progress), stop_(stop) {}

  Result<Manifest> make() {
    if (const auto noted = note_log(); !noted) return noted.error();
    const auto copied = parts_.source.kind == "sqlite" ? copy_sqlite() : copy_postgres();
    if (!copied) return copied.error();
    const auto measured = measure(staging_.path(manifest_.file));
    if (!measured) return measured.error();
    manifest_.bytes = measured->bytes;
    manifest_.sha256 = measured->sha256;
    if (const auto signed_ = write_manifest(); !signed_) return signed_.error();
    if (const auto sent = send(); !sent) return sent.error();
    if (const auto published = staging_.publish(manifest_.id); !published) return published.error();
    return std::move(manifest_);
  }

 private:
  // Before the copy: what is logged from here on may be missing in it.
  Status note_log() {
    if (const auto written = parts_.log.checkpoint(); !written) return written.error();
    const auto stats = parts_.log.stats();
    manifest_.log = {parts_.origin, stats.checkpoint_size, stats.root};
    return {};
  }

  Status count(store::Snapshot& snapshot) {
    const auto schema = snapshot.schema();
    if (!schema) return schema.error();
    manifest_.schema = *schema;
    std::uint64_t records = 0;
    auto census = take_census(snapshot, stop_, [&](const store::Record&, std::uint64_t) -> Status {
      progress_.at(++records, 0);
      return {};
    });
    if (!census) return census.error();
    manifest_.census = *std::move(census);
    return {};
  }

  Status copy_sqlite() {
    manifest_.method = "sqlite";
    manifest_.file = "store.db";
    const std::string copy = staging_.path(manifest_.file);
    const auto copied = store::copy_sqlite(parts_.source.path, copy, [this](std::uint64_t done, std::uint64_t total) {
      progress_.at(done, total);
      return !stop_.stop_requested();
    });
    if (!copied) return copied;
    // The copy itself is counted, so what is counted is what is kept.
    {
      const auto snapshot = store::snapshot_sqlite(copy);
      if (!snapshot) return snapshot.error();
      if (const auto counted = count(**snapshot); !counted) return counted;
    }
    for (const char* const end : {"-wal", "-shm"}) unlink((copy + end).c_str());
    return sync();
  }

  Status copy_postgres() {
    const bool dumped = parts_.method == "pg_dump";
    manifest_.method = parts_.method;
    manifest_.file = dumped ? "store.dump" : "base.tar";
    manifest_.exact = dumped;  // a copy of the cluster is of a later moment than any transaction
    const auto snapshot = store::snapshot_postgres(parts_.source.postgres);
    if (!snapshot) return snapshot.error();
    {
      const auto file = make_file(staging_.path(manifest_.file));
      if (!file) return file.error();
      const auto& options = parts_.source.postgres;
      PgPrograms programs = parts_.means.programs;
      programs.private_folder = staging_.path("");
      const auto copied =
          dumped ? dump(programs, options, (*snapshot)->exported(), file->fd(), stop_, parts_.means.on_complaint)
                 : base_backup(programs, options, file->fd(), stop_, parts_.means.on_complaint);
      if (!copied) return copied;
      if (const auto synced = sync_file(*file); !synced) return synced;
    }
    return count(**snapshot);
  }

  Status sync() {
    const auto file = open_file(staging_.path(manifest_.file));
    return file ? sync_file(*file) : Status(file.error());
  }

  Status write_manifest() {
    const std::string text = boost::json::serialize(to_json(manifest_)) + '\n';
    const auto note = sign_manifest(manifest_, text, parts_.signer);
    if (!note) return note.error();
    if (const auto written = write_file(staging_.path(kManifestName), text); !written) return written;
    return write_file(staging_.path(kNoteName), *note);
  }

  // The data leave the folder, the manifest stays: it is what tells a file that comes back from another.
  Status send() {
    if (!parts_.target.given()) return {};
    for (const std::string_view name : {std::string_view(manifest_.file), kManifestName, kNoteName}) {
      const auto sent = parts_.target.store(manifest_.id, name, staging_.path(name), stop_);
      if (!sent) return sent;
    }
    unlink(staging_.path(manifest_.file).c_str());
    return {};
  }

  const BackupParts& parts_;
  Staging staging_;
  Manifest manifest_;
  BackupProgress& progress_;
  const std::stop_token& stop_;
};

}  // namespace

Result<Manifest> make_generation(const BackupParts& parts, const std::string& id, std::uint64_t time_us,
                                 BackupProgress& progress, const std::stop_token& stop) {
  auto staging = Staging::make(parts.folder, ".part-", id);
  if (!staging) return staging.error();
  Manifest manifest;
  manifest.id = id;
  manifest.created_us = time_us;
  manifest.store = parts.source.kind;
  manifest.gateway = parts.gateway;
  return Maker(parts, *std::move(staging), std::move(manifest), progress, stop).make();
}

}  // namespace sluis::gateway
