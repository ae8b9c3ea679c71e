// Between documents and rows: sealing the values of a document into a record of the store, and opening single fields of
// a record again. What is sealed is each field's JSON text.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/envelope.h"
#include "gateway/keys/open_key.h"
#include "gateway/records/document.h"
#include "gateway/records/schema.h"
#include "store/store.h"

namespace sluis::gateway {

// SHA-256 over the envelope and the open fields, each preceded by its length as four bytes, big-endian: what the log
// says was written.
Digest digest_of(const store::Record& record);

// The text that is indexed, compared or made a pseudonym of: a string's content, or a number's digits, normalised.
// Error invalid for other kinds and for what normalises to nothing.
Result<SecretBuffer> comparable(const FieldSchema& field, const JsonValue& value);

// The index term of a value that is comparable.
Result<store::IndexTerm> index_term(const Collection& collection, std::size_t position, const OpenKey& key,
                                    ByteView comparable_text);

// Seals documents under one key. Keeps its memory between records; for one thread at a time.
class Sealer {
 public:
  Sealer(std::shared_ptr<const Collection> collection, std::shared_ptr<const OpenKey> key)
      : collection_(std::move(collection)), key_(std::move(key)) {}

  // `values` by position, as DocumentReader gives them. A field that cannot be indexed is a fault; errors are those of
  // crypto/envelope.h.
  Result<MaybeFault> seal(std::string_view id, std::uint64_t revision, const std::vector<JsonValue>& values,
                          store::Record& out);

 private:
  MaybeFault index(const std::vector<JsonValue>& values, store::Record& out, Status& status) const;
  std::shared_ptr<const Collection> collection_;
  std::shared_ptr<const OpenKey> key_;
  std::vector<PlainField> plain_;
};

// A record of the store, of which fields are opened one by one. Neither copied nor moved; for one thread at a time. The
// collection, the key and the record must outlive it.
class OpenedRecord {
 public:
  OpenedRecord(const Collection& collection, const store::Record& record) : collection_(collection), record_(record) {}
  OpenedRecord(const OpenedRecord&) = delete;
  OpenedRecord& operator=(const OpenedRecord&) = delete;
  ~OpenedRecord() = default;

  // Error corrupt if the envelope is not what Sluis has written for this record. `key` is of the record's key version.
  Status start(const OpenKey& key);

  // Appends the field's JSON text. False if the record does not have the field; error corrupt if it does not open, or
  // is open and the open fields are not a JSON object.
  Result<bool> append(std::size_t position, SecretBuffer& out);

 private:
  Result<bool> append_open(const FieldSchema& field, SecretBuffer& out);

  const Collection& collection_;
  const store::Record& record_;
  std::optional<std::vector<JsonMember>> open_fields_;  // scanned when the first of them is asked for
  EnvelopeView view_;
  std::optional<EnvelopeOpener> opener_;
};

// A value that was appended by OpenedRecord::append: its kind is in its first byte.
JsonValue as_value(std::string_view json_text) noexcept;

}  // namespace sluis::gateway
