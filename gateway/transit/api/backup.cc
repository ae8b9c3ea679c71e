// GET backup/:key; POST restore(/:key)
#include "gateway/transit/api/handlers.h"

namespace sluis::gateway::transit {

Outcome backup_key(const Parts& parts, Call& call) {
  const auto name = call.param("key");
  if (parts.settings.exports == Settings::Export::refused) return exports_refused("transit.backup", name);
  auto backup = parts.keys.backup(name);
  if (!backup) return refuse_unless_found(backup.error(), "encryption key not found");
  Answer answer;
  JsonPen(answer.data).open_object().name("backup").text(backup->text.expose_text()).close_object();
  Outcome outcome = answered(call, std::move(answer));
  hold_for(std::move(backup->change.event), outcome);
  outcome.hold = Hold::plaintext;
  return outcome;
}

std::optional<Outcome> rehearse_backup(const Parts& parts, Call& call) {
  const auto name = call.param("key");
  if (parts.settings.exports == Settings::Export::refused) return exports_refused("transit.backup", name);
  const auto key = parts.keys.open(name);
  if (!key) return refuse_unless_found(key.error(), "encryption key not found");
  if (!(*key)->attributes.exportable) return refuse({400, "exporting is disallowed on the key"});
  if (!(*key)->attributes.allow_plaintext_backup) return refuse({400, "plaintext backup is disallowed on the key"});
  return std::nullopt;
}

std::optional<Outcome> rehearse_restore(const Parts&, Call& call) {
  Params params(call, {"name", "backup", "force"});
  const auto backup = params.text("backup");
  static_cast<void>(params.flag("force"));
  if (params.refusal()) return refuse(*params.refusal());
  if (backup.empty()) return refuse({400, "'backup' must be supplied"});
  return std::nullopt;
}

Outcome restore_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "backup", "force"});
  const auto backup = params.text("backup");
  const bool force = params.flag("force");
  if (params.refusal()) return refuse(*params.refusal());
  if (backup.empty()) return refuse({400, "'backup' must be supplied"});
  auto change = parts.keys.restore(call.param("key"), backup, force ? IfExists::replace : IfExists::refuse);
  if (!change) return refuse(change.error());
  Outcome outcome{no_content(), {}, Hold::nothing};
  hold_for(std::move(change->event), outcome);
  return outcome;
}

}  // namespace sluis::gateway::transit
