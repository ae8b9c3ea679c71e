// A strict JSON scanner (RFC 8259) that finds the spans of values instead of building them: what is sealed is the text
// that the client sent, byte for byte, so numbers keep their digits and nothing is copied or serialised again.
// Stricter than the RFC where it leaves room: duplicate member names at any depth, U+0000 (as a byte or escaped),
// unpaired surrogates, and whatever is not UTF-8 are refused; depth and members are bounded. Views point into the text
// given. A JsonScanner is for one thread at a time and keeps its memory between texts; the functions are thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "crypto/result.h"
#include "crypto/secret.h"

namespace sluis::gateway {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

enum class JsonFault : std::uint8_t {
  none,
  syntax,     // not JSON, or something follows it
  not_utf8,   // not UTF-8, or an unpaired surrogate
  nul,        // U+0000
  too_deep,   // over JsonLimits::depth
  duplicate,  // two members of one object have the same name
  too_many,   // over JsonLimits::members in one object, or JsonLimits::elements
  kind,       // JSON, but not the kind of value asked for
};

struct JsonLimits {
  std::size_t depth = 32;           // nested arrays and objects, the outermost included
  std::size_t members = 1024;       // of one object
  std::size_t elements = SIZE_MAX;  // of the array that array() splits
};

struct JsonValue {
  std::string_view text;  // as sent, without the white space around it
  JsonKind kind = JsonKind::null;
};

struct JsonName {
  std::string_view raw;  // between the quotes, as sent
  bool escaped = false;  // has a backslash: compare with same_name
};

struct JsonMember {
  JsonName name;
  JsonValue value;
};

class JsonScanner {
 public:
  explicit JsonScanner(JsonLimits limits = {}) : limits_(limits) {}

  // One value with white space around it and nothing else.
  JsonFault value(std::string_view text, JsonValue& out);
  // The same, split into the members of the object or the elements of the array that it must be. `out` is replaced.
  JsonFault object(std::string_view text, std::vector<JsonMember>& out);
  JsonFault array(std::string_view text, std::vector<JsonValue>& out);

 private:
  struct Seen {
    std::uint64_t hash;
    JsonName name;
  };

  JsonFault scan_value(JsonValue& out);
  JsonFault scan_object(std::vector<JsonMember>* out);
  JsonFault scan_member(std::size_t first_seen, std::vector<JsonMember>* out);
  JsonFault scan_array(std::vector<JsonValue>* out);
  JsonFault scan_string(JsonName& out);
  JsonFault scan_escape();
  JsonFault scan_utf8();
  JsonFault scan_number();
  JsonFault scan_word(std::string_view word);
  JsonFault note_name(std::size_t first_seen, const JsonName& name);
  JsonFault end();
  void begin(std::string_view text);
  void skip_space() noexcept;
  void skip_plain() noexcept;
  bool take(char c) noexcept;

  JsonLimits limits_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::size_t depth_ = 0;
  std::vector<Seen> seen_;  // names of the objects that are open now, innermost last
};

// The text of a scanned value of kind string.
SecretBuffer string_text(const JsonValue& value);
bool same_name(const JsonName& a, const JsonName& b);
bool same_name(const JsonName& a, std::string_view plain);

// Literals for people: "the document is not valid JSON".
Literal sentence(JsonFault fault) noexcept;

}  // namespace sluis::gateway
