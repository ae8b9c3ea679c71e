// PATCH and DELETE of one record.
#include <algorithm>
#include <utility>

#include "gateway/records/merge_patch.h"
#include "gateway/records/precondition.h"
#include "gateway/records/release.h"
#include "gateway/records/service.h"
#include "gateway/records/writer.h"
#include "gateway/records/written.h"

namespace sluis::gateway {
namespace {

using Form = DocumentReader::Form;

constexpr int kPatchAttempts = 8;

// One attempt at a PATCH: what it has opened lives as long as the attempt.
class Patching {
 public:
  Patching(const Caller& caller, const RecordParts& parts) : caller_(caller), parts_(parts) {}

  // The merged record, sealed; nullopt with `refusal` set where it is refused.
  std::optional<store::Record> merge(const store::Record& old, const DocumentReader& patch);
  Outcome& refusal() { return *refusal_; }

 private:
  Status open_and_merge(const store::Record& old, const DocumentReader& patch, Release& release);
  std::optional<store::Record> seal(const store::Record& old);
  MaybeFault check();

  const Caller& caller_;
  const RecordParts& parts_;
  std::vector<SecretBuffer> texts_;
  std::optional<DocumentReader> merged_;
  std::optional<Outcome> refusal_;
};

Status Patching::open_and_merge(const store::Record& old, const DocumentReader& patch, Release& release) {
  const Collection& collection = *caller_.collection;
  const auto key = release.key_of(old);
  if (!key) return key.error();
  OpenedRecord opened(collection, old);
  if (const Status started = opened.start(**key); !started) return started.error();
  merged_.emplace(collection);
  merged_->begin();
  texts_.resize(collection.fields().size());
  for (std::size_t i = 0; i < collection.fields().size(); ++i) {
    const JsonValue& change = patch.values()[i];
    if (!change.text.empty() && change.kind == JsonKind::null) continue;
    SecretBuffer before;
    const auto found = opened.append(i, before);
    if (!found) return found.error();
    if (!*found && change.text.empty()) continue;
    if (change.text.empty()) texts_[i] = std::move(before);
    if (!change.text.empty()) merge_patch(before.expose_text(), change.text, texts_[i]);
    merged_->set(i, as_value(texts_[i].expose_text()));
  }
  return {};
}

MaybeFault Patching::check() {
  std::size_t size = 2;
  for (const SecretBuffer& text : texts_) size += text.size();
  if (size > caller_.collection->schema().max_record_bytes) {
    return Fault{Code::too_large, "record_too_long", "the record is longer than its collection allows", {}};
  }
  return merged_->check(Form::record);
}

std::optional<store::Record> Patching::seal(const store::Record& old) {
  const auto keys = parts_.keyring.open_or_make(caller_.collection->key_name());
  if (!keys) {
    refusal_ = refuse(keys.error());
    return std::nullopt;
  }
  store::Record record;
  Sealer sealer(caller_.collection, (*keys)->sealing());
  const auto fault = sealer.seal(old.id, old.revision, merged_->values(), record);
  if (!fault) refusal_ = refuse(fault.error());
  if (fault && *fault) refusal_ = refuse(**fault);
  if (refusal_) return std::nullopt;
  return record;
}

std::optional<store::Record> Patching::merge(const store::Record& old, const DocumentReader& patch) {
  Release release(caller_, parts_.keyring, {});
  const Status merged = open_and_merge(old, patch, release);
  if (!merged) {
    const Code code = merged.error().code;
    const bool damaged = code == Code::corrupt || code == Code::not_found;
    audit::Event event = release.event_of(old, {});
    refusal_ = damaged ? refuse_logged(problem(500, "failed"), std::move(event), audit::Outcome::failed, "corrupt")
                       : refuse(merged.error());
    return std::nullopt;
  }
  if (const auto fault = check()) {
    refusal_ = refuse(*fault);
    return std::nullopt;
  }
  return seal(old);
}

Outcome patch_once(const Caller& caller, const RecordParts& parts, const store::Record& old,
                   const DocumentReader& patch, std::uint64_t now_us, Status& status) {
  Patching patching(caller, parts);
  auto record = patching.merge(old, patch);
  if (!record) return std::move(patching.refusal());
  record->revision = revision_after(old.revision, now_us);
  status = parts.store.put(*record, {store::Expected::Kind::revision, old.revision});
  const bool busy = !status && status.error().code == Code::busy;
  // A key that another gateway has taken out of use: as if somebody else had been faster.
  if (busy && parts.keyring.superseded(caller.collection->key_name(), record->key_version)) {
    status = Error{Code::conflict, "the key is out of use"};
  }
  if (!status) return refuse(status.error());
  return written(written_event(caller, *record, patch.values()), parts.admin_events, 204, record->revision);
}

}  // namespace

Outcome RecordService::patch(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  if (!valid_record_id(call.param("id"))) return malformed_id();
  const auto precondition = write_precondition(call);
  if (!precondition) return refuse(precondition.error());
  if (precondition->kind == Precondition::Kind::absent) {
    return refuse(Error{Code::invalid, "a record that is absent cannot be patched"});
  }
  DocumentReader document(*target);
  if (const auto fault = document.read(call.body.expose_text(), Form::patch)) return refuse(*fault);

  const Caller caller = Caller::of(call, "records.patch", target);
  for (int attempt = 0; attempt < kPatchAttempts; ++attempt) {
    const auto old = parts_.store.get(target->name(), call.param("id"));
    if (!old && old.error().code == Code::not_found && precondition->kind != Precondition::Kind::none) {
      return refuse_write(Error{Code::conflict, "there is no such record"}, *precondition);
    }
    if (!old) return refuse(old.error());
    if (precondition->kind == Precondition::Kind::revision && precondition->revision != old->revision) {
      return refuse_write(Error{Code::conflict, "the revision has changed"}, *precondition);
    }
    Status status;
    Outcome outcome = patch_once(caller, parts_, *old, document, call.now_us, status);
    if (status || status.error().code != Code::conflict) return outcome;
  }
  return refuse(Error{Code::conflict, "other writers of this record were faster"});
}

Outcome RecordService::remove(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return unknown_collection();
  if (!valid_record_id(call.param("id"))) return malformed_id();
  const auto precondition = write_precondition(call);
  if (!precondition) return refuse(precondition.error());
  if (precondition->kind == Precondition::Kind::absent) {
    return refuse(Error{Code::invalid, "a record that is absent cannot be removed"});
  }
  store::Expected expected;
  if (precondition->kind == Precondition::Kind::revision) {
    expected = {store::Expected::Kind::revision, precondition->revision};
  }
  const Status removed = parts_.store.remove(target->name(), call.param("id"), expected);
  const bool conditional = precondition->kind != Precondition::Kind::none;
  if (!removed && removed.error().code == Code::not_found && conditional) {
    return refuse_write(Error{Code::conflict, "there is no such record"}, *precondition);
  }
  if (!removed) return refuse_write(removed.error(), *precondition);

  audit::Event event = Caller::of(call, "records.delete", target).event();
  event.payload.record = call.param("id");
  event.payload.written.push_back({event.payload.record, call.now_us, Digest{}});
  Outcome outcome;
  outcome.reply.status = 204;
  outcome.events = parts_.admin_events.take();
  outcome.events.push_back(std::move(event));
  outcome.hold = Hold::write;
  return outcome;
}

}  // namespace sluis::gateway
