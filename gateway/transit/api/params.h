// The parameters of a call under the compatible paths: members of a JSON body and, where the body lacks a name, of the
// query. Numbers and truths may come as text ("3", "true"), durations as seconds or as text ("24h", "1h30m"); null
// stands for nothing. For one thread; views live as long as the call and this.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/call.h"
#include "gateway/records/json.h"
#include "gateway/transit/api/envelope.h"

namespace sluis::gateway::transit {

class Params {
 public:
  // `known`: what the endpoint understands; anything else is not an error, but ends up in unknown().
  Params(const Call& call, std::initializer_list<std::string_view> known);

  // Why the body or a parameter cannot be used: set once, by whatever was wrong first.
  const std::optional<Refusal>& refusal() const noexcept { return refusal_; }
  void refuse(Refusal refusal);

  bool has(std::string_view name) const;
  // The value as it stands in the body; null if there is none (also if it is in the query).
  const JsonValue* json(std::string_view name) const;
  std::string_view text(std::string_view name, std::string_view otherwise = {});
  bool flag(std::string_view name) { return maybe_flag(name).value_or(false); }
  std::optional<bool> maybe_flag(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) {
    return maybe_integer(name).value_or(otherwise);
  }
  std::optional<std::int64_t> maybe_integer(std::string_view name);
  std::optional<std::uint64_t> maybe_seconds(std::string_view name);
  // Decodes standard, padded Base64; refuses with `failed` where it is not.
  SecretBuffer base64(std::string_view name, std::string_view failed);

  // The warning about parameters that are not understood, if there is one to give.
  std::vector<std::string> warnings() const;

 private:
  void read_body(std::string_view body);
  std::optional<std::string_view> scalar(std::string_view name);
  void refuse_type(std::string_view name, std::string_view expected);

  const std::vector<std::string_view> known_;
  const Call& call_;
  std::vector<JsonMember> members_;
  std::deque<SecretBuffer> unescaped_;
  std::optional<Refusal> refusal_;
};

// A string value without its quotes; unescaped into `keep` where it has escapes. The view lives as long as both.
std::string_view plain_text(const JsonValue& value, std::deque<SecretBuffer>& keep);

// "90", "90s", "24h", "1h30m", "7d"; nullopt for anything else or more than a hundred years.
std::optional<std::uint64_t> seconds_of(std::string_view text) noexcept;

// A whole number, as such or as text; nullopt where it is none.
std::optional<std::int64_t> integer_of(std::string_view text) noexcept;

}  // namespace sluis::gateway::transit
