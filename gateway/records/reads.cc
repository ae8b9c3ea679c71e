// GET and HEAD of one record, :read of many.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "gateway/records/listing.h"
#include "gateway/records/precondition.h"
#include "gateway/records/request.h"
#include "gateway/records/service.h"

namespace sluis::gateway {
namespace {

constexpr std::size_t kMaxIds = 1000;

// "a,b" of the query; nullopt if the parameter is absent.
std::optional<std::vector<std::string>> fields_asked(const Call& call) {
  const auto text = call.query_value("fields");
  if (!text) return std::nullopt;
  std::vector<std::string> names;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

std::vector<std::string> not_among(const std::vector<std::string>& ids, const std::vector<store::Record>& records) {
  std::unordered_set<std::string_view> found;
  for (const store::Record& record : records) found.insert(record.id);
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    if (found.find(id) == found.end()) missing.push_back(id);
  }
  return missing;
}

void drop_repeats(std::vector<std::string>& ids) {
  std::unordered_set<std::string> seen;
  std::erase_if(ids, [&](const std::string& id) { return !seen.insert(id).second; });
}

}  // namespace

Outcome RecordService::get(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  if (!valid_record_id(call.param("id"))) return malformed_id();
  const Caller caller = Caller::of(call, "records.read", target);
  Selection selection = select_fields(*target, call.decision.fields, fields_asked(call));
  if (auto refusal = refusal_of(selection, caller)) return std::move(*refusal);

  const auto record = parts_.store.get(target->name(), call.param("id"));
  if (!record) return record.error().code == Code::not_found ? unknown_record() : refuse(record.error());
  if (not_modified(call, record->revision)) {
    Outcome unchanged = refuse(304, "not modified");
    unchanged.reply.body.clear();
    unchanged.reply.headers.emplace_back("ETag", etag_of(record->revision));
    return unchanged;
  }
  Release release(caller, parts_.keyring, std::move(selection.positions));
  if (const Status ready = release.prepare(); !ready) return refuse_key(ready.error(), caller);
  const auto budget = take_budget(parts_.budgets, caller, 1, call.now_us);
  if (!budget.allowed) {
    audit::Payload about;
    about.record = call.param("id");
    return over_budget(caller, budget, 1, std::move(about));
  }

  std::vector<audit::Event> events;
  SecretBuffer body;
  body.reserve(record->envelope.size() + record->open_fields.size());
  const auto opened = release.open(*record, {}, body, events);
  if (!opened) return refuse(opened.error());
  if (*opened == Release::Opened::failed) return {problem(500, "failed"), std::move(events), Hold::write};
  Outcome outcome = plaintext_reply(std::move(body), std::move(events));
  outcome.reply.headers.emplace_back("ETag", etag_of(record->revision));
  return outcome;
}

Outcome RecordService::head(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  if (!valid_record_id(call.param("id"))) return malformed_id();
  const auto record = parts_.store.get(target->name(), call.param("id"));
  if (!record) return record.error().code == Code::not_found ? unknown_record() : refuse(record.error());
  Outcome outcome;
  outcome.reply.headers.emplace_back("ETag", etag_of(record->revision));
  return outcome;
}

Outcome RecordService::read(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  Request request = Request::read(call.body.expose_text(), {"ids", "fields"}, Request::Empty::refused);
  auto ids = request.strings("ids", kMaxIds);
  const auto fields = request.strings("fields", kEnvelopeMaxFields);
  if (!ids) request.refuse("a list of ids is expected", "ids");
  if (request.fault()) return refuse(*request.fault());
  if (!std::all_of(ids->begin(), ids->end(), valid_record_id)) return malformed_id();
  drop_repeats(*ids);
  const Caller caller = Caller::of(call, "records.read", target);
  Selection selection = select_fields(*target, call.decision.fields, fields);
  if (auto refusal = refusal_of(selection, caller)) return std::move(*refusal);

  const auto records = parts_.store.read(target->name(), *ids);
  if (!records) return refuse(records.error());
  Release release(caller, parts_.keyring, std::move(selection.positions));
  if (!records->empty()) {
    if (const Status ready = release.prepare(); !ready) return refuse_key(ready.error(), caller);
    const auto budget = take_budget(parts_.budgets, caller, records->size(), call.now_us);
    if (!budget.allowed) return over_budget(caller, budget, records->size());
  }
  Listing listing;
  for (const store::Record& record : *records) {
    if (const Status added = listing.add(release, record, {}); !added) return listing.give_up(added.error());
  }
  const auto missing = not_among(*ids, *records);
  return listing.finish(&missing, {});
}

}  // namespace sluis::gateway
