// POST keys/:key/config, rotate, trim, soft-delete-restore; DELETE keys/:key and keys/:key/soft-delete
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/key_info.h"

namespace sluis::gateway::transit {
namespace {

// The change, as the key's information; a change that was none has no entry.
Outcome changed(const Call& call, const Params& params, Result<TransitKeys::Change> change) {
  if (!change)
    return refuse_unless_found(change.error(),
                               "no existing key named " + std::string(call.param("key")) + " could be found");
  auto data = key_info(*change->key, {});
  if (!data) return refuse(data.error());
  Answer answer{*std::move(data), {}, params.warnings()};
  for (auto& warning : change->warnings) answer.warnings.push_back(std::move(warning));
  Outcome outcome = answered(call, std::move(answer));
  hold_for(std::move(change->event), outcome);
  return outcome;
}

// 204
Outcome done(Result<TransitKeys::Change> change) {
  if (!change) return refuse_unless_found(change.error(), "encryption key not found");
  Outcome outcome{no_content(), {}, Hold::nothing};
  hold_for(std::move(change->event), outcome);
  return outcome;
}

Outcome previewed(const Call& call, const Params& params, const Result<Preview>& preview) {
  if (!preview) return refuse_unless_found(preview.error(), "encryption key not found");
  Answer answer;
  JsonPen pen(answer.data);
  const auto list = [&](std::string_view name, const std::vector<std::string>& sentences) {
    pen.name(name).open_array();
    for (const std::string& sentence : sentences) pen.text(sentence);
    pen.close_array();
  };
  pen.open_object().name("dry_run").flag(true);
  list("effects", preview->effects);
  list("breakage", preview->breakage);
  pen.close_object();
  answer.warnings = params.warnings();
  return answered(call, std::move(answer));
}

}  // namespace

Outcome configure_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "min_decryption_version", "min_encryption_version", "deletion_allowed", "exportable",
                       "allow_plaintext_backup", "auto_rotate_period", "purpose_required", "case_required"});
  ConfigChange change;
  change.min_decryption_version = params.maybe_integer("min_decryption_version");
  change.min_encryption_version = params.maybe_integer("min_encryption_version");
  change.deletion_allowed = params.maybe_flag("deletion_allowed");
  change.exportable = params.maybe_flag("exportable");
  change.allow_plaintext_backup = params.maybe_flag("allow_plaintext_backup");
  change.purpose_required = params.maybe_flag("purpose_required");
  change.case_required = params.maybe_flag("case_required");
  change.auto_rotate_period_s = params.maybe_seconds("auto_rotate_period");
  if (params.refusal()) return refuse(*params.refusal());
  return changed(call, params, parts.keys.configure(call.param("key"), change));
}

Outcome rotate_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "dry_run"});
  const bool dry = params.flag("dry_run");
  if (params.refusal()) return refuse(*params.refusal());
  if (dry) return previewed(call, params, parts.keys.preview_rotate(call.param("key")));
  return changed(call, params, parts.keys.rotate(call.param("key")));
}

Outcome trim_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "min_available_version", "dry_run"});
  const auto version = params.maybe_integer("min_available_version");
  const bool dry = params.flag("dry_run");
  if (!version) params.refuse({400, "missing min_available_version"});
  if (params.refusal()) return refuse(*params.refusal());
  if (dry) return previewed(call, params, parts.keys.preview_trim(call.param("key"), *version));
  return changed(call, params, parts.keys.trim(call.param("key"), *version));
}

Outcome delete_key(const Parts& parts, Call& call) {
  auto change = parts.keys.remove(call.param("key"));
  if (change) return done(std::move(change));
  if (change.error().code != Code::conflict && change.error().code != Code::not_found) return refuse(change.error());
  const bool missing = change.error().code == Code::not_found;
  return refuse({400, "error deleting policy " + std::string(call.param("key")) + ": " +
                          (missing ? "could not delete key; not found" : "deletion is not allowed for this key")});
}

Outcome soft_delete_key(const Parts& parts, Call& call) {
  return done(parts.keys.soft_delete(call.param("key")));
}

Outcome soft_restore_key(const Parts& parts, Call& call) {
  return done(parts.keys.soft_restore(call.param("key")));
}

}  // namespace sluis::gateway::transit
