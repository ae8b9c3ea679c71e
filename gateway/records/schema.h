// The shape of a collection's records, as the configuration declares it. Immutable once loaded and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/blind_index.h"

namespace sluis::gateway {

struct FieldSchema {
  std::uint16_t id;  // 1 to 65535; unique in the collection, never reused for another field
  std::string name;
  enum class Kind : std::uint8_t { open, sealed, indexed } kind;
  Normaliser normaliser;  // indexed fields, and the subject field
  unsigned bits;          // indexed fields: 8 to 256, a multiple of 8 is not needed
  bool required;
  std::size_t max_bytes;  // of the field's value as JSON text
};

struct CollectionSchema {
  std::string name;
  std::vector<FieldSchema> fields;
  std::size_t max_record_bytes;  // of the whole document as JSON text
  std::string subject_field;     // the field that names the citizen; empty if there is none
};

// What is wrong with a schema, for people; empty if it is sound. Names have 1 to 64 of [A-Za-z0-9_-] and begin with a
// letter; a field may not be called "id", which is the record's own name in imports and exports.
std::vector<std::string> validate(const CollectionSchema& schema);

// A validated schema with its fields in ascending order of id and a lookup by name.
class Collection {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  explicit Collection(CollectionSchema schema);

  const CollectionSchema& schema() const noexcept { return schema_; }
  const std::string& name() const noexcept { return schema_.name; }
  const std::vector<FieldSchema>& fields() const noexcept { return schema_.fields; }
  const FieldSchema& field(std::size_t position) const { return schema_.fields[position]; }
  // Position in fields(), kNone if there is no such field.
  std::size_t find(std::string_view name) const noexcept;
  std::size_t subject() const noexcept { return subject_; }
  // The name of the collection's data key: "records/<collection>".
  const std::string& key_name() const noexcept { return key_name_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };

  CollectionSchema schema_;
  std::string key_name_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> positions_;
  std::size_t subject_ = kNone;
};

using Collections = std::map<std::string, std::shared_ptr<const Collection>, std::less<>>;

// Record ids: 1 to 200 of [A-Za-z0-9._~-], but not "." or "..". They are stored and logged as they are and must not be
// personal data: no national register numbers.
bool valid_record_id(std::string_view id) noexcept;

}  // namespace sluis::gateway
