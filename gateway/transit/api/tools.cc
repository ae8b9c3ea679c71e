// POST hash(/:algorithm) and random(/:source)(/:bytes): without a key
#include <charconv>

#include "crypto/hash.h"
#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/params.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::int64_t kMostRandom = 131'072;

enum class Encoding : std::uint8_t { base64, hex };

Encoding read_encoding(Params& params, std::string_view standard) {
  const auto format = params.text("format", standard);
  if (format != "hex" && format != "base64") {
    params.refuse({400, "unsupported encoding format \"" + std::string(format.substr(0, 64)) +
                            "\"; must be \"hex\" or \"base64\""});
  }
  return format == "hex" ? Encoding::hex : Encoding::base64;
}

void append_hex(JsonPen& pen, SecretBuffer& out, ByteView bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  pen.open_text();
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 0xFU]);
  }
  pen.close_text();
}

Outcome encoded(const Call& call, const Params& params, std::string_view name, ByteView bytes, Encoding encoding) {
  Answer answer;
  answer.data.reserve(bytes.size() * 2 + 64);
  JsonPen pen(answer.data);
  pen.open_object().name(name);
  if (encoding == Encoding::base64) pen.base64(bytes);
  if (encoding == Encoding::hex) append_hex(pen, answer.data, bytes);
  pen.close_object();
  answer.warnings = params.warnings();
  return answered(call, std::move(answer));
}

// random/:source, random/:bytes and random/:source/:bytes share their patterns.
std::int64_t read_count(const Call& call, Params& params) {
  auto count = params.integer("bytes", 32);
  std::string_view source = params.text("source", "platform");
  const auto first = call.param("first");
  const auto number = integer_of(first);
  if (!first.empty() && number) count = *number;
  if (!first.empty() && !number) source = first;
  if (const auto second = call.param("bytes"); !second.empty()) {
    const auto bytes = integer_of(second);
    if (!bytes) params.refuse({400, "error parsing url-set byte count"});
    count = bytes.value_or(0);
  }
  if (source != "platform" && source != "seal" && source != "all") {
    params.refuse({400, "unsupported entropy source \"" + std::string(source.substr(0, 64)) +
                            "\"; must be \"platform\" or \"seal\", or \"all\""});
  }
  if (count < 1) params.refuse({400, "\"bytes\" cannot be less than 1"});
  if (count > kMostRandom) params.refuse({400, "\"bytes\" should be less than " + std::to_string(kMostRandom)});
  return count;
}

}  // namespace

Outcome hash(const Parts& parts, Call& call) {
  Params params(call, {"input", "algorithm", "urlalgorithm", "format"});
  const auto algorithm =
      call.param("algorithm").empty() ? params.text("algorithm", "sha2-256") : call.param("algorithm");
  const auto kind = digest_named(algorithm);
  if (!kind) params.refuse({400, "unsupported algorithm \"" + std::string(algorithm.substr(0, 64)) + '"'});
  const Encoding encoding = read_encoding(params, "hex");
  const SecretBuffer input = params.base64("input", "unable to decode input as base64");
  if (params.refusal()) return refuse(*params.refusal());
  const auto sum = digest_of(*kind, input.expose_secret());
  if (!sum) return refuse(sum.error());
  Outcome outcome = encoded(call, params, "sum", *sum, encoding);
  note_use(parts, call, event_of("transit.hash", {}), 1, outcome);
  return outcome;
}

Outcome random(const Parts&, Call& call) {
  Params params(call, {"bytes", "urlbytes", "source", "format"});
  const auto count = read_count(call, params);
  const Encoding encoding = read_encoding(params, "base64");
  if (params.refusal()) return refuse(*params.refusal());
  SecretBuffer bytes;
  bytes.resize(static_cast<std::size_t>(count));
  if (const Status drawn = random_secret(bytes.expose_secret_mutable()); !drawn) return refuse(drawn.error());
  return encoded(call, params, "random_bytes", bytes.expose_secret(), encoding);
}

}  // namespace sluis::gateway::transit
