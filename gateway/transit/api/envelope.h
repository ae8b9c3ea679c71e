// The JSON that clients of the Transit engines expect: the envelope around every answer, and {"errors":[…]} around
// every refusal. Used by everything under the compatible paths: transit, auth, sys. Stateless; thread-safe.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/call.h"

namespace sluis::gateway::transit {

// Why not, in the words that clients match on. An empty text gives {"errors":[]}.
struct Refusal {
  unsigned status = 400;
  std::string text;
};

// What goes into the envelope. `data` and `auth` are JSON texts; empty stands for null.
struct Answer {
  SecretBuffer data;
  SecretBuffer auth;
  std::vector<std::string> warnings;
  unsigned status = 200;
};

// {"request_id":…,"lease_id":"","renewable":false,"lease_duration":0,"data":…,"wrap_info":null,"warnings":…,"auth":…}
Reply envelope_of(const Call& call, Answer answer);

Reply errors_of(const Refusal& refusal);
// The error vocabulary in the compatible form: invalid is 400 with its own words, denied 403 `permission denied`, the
// rest by their status; corrupt and internal say nothing but `internal error`.
Refusal refusal_of(const Error& error);
Reply no_content();  // 204

// A refusal of the server itself (a problem document) in the compatible form, with its status and other headers.
Reply compatible(Reply problem);

// `Endpoint ignored these unrecognized parameters: [a b]`; names come sorted.
std::string unrecognized(const std::vector<std::string>& names);

// Writes JSON into wiping memory, commas included. The caller sees to it that names and values alternate as they must.
class JsonPen {
 public:
  explicit JsonPen(SecretBuffer& out) noexcept : out_(out) {}

  JsonPen& open_object();
  JsonPen& close_object();
  JsonPen& open_array();
  JsonPen& close_array();
  JsonPen& name(std::string_view name);
  JsonPen& text(std::string_view value);
  // A text that the caller appends to the buffer itself, in characters that need no escapes.
  JsonPen& open_text();
  JsonPen& close_text();
  JsonPen& base64(ByteView bytes);
  JsonPen& number(std::uint64_t value);
  JsonPen& flag(std::same_as<bool> auto value) { return word(value ? "true" : "false"); }
  JsonPen& null() { return word("null"); }
  JsonPen& raw(std::string_view json) { return word(json); }  // a whole value or member, as it is
  void begin_again() noexcept { comma_ = false; }             // the buffer was cut back to behind an opening brace

 private:
  JsonPen& word(std::string_view text);
  void separate();

  SecretBuffer& out_;
  bool comma_ = false;
};

}  // namespace sluis::gateway::transit
