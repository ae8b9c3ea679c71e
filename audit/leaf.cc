#include "audit/leaf.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "audit/json_text.h"
#include "audit/moment.h"

namespace sluis::audit {
namespace {

namespace json = boost::json;
using Text = std::string_view;

constexpr std::array<Text, 13> kMembers = {"v",     "time",        "gateway",    "principal", "action",
                                           "key",   "key_version", "collection", "purpose",   "outcome",
                                           "count", "request",     "payload"};

void append_text_member(std::string& out, Text name_and_colon, Text value) {
  out.append(name_and_colon);
  append_json_text(out, value);
}

void append_number_member(std::string& out, Text name_and_colon, std::uint64_t value) {
  out.append(name_and_colon);
  append_json_number(out, value);
}

// Takes members in their order from a parsed object; a missing or mistyped one makes `good` false.
class Members {
 public:
  explicit Members(const json::object& object) : next_(object.begin()), end_(object.end()) {}

  Text text(Text name) {
    const json::value* const value = take(name);
    if (value == nullptr || !value->is_string()) return fail<Text>();
    const json::string& string = value->get_string();
    return {string.data(), string.size()};
  }
  std::uint64_t number(Text name) {
    const json::value* const value = take(name);
    if (value == nullptr) return 0;
    if (value->is_uint64()) return value->get_uint64();
    if (!value->is_int64() || value->get_int64() < 0) return fail<std::uint64_t>();
    return static_cast<std::uint64_t>(value->get_int64());
  }
  bool good() const noexcept { return good_; }

 private:
  template <typename T>
  T fail() {
    good_ = false;
    return {};
  }
  const json::value* take(Text name) {
    const bool fits = next_ != end_ && Text(next_->key().data(), next_->key().size()) == name;
    if (!fits) return fail<const json::value*>();
    return &(next_++)->value();
  }

  json::object::const_iterator next_;
  json::object::const_iterator end_;
  bool good_ = true;
};

constexpr Error kBadLeaf{Code::corrupt, "an entry's line is not as the log writes it"};

Result<Leaf> leaf_of(const json::object& object) {
  Members members(object);
  if (object.size() != kMembers.size() || members.number(kMembers[0]) != 1) return kBadLeaf;
  Leaf leaf;
  const auto time = parse_moment(members.text("time"));
  leaf.gateway = members.text("gateway");
  leaf.event.principal = members.text("principal");
  leaf.event.action = members.text("action");
  leaf.event.key = members.text("key");
  leaf.event.key_version = static_cast<std::uint32_t>(members.number("key_version"));
  leaf.event.collection = members.text("collection");
  leaf.event.purpose = members.text("purpose");
  const auto outcome = outcome_named(members.text("outcome"));
  leaf.event.count = members.number("count");
  leaf.event.request = members.text("request");
  const auto commitment = from_hex(members.text("payload"));
  if (!members.good() || !time || !outcome || !commitment || commitment->size() != leaf.commitment.size())
    return kBadLeaf;
  leaf.event.time_us = *time;
  leaf.event.outcome = *outcome;
  std::copy(commitment->begin(), commitment->end(), leaf.commitment.begin());
  return leaf;
}

}  // namespace

void append_leaf(std::string& out, const Event& event, std::string_view gateway, const Digest& commitment) {
  const auto time = moment_text(event.time_us);
  out.append(R"({"v":1,"time":")").append(time.data(), time.size());
  append_text_member(out, R"(","gateway":)", gateway);
  append_text_member(out, R"(,"principal":)", event.principal);
  append_text_member(out, R"(,"action":)", event.action);
  append_text_member(out, R"(,"key":)", event.key);
  append_number_member(out, R"(,"key_version":)", event.key_version);
  append_text_member(out, R"(,"collection":)", event.collection);
  append_text_member(out, R"(,"purpose":)", event.purpose);
  append_text_member(out, R"(,"outcome":)", name(event.outcome));
  append_number_member(out, R"(,"count":)", event.count);
  append_text_member(out, R"(,"request":)", event.request);
  out.append(R"(,"payload":")");
  append_hex(out, commitment);
  out.append(R"("})");
}

Result<Leaf> parse_leaf(std::string_view line) {
  if (line.size() > kLeafLimit) return kBadLeaf;
  std::array<unsigned char, 4096> room;
  json::monotonic_resource memory(room.data(), room.size());
  json::error_code failed;
  json::parse_options options;
  options.max_depth = 2;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), failed, &memory, options);
  if (failed || !value.is_object()) return kBadLeaf;
  auto leaf = leaf_of(value.get_object());
  if (!leaf) return leaf;
  std::string written;  // catches spaces, other escapes and other spellings of numbers, and a key version out of range
  written.reserve(line.size());
  append_leaf(written, leaf->event, leaf->gateway, leaf->commitment);
  if (written != line) return kBadLeaf;
  return leaf;
}

}  // namespace sluis::audit
