#include "gateway/records/written.h"

#include <utility>

#include "gateway/records/sealer.h"

namespace sluis::gateway {

Outcome refuse_write(const Error& error, const Precondition& precondition) {
  if (error.code == Code::conflict && precondition.kind != Precondition::Kind::none) {
    return refuse(412, "precondition failed", "the record does not have the revision asked for");
  }
  return refuse(error);
}

audit::Event written_event(const Caller& caller, const store::Record& record, const std::vector<JsonValue>& values) {
  audit::Event event = caller.event();
  event.key_version = record.key_version;
  event.payload.record = record.id;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].text.empty()) event.payload.fields.push_back(caller.collection->field(i).name);
  }
  event.payload.written.push_back({record.id, record.revision, digest_of(record)});
  return event;
}

Outcome written(audit::Event event, AdminEvents& admin_events, unsigned status, std::uint64_t revision) {
  Outcome outcome;
  outcome.reply.status = status;
  outcome.reply.headers.emplace_back("ETag", etag_of(revision));
  outcome.events = admin_events.take();
  outcome.events.push_back(std::move(event));
  outcome.hold = Hold::write;
  return outcome;
}

}  // namespace sluis::gateway
