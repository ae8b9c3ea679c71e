// POST /{id}:attest: claims about a record, answered without releasing a value.
#include <algorithm>
#include <utility>

#include "gateway/records/claims.h"
#include "gateway/records/release.h"
#include "gateway/records/request.h"
#include "gateway/records/service.h"

namespace sluis::gateway {
namespace {

// The fields that claims are about, ascending and once each.
std::vector<std::size_t> positions_of(const std::vector<Claim>& claims) {
  std::vector<std::size_t> positions;
  for (const Claim& claim : claims) positions.push_back(claim.position);
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

Result<bool> satisfies(const Collection& collection, OpenedRecord& opened, const std::vector<Claim>& claims) {
  bool all = true;
  for (const Claim& claim : claims) {
    SecretBuffer text;
    const auto found = opened.append(claim.position, text);
    if (!found) return found.error();
    all = satisfied(claim, collection.field(claim.position), text.expose_text()) && all;
  }
  return all;
}

Outcome attest_record(const Caller& caller, Release& release, const store::Record& record,
                      const std::vector<Claim>& claims) {
  const auto key = release.key_of(record);
  if (!key) return refuse_key(key.error(), caller);
  audit::Event event = release.event_of(record, names_of(*caller.collection, positions_of(claims)));
  OpenedRecord opened(*caller.collection, record);
  const Status started = opened.start(**key);
  const auto answer = started ? satisfies(*caller.collection, opened, claims) : Result<bool>(started.error());
  if (!answer) return refuse_logged(problem(500, "failed"), std::move(event), audit::Outcome::failed, "corrupt");
  event.payload.subject = release.subject_of(opened);
  std::vector<audit::Event> events;
  events.push_back(std::move(event));
  return plaintext_reply(SecretBuffer(*answer ? "{\"satisfied\":true}" : "{\"satisfied\":false}"), std::move(events));
}

}  // namespace

Outcome RecordService::attest(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  if (!valid_record_id(call.param("id"))) return malformed_id();
  Request request = Request::read(call.body.expose_text(), {"claims"}, Request::Empty::refused);
  const JsonValue* const text = request.find("claims");
  if (text == nullptr) request.refuse("an object of claims is expected", "claims");
  if (request.fault()) return refuse(*request.fault());
  const Claims claims = read_claims(*target, text->text);
  if (claims.fault) return refuse(*claims.fault);
  const Caller caller = Caller::of(call, "records.attest", target);
  const auto positions = positions_of(claims.all_of);
  const Selection selection = select_fields(*target, call.decision.fields, names_of(*target, positions));
  if (auto refusal = refusal_of(selection, caller)) return std::move(*refusal);

  const auto record = parts_.store.get(target->name(), call.param("id"));
  if (!record) return record.error().code == Code::not_found ? unknown_record() : refuse(record.error());
  Release release(caller, parts_.keyring, {});
  if (const Status ready = release.prepare(); !ready) return refuse_key(ready.error(), caller);
  const auto budget = take_budget(parts_.budgets, caller, 1, call.now_us);
  if (!budget.allowed) {
    audit::Payload about;
    about.record = call.param("id");
    return over_budget(caller, budget, 1, std::move(about));
  }
  return attest_record(caller, release, *record, claims.all_of);
}

}  // namespace sluis::gateway
