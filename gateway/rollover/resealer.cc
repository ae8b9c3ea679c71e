#include "gateway/rollover/resealer.h"

#include <utility>

namespace sluis::gateway::rollover {
namespace {

constexpr Unreadable kReadable{};
constexpr Literal kClosed{"it does not open"};

bool of_the_machine(const Error& error) noexcept {
  return error.code == Code::internal || error.code == Code::unavailable;
}

}  // namespace

Resealer::Resealer(std::shared_ptr<const Collection> collection, Keyring::Keys keys, std::shared_ptr<const OpenKey> to)
    : collection_(std::move(collection)), keys_(std::move(keys)), to_(std::move(to)) {
  const auto& fields = collection_->fields();  // ascending ids
  by_id_.assign(fields.empty() ? 1 : std::size_t{fields.back().id} + 1, Collection::kNone);
  for (std::size_t i = 0; i < fields.size(); ++i) by_id_[fields[i].id] = i;
}

Result<Unreadable> Resealer::reseal(const store::Record& record, store::Record& out) {
  plain_.clear();
  pieces_.clear();
  if (!record.envelope.empty()) {
    const auto opened = open(record);
    if (!opened || *opened) return opened;
  }
  out.collection = record.collection;
  out.id = record.id;
  out.revision = record.revision;
  out.open_fields = record.open_fields;
  out.key_version = to_->version();
  out.envelope.clear();
  out.terms.clear();
  if (pieces_.empty()) return kReadable;
  const auto indexed = index(out);
  if (!indexed || *indexed) return indexed;
  if (const Status sealed = seal(out); !sealed) return sealed.error();
  return kReadable;
}

Result<Unreadable> Resealer::open(const store::Record& record) {
  const auto key = keys_->find(record.key_version);
  if (!key) return Unreadable{Literal{"its key version is not there any more"}};
  const auto view = parse_envelope(record.envelope);
  if (!view) return Unreadable{kClosed};
  const EnvelopeContext context{kRecordDomain, collection_->name(), record.id, key->id(), key->version()};
  auto opener = EnvelopeOpener::make(key->sealing(), context, *view);
  if (!opener && of_the_machine(opener.error())) return opener.error();
  if (!opener) return Unreadable{kClosed};
  return open_fields(*view, *opener);
}

Result<Unreadable> Resealer::open_fields(const EnvelopeView& view, EnvelopeOpener& opener) {
  for (const EnvelopeField& field : view.fields) {
    const std::size_t position = field.id < by_id_.size() ? by_id_[field.id] : Collection::kNone;
    if (position == Collection::kNone) return Unreadable{Literal{"it has a field that is not in the schema"}};
    const std::size_t begin = plain_.size();
    const Status opened = opener.open(field.id, collection_->field(position).name, plain_);
    if (!opened && of_the_machine(opened.error())) return opened.error();
    if (!opened) return Unreadable{kClosed};
    pieces_.push_back({position, begin, plain_.size() - begin});
  }
  return kReadable;
}

// As a write does: no term for null.
Result<Unreadable> Resealer::index(store::Record& out) const {
  for (const Piece& piece : pieces_) {
    const FieldSchema& field = collection_->field(piece.position);
    if (field.kind != FieldSchema::Kind::indexed) continue;
    const JsonValue value = as_value(text_of(piece));
    if (value.text.empty() || value.kind == JsonKind::null) continue;
    const auto text = comparable(field, value);
    if (!text) return Unreadable{Literal{"a field of it cannot be indexed as the schema says"}};
    auto term = index_term(*collection_, piece.position, *to_, text->expose_secret());
    if (!term) return term.error();
    out.terms.push_back(std::move(*term));
  }
  return kReadable;
}

Status Resealer::seal(store::Record& out) {
  fields_.clear();
  for (const Piece& piece : pieces_) {
    const FieldSchema& field = collection_->field(piece.position);
    fields_.push_back({field.id, field.name, bytes_of(text_of(piece))});
  }
  const EnvelopeContext context{kRecordDomain, out.collection, out.id, to_->id(), to_->version()};
  auto envelope = seal_envelope(to_->sealing(), context, fields_);
  if (!envelope) return envelope.error();
  out.envelope = std::move(*envelope);
  return {};
}

}  // namespace sluis::gateway::rollover
