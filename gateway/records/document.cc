#include "gateway/records/document.h"

#include <algorithm>

namespace sluis::gateway {
namespace {

constexpr std::size_t kMaxNamed = 64;
constexpr std::string_view kIdMember = "id";

Fault too_large(Literal code, Literal text, std::string_view field = {}) {
  return {Code::too_large, code, text, std::string(field)};
}

Literal code_of(JsonFault fault) noexcept {
  switch (fault) {
    case JsonFault::not_utf8:
      return "utf8";
    case JsonFault::nul:
      return "nul";
    case JsonFault::too_deep:
      return "depth";
    case JsonFault::duplicate:
      return "duplicate";
    case JsonFault::too_many:
      return "members";
    case JsonFault::kind:
      return "kind";
    case JsonFault::none:
    case JsonFault::syntax:
      break;
  }
  return "json";
}

}  // namespace

std::string bounded_name(std::string_view name) {
  if (name.size() <= kMaxNamed) return std::string(name);
  std::size_t size = kMaxNamed;
  while (size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0U) == 0x80U) --size;
  return std::string(name.substr(0, size));
}

Fault fault_of(JsonFault fault) noexcept {
  return {Code::invalid, code_of(fault), sentence(fault), {}};
}

void DocumentReader::begin() {
  values_.assign(collection_->fields().size(), JsonValue{});
  id_ = {};
  expected_ = 0;
}

MaybeFault DocumentReader::read(std::string_view text, Form form) {
  begin();
  if (text.size() > collection_->schema().max_record_bytes) {
    return too_large("record_too_long", "the record is longer than its collection allows");
  }
  if (const JsonFault fault = scanner_.object(text, members_); fault != JsonFault::none) return fault_of(fault);
  for (const JsonMember& member : members_) {
    if (auto fault = place(member, form)) return fault;
  }
  return check(form);
}

std::size_t DocumentReader::position_of(const JsonName& name, std::size_t expected) const {
  const auto& fields = collection_->fields();
  if (expected < fields.size() && !name.escaped && fields[expected].name == name.raw) return expected;
  if (!name.escaped) return collection_->find(name.raw);
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const FieldSchema& field) { return same_name(name, field.name); });
  return found == fields.end() ? Collection::kNone : static_cast<std::size_t>(found - fields.begin());
}

MaybeFault DocumentReader::place(const JsonMember& member, Form form) {
  if (form == Form::line && same_name(member.name, kIdMember)) {
    set_id(member.value);
    return std::nullopt;
  }
  const std::size_t position = position_of(member.name, expected_);
  if (position == Collection::kNone) {
    return Fault{Code::invalid, "unknown_field", "the collection has no such field", bounded_name(member.name.raw)};
  }
  values_[position] = member.value;
  expected_ = position + 1;
  return std::nullopt;
}

void DocumentReader::set_id(const JsonValue& value) {
  if (value.kind == JsonKind::string && value.text.size() >= 2) id_ = value.text.substr(1, value.text.size() - 2);
}

MaybeFault DocumentReader::check(Form form) const {
  if (form == Form::line && !valid_record_id(id_)) {
    return Fault{Code::invalid, "id", "the id is missing or malformed", {}};
  }
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const FieldSchema& field = collection_->field(i);
    const bool missing = values_[i].text.empty();
    const bool null = !missing && values_[i].kind == JsonKind::null;
    if (field.required && (null || (missing && form != Form::patch))) {
      return Fault{Code::invalid, "required", "the field is required", field.name};
    }
    if (values_[i].text.size() > field.max_bytes) {
      return too_large("field_too_long", "the field is longer than the schema allows", field.name);
    }
    const bool container = values_[i].kind == JsonKind::object || values_[i].kind == JsonKind::array;
    if (field.kind == FieldSchema::Kind::indexed && !missing && (container || values_[i].kind == JsonKind::boolean)) {
      return Fault{Code::invalid, "not_indexable", "an indexed field is a string, a number or null", field.name};
    }
  }
  return std::nullopt;
}

}  // namespace sluis::gateway
