// What the daemon does about approvals: the policy it may run with, and the ledger it keeps an eye on.
#include "gateway/daemon/daemon.h"
#include "gateway/daemon/replay.h"
#include "gateway/destruction/routes.h"
#include "gateway/transit/api/routes.h"

namespace sluis::gateway {

namespace {

using approvals::Keep;
using approvals::PolicyRule;

PolicyRule rule_of(const Config& config) {
  return config.free_policy ? PolicyRule::free : PolicyRule::approved;
}

// What an operator can do who finds his gateway refusing to start.
Reasons unapproved(const Loaded& next, const Error& why, const std::string& approved) {
  const std::string& file = next.config.policy_file;
  return {
      file + ": " + std::string(why.what.view()) + " (digest " + next.policy->digest() + ", approved is " + approved +
          ")",
      file +
          ": put the approved one back with `sluisd --print-approved-policy`, or have this one approved: `sluis policy "
          "propose` by one security officer, `sluis approvals approve` by another, then start or reload again",
  };
}

}  // namespace

std::string Daemon::text_of(const Loaded& loaded) const {
  // The option as it is in force, not as the file has it.
  const char* const changes = parts_.config.free_policy ? "free" : "approved";
  return loaded.text() + ", policy changes " + changes + "; " + parts_.ledger->mark();
}

Reasons Daemon::settle_policy(const Loaded& next, const policy::Policy* now_in_force) {
  const auto now = unix_microseconds();
  const auto approved = parts_.policy_changes->approved();
  // At start, what was approved last says whether those who approved the next one still may.
  std::shared_ptr<const policy::Policy> last;
  if (now_in_force == nullptr && approved && !approved->text.empty()) {
    last = policy::load_text(approved->text, "the approved policy").policy;
    now_in_force = last.get();
  }
  auto events = parts_.policy_changes->settle(approvals::policy_text(next.config.policy_file, next.policy->digest()),
                                              *next.policy, now_in_force, rule_of(parts_.config), now);
  if (events) {
    for (auto& event : *events) parts_.admin_events.add(std::move(event));
    return {};
  }
  if (events.error().code != Code::denied) return {"policy: " + std::string(events.error().what.view())};
  return unapproved(next, events.error(), approved ? approved->digest : "unknown");
}

// So that a row that is removed behind Sluis' back is missed.
void Daemon::note_backups() {
  constexpr std::chrono::seconds kEvery{60};
  const auto time = std::chrono::steady_clock::now();
  if (backups_noted_ && time - *backups_noted_ < kEvery) return;
  backups_noted_ = time;
  const auto noted = destruction::note_backups(*parts_.documents, *parts_.ledger);
  const bool bad = !noted && noted.error().code == Code::corrupt;
  readiness_->warn("backup rows", bad ? std::string(noted.error().what.view()) : "");
}

// Warnings, not problems: who can edit the store's rows shall not thereby take the gateway away from its users.
void Daemon::watch_approvals() {
  const auto mended = parts_.ledger->mend();
  if (!mended) {
    const bool known = mended.error().code == Code::unavailable || mended.error().code == Code::busy;
    if (!known) readiness_->warn("approvals", std::string(mended.error().what.view()) + ": nothing can be approved");
    return;
  }
  if (*mended == approvals::Ledger::Found::replaced) {
    audit::Event event;
    event.principal = "sluis";
    event.action = "approvals.mend";
    event.outcome = audit::Outcome::failed;
    event.payload.detail =
        "the ledger was put back or removed outside Sluis; open requests lapse; " + parts_.ledger->mark();
    parts_.admin_events.add(std::move(event));
    parts_.oplog->write(LogLevel::error, "the ledger of approvals was put back or removed outside Sluis");
    readiness_->warn("approvals", "the ledger of approvals was put back or removed outside Sluis");
  }
  note_backups();
  const auto state = parts_.ledger->read();
  const std::lock_guard lock(loaded_mutex_);
  const bool other = state && !state->policy.empty() && state->policy != loaded_.policy->digest();
  readiness_->warn("policy",
                   other ? "another policy was approved after the one in force here: install it and reload" : "");
}

approvals::Guards Daemon::guards() const {
  approvals::Guards out{*parts_.approvals, {}, {}};
  const auto rehearse = [this](Call& call) { return parts_.rollovers->service().rehearse(call); };
  out.actions.push_back({"rollovers.start", Keep::body, rehearse});
  out.actions.push_back(destruction::guarded_destruction(*parts_.destroyer));
  if (!parts_.transit) return out;
  out.compatible_mounts = {"/v1/" + parts_.config.transit.mount + "/"};
  for (auto& action : transit::guarded_actions(parts_.transit)) out.actions.push_back(std::move(action));
  return out;
}

Result<std::string> approved_policy(Parts& parts) {
  approvals::Ledger ledger(*parts.documents);
  auto approved = approvals::PolicyChanges::approved(*parts.documents, ledger);
  if (!approved) return approved.error();
  if (approved->text.empty()) return Error{Code::not_found, "the approved policy was too long to be kept"};
  return std::move(approved->text);
}

}  // namespace sluis::gateway
