#include "gateway/records/schema.h"

#include <algorithm>
#include <set>
#include <utility>

#include "crypto/envelope.h"

namespace sluis::gateway {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxRecordBytes = std::size_t{4} << 20U;  // what the store takes as open fields

bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool valid_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxName || !letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c) || c == '_' || c == '-'; });
}

void check_field(const FieldSchema& field, const CollectionSchema& schema, std::vector<std::string>& errors) {
  const std::string where = "collection '" + schema.name + "', field '" + field.name + "': ";
  if (!valid_name(field.name)) errors.push_back(where + "a name has 1 to 64 of [A-Za-z0-9_-] and begins with a letter");
  if (field.name == "id") errors.push_back(where + "'id' is the record's own name in imports and exports");
  if (field.id == 0) errors.push_back(where + "the field's id must be 1 to 65535");
  if (field.kind == FieldSchema::Kind::indexed && (field.bits < 8 || field.bits > 256)) {
    errors.push_back(where + "bits must be 8 to 256");
  }
  if (field.kind != FieldSchema::Kind::indexed && field.bits != 0) {
    errors.push_back(where + "bits belong to indexed fields only");
  }
  if (field.max_bytes == 0 || field.max_bytes > schema.max_record_bytes) {
    errors.push_back(where + "max_bytes must be 1 to the collection's max_record_bytes");
  }
}

void check_uniqueness(const CollectionSchema& schema, std::vector<std::string>& errors) {
  std::set<std::uint16_t> ids;
  std::set<std::string_view> names;
  for (const FieldSchema& field : schema.fields) {
    if (!ids.insert(field.id).second) {
      errors.push_back("collection '" + schema.name + "': the field id " + std::to_string(field.id) + " is used twice");
    }
    if (!names.insert(field.name).second) {
      errors.push_back("collection '" + schema.name + "': the field '" + field.name + "' is declared twice");
    }
  }
}

}  // namespace

std::vector<std::string> validate(const CollectionSchema& schema) {
  std::vector<std::string> errors;
  const std::string where = "collection '" + schema.name + "': ";
  if (!valid_name(schema.name)) {
    errors.push_back(where + "a name has 1 to 64 of [A-Za-z0-9_-] and begins with a letter");
  }
  if (schema.fields.empty()) errors.push_back(where + "it has no fields");
  if (schema.fields.size() > kEnvelopeMaxFields) errors.push_back(where + "it has more than 1024 fields");
  if (schema.max_record_bytes == 0 || schema.max_record_bytes > kMaxRecordBytes) {
    errors.push_back(where + "max_record_bytes must be 1 to 4194304");
  }
  for (const FieldSchema& field : schema.fields) check_field(field, schema, errors);
  check_uniqueness(schema, errors);
  const auto named = [&](const FieldSchema& field) { return field.name == schema.subject_field; };
  if (!schema.subject_field.empty() && std::none_of(schema.fields.begin(), schema.fields.end(), named)) {
    errors.push_back(where + "the subject field '" + schema.subject_field + "' is not one of its fields");
  }
  return errors;
}

Collection::Collection(CollectionSchema schema) : schema_(std::move(schema)), key_name_("records/" + schema_.name) {
  std::sort(schema_.fields.begin(), schema_.fields.end(),
            [](const FieldSchema& a, const FieldSchema& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < schema_.fields.size(); ++i) positions_.emplace(schema_.fields[i].name, i);
  if (!schema_.subject_field.empty()) subject_ = find(schema_.subject_field);
}

std::size_t Collection::find(std::string_view name) const noexcept {
  const auto found = positions_.find(name);
  return found == positions_.end() ? kNone : found->second;
}

bool valid_record_id(std::string_view id) noexcept {
  if (id.empty() || id.size() > 200 || id == "." || id == "..") return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return letter(c) || digit(c) || c == '.' || c == '_' || c == '~' || c == '-'; });
}

}  // namespace sluis::gateway
