#include "gateway/backups/worker.h"

#include "gateway/backups/drill.h"
#include "gateway/backups/files.h"
#include "gateway/backups/maker.h"
#include "gateway/backups/retention.h"

namespace sluis::gateway {
namespace {

using State = Generation::State;
using Place = Generation::Place;

std::string words(const Error& error) {
  return std::string(error.what.view());
}

std::string described(const Manifest& manifest) {
  return "generation " + manifest.id + ", " + std::to_string(manifest.census.total()) + " records, digest " +
         to_hex(manifest.census.digest) + ", file " + to_hex(manifest.sha256);
}

}  // namespace

void BackupWorker::tell(std::string_view action, const std::string& who, audit::Outcome outcome, std::uint64_t count,
                        std::string detail) {
  audit::Event event;
  event.principal = who;
  event.action = action;
  event.outcome = outcome;
  event.count = count;
  event.payload.detail = std::move(detail);
  parts_.admin_events.add(std::move(event));
  static_cast<void>(parts_.admin_events.drain(parts_.log));  // kept for later while the log is halted
}

Status BackupWorker::tidy() {
  remove_leftovers(parts_.folder);
  auto all = generations_.list();
  if (!all) return all.error();
  for (Generation& each : *all) {
    if (each.state != State::making) continue;
    each.state = State::failed;
    each.problem = "interrupted";
    if (const auto put = generations_.put(each); !put) return put;
    tell("backups.create", "sluis", audit::Outcome::failed, 0, "generation " + each.manifest.id + ": interrupted");
  }
  return {};
}

Result<Generation> BackupWorker::begin(const std::string& trigger) {
  Generation out;
  out.manifest.created_us = parts_.means.clock();
  auto id = new_generation_id(out.manifest.created_us);
  if (!id) return id.error();
  out.manifest.id = *std::move(id);
  out.manifest.store = parts_.source.kind;
  out.manifest.gateway = parts_.gateway;
  out.place = parts_.target.given() ? Place::command : Place::folder;
  out.trigger = trigger;
  if (const auto put = generations_.put(out); !put) return put.error();
  return out;
}

Status BackupWorker::make(Generation& generation, BackupProgress& progress, const std::stop_token& stop) {
  auto made = make_generation(parts_, generation.manifest.id, generation.manifest.created_us, progress, stop);
  generation.state = made ? State::made : State::failed;
  if (made) generation.manifest = *made;
  if (!made) generation.problem = words(made.error());
  const auto put = generations_.put(generation);
  // A generation that no document knows is none.
  if (!put) static_cast<void>(remove_files(generation, stop));
  const bool good = made && put;
  tell("backups.create", generation.trigger == "schedule" ? "sluis" : generation.trigger,
       good ? audit::Outcome::ok : audit::Outcome::failed, generation.manifest.census.total(),
       good ? described(generation.manifest)
            : "generation " + generation.manifest.id + ": " + words(made ? put.error() : made.error()));
  if (!made) return made.error();
  return put;
}

Status BackupWorker::drill(Generation& generation, const std::string& who, BackupProgress& progress,
                           const std::stop_token& stop) {
  const std::string about = "generation " + generation.manifest.id + ": ";
  if (generation.state != State::made) return Error{Code::conflict, "the generation is not there to be restored"};
  const auto drilled = drill_generation(parts_, generation, progress, stop);
  if (!drilled) {
    tell("backups.drill", who, audit::Outcome::failed, 0, about + "not held: " + words(drilled.error()));
    return drilled.error();
  }
  generation.drill = drilled->result;
  if (drilled->census && drilled->result.passed) {
    generation.manifest.census = *drilled->census;
    generation.manifest.schema = drilled->schema;
    generation.manifest.exact = true;
  }
  const auto put = generations_.put(generation);
  const DrillResult& result = drilled->result;
  tell("backups.drill", who, result.passed ? audit::Outcome::ok : audit::Outcome::failed, result.opened,
       about + (result.passed
                    ? "passed, " + std::to_string(result.records) + " records, " + std::to_string(result.opened) +
                          " opened, digest " + to_hex(generation.manifest.census.digest)
                    : "failed: " + result.problem));
  if (!put) return put;
  return result.passed ? Status() : Error{Code::corrupt, "the drill was not passed"};
}

Status BackupWorker::remove_files(const Generation& generation, const std::stop_token& stop) const {
  if (generation.place == Place::outside) return {};
  if (generation.place == Place::command) {
    // The note first: without it the rest is no generation.
    for (const std::string_view name : {kNoteName, kManifestName, std::string_view(generation.manifest.file)}) {
      if (const auto gone = parts_.target.expire(generation.manifest.id, name, stop); !gone) return gone;
    }
  }
  return remove_generation(parts_.folder, generation.manifest.id);
}

Status BackupWorker::expire(Generation& generation, const std::string& who, const std::stop_token& stop) {
  const std::string about = "generation " + generation.manifest.id;
  if (const auto gone = remove_files(generation, stop); !gone) {
    tell("backups.expire", who, audit::Outcome::failed, 0, about + ": " + words(gone.error()));
    return gone;
  }
  generation.state = State::expired;
  generation.expired_us = parts_.means.clock();
  const auto put = generations_.put(generation);
  tell("backups.expire", who, put ? audit::Outcome::ok : audit::Outcome::failed, 1, about);
  return put;
}

Status BackupWorker::expire_due(const std::stop_token& stop) {
  auto all = generations_.list();
  if (!all) return all.error();
  Status out;
  for (const std::size_t index : to_expire(*all, keep_)) {
    const auto expired = expire((*all)[index], "sluis", stop);
    if (!expired) out = expired;
  }
  return out;
}

}  // namespace sluis::gateway
