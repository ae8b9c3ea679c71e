#include "gateway/records/sealer.h"

#include <algorithm>

#include "crypto/blind_index.h"
#include "crypto/hash.h"

namespace sluis::gateway {
namespace {

using Kind = FieldSchema::Kind;

constexpr Error corrupt() noexcept {
  return {Code::corrupt, "the record does not open"};
}

std::array<std::uint8_t, 4> length_of(std::size_t size) noexcept {
  return {static_cast<std::uint8_t>(size >> 24U), static_cast<std::uint8_t>(size >> 16U),
          static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
}

void append_open(std::string& out, const FieldSchema& field, const JsonValue& value) {
  out += out.empty() ? "{\"" : ",\"";
  out += field.name;
  out += "\":";
  out += value.text;
}

}  // namespace

Digest digest_of(const store::Record& record) {
  const auto envelope_size = length_of(record.envelope.size());
  const auto open_size = length_of(record.open_fields.size());
  return sha256({envelope_size, record.envelope, open_size, bytes_of(record.open_fields)});
}

Result<SecretBuffer> comparable(const FieldSchema& field, const JsonValue& value) {
  if (value.kind == JsonKind::number) return normalise(field.normaliser, value.text);
  if (value.kind != JsonKind::string) return Error{Code::invalid, "neither a string nor a number"};
  if (value.text.find('\\') == std::string_view::npos) {
    return normalise(field.normaliser, value.text.substr(1, value.text.size() - 2));
  }
  return normalise(field.normaliser, string_text(value).expose_text());
}

Result<store::IndexTerm> index_term(const Collection& collection, std::size_t position, const OpenKey& key,
                                    ByteView comparable_text) {
  const FieldSchema& field = collection.field(position);
  const auto index_key = key.index_key(collection.name(), field.name);
  if (!index_key) return index_key.error();
  return store::IndexTerm{field.id, key.version(), blind_index(**index_key, field.bits, comparable_text)};
}

MaybeFault Sealer::index(const std::vector<JsonValue>& values, store::Record& out, Status& status) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const FieldSchema& field = collection_->field(i);
    if (field.kind != Kind::indexed || values[i].text.empty() || values[i].kind == JsonKind::null) continue;
    const auto text = comparable(field, values[i]);
    if (!text) {
      return Fault{Code::invalid, "not_indexable", "nothing is left of the value once it is normalised", field.name};
    }
    auto term = index_term(*collection_, i, *key_, text->expose_secret());
    if (!term) {
      status = term.error();
      return std::nullopt;
    }
    out.terms.push_back(std::move(*term));
  }
  return std::nullopt;
}

Result<MaybeFault> Sealer::seal(std::string_view id, std::uint64_t revision, const std::vector<JsonValue>& values,
                                store::Record& out) {
  out.collection = collection_->name();
  out.id = id;
  out.revision = revision;
  out.key_version = key_->version();
  plain_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].text.empty()) continue;
    const FieldSchema& field = collection_->field(i);
    if (field.kind == Kind::open) {
      append_open(out.open_fields, field, values[i]);
      continue;
    }
    plain_.push_back({field.id, field.name, bytes_of(values[i].text)});
  }
  out.open_fields += out.open_fields.empty() ? "{}" : "}";
  Status status;
  if (auto fault = index(values, out, status)) return fault;
  if (!status) return status.error();
  if (plain_.empty()) return MaybeFault{};
  const EnvelopeContext context{kRecordDomain, out.collection, out.id, key_->id(), key_->version()};
  auto envelope = seal_envelope(key_->sealing(), context, plain_);
  if (!envelope) return envelope.error();
  out.envelope = std::move(*envelope);
  return MaybeFault{};
}

Status OpenedRecord::start(const OpenKey& key) {
  if (record_.envelope.empty()) return {};
  auto view = parse_envelope(record_.envelope);
  if (!view) return corrupt();
  view_ = std::move(*view);
  const EnvelopeContext context{kRecordDomain, collection_.name(), record_.id, key.id(), key.version()};
  auto opener = EnvelopeOpener::make(key.sealing(), context, view_);
  if (!opener) return opener.error();
  opener_.emplace(std::move(*opener));
  return {};
}

Result<bool> OpenedRecord::append(std::size_t position, SecretBuffer& out) {
  const FieldSchema& field = collection_.field(position);
  if (field.kind == Kind::open) return append_open(field, out);
  if (!opener_) return false;
  const std::size_t before = out.size();
  const Status opened = opener_->open(field.id, field.name, out);
  if (!opened && opened.error().code == Code::not_found) return false;
  if (!opened) return opened.error();
  if (out.size() == before) return corrupt();
  return true;
}

Result<bool> OpenedRecord::append_open(const FieldSchema& field, SecretBuffer& out) {
  if (!open_fields_) {
    JsonScanner scanner;
    std::vector<JsonMember> members;
    if (scanner.object(record_.open_fields, members) != JsonFault::none) return corrupt();
    open_fields_ = std::move(members);
  }
  const auto named = [&](const JsonMember& member) { return same_name(member.name, field.name); };
  const auto found = std::find_if(open_fields_->begin(), open_fields_->end(), named);
  if (found == open_fields_->end()) return false;
  out.append(found->value.text);
  return true;
}

JsonValue as_value(std::string_view json_text) noexcept {
  if (json_text.empty()) return {};
  switch (json_text.front()) {
    case '{':
      return {json_text, JsonKind::object};
    case '[':
      return {json_text, JsonKind::array};
    case '"':
      return {json_text, JsonKind::string};
    case 't':
    case 'f':
      return {json_text, JsonKind::boolean};
    case 'n':
      return {json_text, JsonKind::null};
    default:
      return {json_text, JsonKind::number};
  }
}

}  // namespace sluis::gateway
