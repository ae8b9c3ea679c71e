#include "gateway/keys/key_life.h"

#include <boost/json.hpp>
#include <charconv>

#include "gateway/lifecycle/states.h"

namespace sluis::gateway {
namespace {

namespace json = boost::json;

constexpr Error kMalformed{Code::corrupt, "a key's life is malformed"};

struct Time {
  std::string_view name;
  std::uint64_t Life::*member;
};
constexpr Time kTimes[] = {
    {"created", &Life::created_us},           {"activated", &Life::activated_us},
    {"deactivated", &Life::deactivated_us},   {"compromised", &Life::compromised_us},
    {"emptied", &Life::emptied_us},           {"scheduled", &Life::scheduled_us},
    {"destroy_from", &Life::destroy_from_us}, {"destroyed", &Life::destroyed_us},
};

json::object to_json(const Life& life) {
  json::object out;
  if (life.state) out["state"] = store::name(*life.state);
  for (const Time& time : kTimes) {
    if (life.*time.member != 0) out[time.name] = life.*time.member;
  }
  if (!life.reason.empty()) out["reason"] = life.reason;
  return out;
}

std::optional<std::uint64_t> number_of(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() > 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

bool read_member(std::string_view name, const json::value& value, Life& out) {
  for (const Time& time : kTimes) {
    if (time.name != name) continue;
    const auto number = number_of(value);
    out.*time.member = number.value_or(0);
    return number.has_value();
  }
  if (!value.is_string()) return false;
  if (name == "state") out.state = key_state_named(value.get_string());
  if (name == "reason") out.reason = value.get_string();
  return name == "reason" || out.state.has_value();
}

std::optional<Life> life_of(const json::value& value) {
  if (!value.is_object()) return std::nullopt;
  Life life;
  for (const auto& [name, member] : value.get_object()) {
    if (!read_member(name, member, life)) return std::nullopt;
  }
  return life;
}

}  // namespace

json::object to_json(const Lives& lives) {
  json::object versions;
  for (const auto& [version, life] : lives) versions[std::to_string(version)] = to_json(life);
  return {{"versions", std::move(versions)}};
}

Result<Lives> lives_of(const json::object& body) {
  const json::value* versions = body.if_contains("versions");
  if (versions == nullptr || !versions->is_object() || body.size() != 1) return kMalformed;
  Lives lives;
  for (const auto& [name, value] : versions->get_object()) {
    std::uint32_t version = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), version);
    auto life = life_of(value);
    if (read.ec != std::errc{} || read.ptr != name.data() + name.size() || version == 0 || !life) return kMalformed;
    lives[version] = std::move(*life);
  }
  return lives;
}

std::optional<store::KeyState> key_state_named(std::string_view name) noexcept {
  for (const Rights& rights : all_rights()) {
    if (store::name(rights.state) == name) return rights.state;
  }
  return std::nullopt;
}

}  // namespace sluis::gateway
