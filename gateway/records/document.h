// A record as clients write it: one JSON object of the schema's fields, found in the text without building anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/records/json.h"
#include "gateway/records/schema.h"

namespace sluis::gateway {

// Why a document is refused. `code` and `text` are literals; `field` is the name of a member, at most 64 bytes of it,
// and empty where no single one is to blame. docs/records.md lists the codes.
struct Fault {
  Code kind;     // invalid or too_large
  Literal code;  // "unknown_field": for programs and the error lists of imports
  Literal text;  // for people
  std::string field;
};
using MaybeFault = std::optional<Fault>;

// At most 64 bytes of a name that a client sent, cut where a UTF-8 sequence begins.
std::string bounded_name(std::string_view name);

Fault fault_of(JsonFault fault) noexcept;

// Keeps its memory between documents; for one thread at a time. Views point into the text read last.
class DocumentReader {
 public:
  enum class Form : std::uint8_t {
    record,  // whole: required fields must be there
    patch,   // some fields; null removes one
    line,    // whole, and with the record's id as the member "id"
  };

  explicit DocumentReader(const Collection& collection) : collection_(&collection) {}

  MaybeFault read(std::string_view text, Form form);

  // By position in the collection's fields; an empty text: not in the document.
  const std::vector<JsonValue>& values() const noexcept { return values_; }
  std::string_view id() const noexcept { return id_; }  // Form::line

  // For documents that are not JSON (CSV): values are given one by one, then checked as a whole.
  void begin();
  void set(std::size_t position, const JsonValue& value) { values_[position] = value; }
  void set_id(const JsonValue& value);
  MaybeFault check(Form form) const;

 private:
  MaybeFault place(const JsonMember& member, Form form);
  std::size_t position_of(const JsonName& name, std::size_t expected) const;

  const Collection* collection_;
  JsonScanner scanner_;
  std::vector<JsonMember> members_;
  std::vector<JsonValue> values_;
  std::string_view id_;
  std::size_t expected_ = 0;  // where the next member's field probably is: documents tend to have the schema's order
};

}  // namespace sluis::gateway
