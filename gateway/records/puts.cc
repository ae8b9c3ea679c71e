// PUT: calls that come together are parsed and sealed one by one, stored together, and answered one by one.
#include <deque>
#include <utility>

#include "gateway/records/precondition.h"
#include "gateway/records/sealer.h"
#include "gateway/records/service.h"
#include "gateway/records/writer.h"
#include "gateway/records/written.h"

namespace sluis::gateway {
namespace {

using Form = DocumentReader::Form;

// The subject of a write: known without opening anything.
std::string subject_in(const Collection& collection, const std::vector<JsonValue>& values) {
  const std::size_t position = collection.subject();
  if (position == Collection::kNone || values[position].text.empty()) return {};
  const auto text = comparable(collection.field(position), values[position]);
  return text ? subject_text(text->expose_text()) : std::string();
}

// One call of the group. Neither copied nor moved.
class PutCall {
 public:
  PutCall(const RecordParts& parts, GroupedCall& grouped) : parts_(parts), grouped_(grouped) {}
  PutCall(const PutCall&) = delete;
  PutCall& operator=(const PutCall&) = delete;

  void prepare(std::shared_ptr<const Collection> target) {
    grouped_.alone([&] { grouped_.outcome = refusal_of(std::move(target)); });
  }
  std::optional<store::Put> next() {
    std::optional<store::Put> put;
    grouped_.alone([&] { put = write_->next(parts_.store); });
    return put;
  }
  void judge(const Status& put) {
    if (!put && put.error().code == Code::busy && seal_again()) return;
    write_->judge(put);
  }
  void answer() {
    grouped_.alone([&] { grouped_.outcome = outcome(); });
  }

 private:
  std::optional<Outcome> refusal_of(std::shared_ptr<const Collection> target);
  std::optional<Outcome> seal();
  std::optional<Outcome> seal_as(std::uint64_t revision);
  bool seal_again();
  Outcome outcome();

  const RecordParts& parts_;
  GroupedCall& grouped_;
  std::shared_ptr<const Collection> target_;
  Precondition precondition_;
  std::optional<DocumentReader> document_;
  store::Record record_;
  std::optional<RecordWrite> write_;  // there unless the call is settled
  bool sealed_again_ = false;
};

std::optional<Outcome> PutCall::refusal_of(std::shared_ptr<const Collection> target) {
  const Call& call = grouped_.call;
  target_ = std::move(target);
  if (!target_) return unknown_collection();
  if (!valid_record_id(call.param("id"))) return malformed_id();
  const auto precondition = write_precondition(call);
  if (!precondition) return refuse(precondition.error());
  precondition_ = *precondition;
  document_.emplace(*target_);
  if (const auto fault = document_->read(call.body.expose_text(), Form::record)) return refuse(*fault);
  return seal();
}

std::optional<Outcome> PutCall::seal() {
  if (auto refused = seal_as(grouped_.call.now_us)) return refused;
  write_.emplace(record_, precondition_, grouped_.call.now_us);
  return std::nullopt;
}

std::optional<Outcome> PutCall::seal_as(std::uint64_t revision) {
  const auto keys = parts_.keyring.open_or_make(target_->key_name());
  if (!keys) return refuse(keys.error());
  record_ = {};
  Sealer sealer(target_, (*keys)->sealing());
  const auto fault = sealer.seal(grouped_.call.param("id"), revision, document_->values(), record_);
  if (!fault) return refuse(fault.error());
  if (*fault) return refuse(**fault);
  return std::nullopt;
}

// A key that another gateway has taken out of use: once is enough. True if the put is to be tried again.
bool PutCall::seal_again() {
  if (std::exchange(sealed_again_, true)) return false;
  bool again = false;
  grouped_.alone([&] {
    if (!parts_.keyring.superseded(target_->key_name(), record_.key_version)) return;
    grouped_.outcome = seal_as(record_.revision);
    again = !grouped_.outcome;
  });
  return again;
}

Outcome PutCall::outcome() {
  const Result<Written>& result = write_->result().value();
  if (!result) return refuse_write(result.error(), precondition_);
  const Caller caller = Caller::of(grouped_.call, "records.put", target_);
  audit::Event event = written_event(caller, record_, document_->values());
  event.payload.subject = subject_in(*target_, document_->values());
  return written(std::move(event), parts_.admin_events, *result == Written::created ? 201 : 204, record_.revision);
}

// A round trip for all that are not done; most are done after the first.
bool store_next(store::Store& store, std::deque<PutCall>& calls) {
  std::vector<PutCall*> waiting;
  std::vector<store::Put> puts;
  for (PutCall& call : calls) {
    const auto put = call.next();
    if (!put) continue;
    puts.push_back(*put);
    waiting.push_back(&call);
  }
  if (puts.empty()) return false;
  const std::vector<Status> stored = store.put_many(puts);
  for (std::size_t i = 0; i < puts.size(); ++i) waiting[i]->judge(stored[i]);
  return true;
}

}  // namespace

void RecordService::put(std::span<GroupedCall> grouped) {
  std::deque<PutCall> calls;
  for (GroupedCall& one : grouped) {
    calls.emplace_back(parts_, one).prepare(collection(one.call.param("collection")));
  }
  while (store_next(parts_.store, calls)) {
  }
  for (PutCall& call : calls) call.answer();
}

}  // namespace sluis::gateway
