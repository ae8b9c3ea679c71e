#include <boost/json.hpp>

#include "audit/moment.h"
#include "gateway/backups/generation.h"

namespace sluis::gateway {
namespace {

namespace json = boost::json;
using State = Generation::State;
using Place = Generation::Place;

constexpr std::string_view kFormat = "sluis/backup/1";

std::string moment(std::uint64_t time_us) {
  const auto text = audit::moment_text(std::min(time_us, audit::kTimeLimitUs - 1));
  return {text.data(), text.size()};
}

json::object records_of(const Census& census) {
  json::object out;
  for (const auto& [collection, versions] : census.records) {
    json::object counts;
    for (const auto& [version, count] : versions) counts[std::to_string(version)] = count;
    out[collection] = std::move(counts);
  }
  return out;
}

json::array versions_of(const std::vector<Census::Version>& versions) {
  json::array out;
  for (const auto& version : versions) {
    out.push_back(
        json::object{{"version", version.version}, {"state", name(version.state)}, {"master", version.master}});
  }
  return out;
}

json::array masters_of(const Census& census) {
  std::map<std::uint32_t, bool> seen;
  for (const auto& [name, versions] : census.keys) {
    for (const auto& version : versions) {
      if (version.state != store::KeyState::destroyed) seen[version.master] = true;
    }
  }
  json::array out;
  for (const auto& [master, there] : seen) out.push_back(master);
  return out;
}

bool goes_first(std::string_view key) noexcept {
  return key.starts_with("records/") || key.starts_with("audit/");
}

json::object keys_of(const Census& census, std::size_t most, bool& complete) {
  json::object out;
  std::size_t others = 0;
  for (const auto& [name, versions] : census.keys) {
    if (goes_first(name) || others++ < most) out[name] = versions_of(versions);
  }
  complete = out.size() == census.keys.size();
  return out;
}

json::object manifest_json(const Manifest& manifest, std::size_t most_keys) {
  bool complete = true;
  json::object keys = keys_of(manifest.census, most_keys, complete);
  return {{"format", kFormat},
          {"id", manifest.id},
          {"time", moment(manifest.created_us)},
          {"store", manifest.store},
          {"method", manifest.method},
          {"gateway", manifest.gateway},
          {"schema", manifest.schema},
          {"file", manifest.file},
          {"bytes", manifest.bytes},
          {"sha256", to_hex(manifest.sha256)},
          {"exact", manifest.exact},
          {"records", records_of(manifest.census)},
          {"digest", to_hex(manifest.census.digest)},
          {"masters", masters_of(manifest.census)},
          {"keys", std::move(keys)},
          {"keys_complete", complete},
          {"log",
           json::object{
               {"origin", manifest.log.origin}, {"size", manifest.log.size}, {"root", to_base64(manifest.log.root)}}}};
}

// Reading throws inside this file where a member is missing or of another kind; the functions below turn that into
// an error.
std::string text(const json::object& from, std::string_view member) {
  return std::string(from.at(member).as_string());
}

std::uint64_t number(const json::object& from, std::string_view member) {
  return from.at(member).to_number<std::uint64_t>();
}

Digest digest(const Result<Bytes>& bytes) {
  if (!bytes || bytes->size() != Digest{}.size()) throw std::invalid_argument("digest");
  Digest out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::uint64_t time_of(const json::object& from, std::string_view member) {
  const auto time = audit::parse_moment(text(from, member));
  if (!time) throw std::invalid_argument("time");
  return *time;
}

store::KeyState state_named(std::string_view text) {
  using store::KeyState;
  for (const auto state : {KeyState::active, KeyState::deactivated, KeyState::destroyed, KeyState::pre_active,
                           KeyState::destruction_scheduled, KeyState::compromised}) {
    if (store::name(state) == text) return state;
  }
  throw std::invalid_argument("state");
}

Census census_of(const json::object& from) {
  Census out;
  for (const auto& member : from.at("records").as_object()) {
    auto& versions = out.records[std::string(member.key())];
    for (const auto& count : member.value().as_object()) {
      versions[static_cast<std::uint32_t>(std::stoul(std::string(count.key())))] =
          count.value().to_number<std::uint64_t>();
    }
  }
  for (const auto& member : from.at("keys").as_object()) {
    auto& versions = out.keys[std::string(member.key())];
    for (const auto& item : member.value().as_array()) {
      const auto& version = item.as_object();
      versions.push_back({version.at("version").to_number<std::uint32_t>(), state_named(text(version, "state")),
                          version.at("master").to_number<std::uint32_t>()});
    }
  }
  out.digest = digest(from_hex(text(from, "digest")));
  return out;
}

Manifest read_manifest(const json::object& from) {
  if (text(from, "format") != kFormat) throw std::invalid_argument("format");
  Manifest out;
  out.id = text(from, "id");
  if (!is_generation_id(out.id)) throw std::invalid_argument("id");
  out.created_us = time_of(from, "time");
  out.store = text(from, "store");
  out.method = text(from, "method");
  out.gateway = text(from, "gateway");
  out.schema = from.at("schema").to_number<std::int64_t>();
  out.file = text(from, "file");
  out.bytes = number(from, "bytes");
  out.sha256 = digest(from_hex(text(from, "sha256")));
  out.exact = from.at("exact").as_bool();
  out.census = census_of(from);
  const auto& log = from.at("log").as_object();
  out.log = {text(log, "origin"), number(log, "size"), digest(from_base64(text(log, "root")))};
  return out;
}

json::object drill_json(const DrillResult& drill) {
  return {{"passed", drill.passed}, {"time", moment(drill.time_us)},    {"records", drill.records},
          {"opened", drill.opened}, {"keys_opened", drill.keys_opened}, {"problem", drill.problem}};
}

DrillResult read_drill(const json::object& from) {
  return {from.at("passed").as_bool(), time_of(from, "time"),       number(from, "records"),
          number(from, "opened"),      number(from, "keys_opened"), text(from, "problem")};
}

template <typename Enum>
Enum named(std::string_view text, std::initializer_list<Enum> all) {
  for (const Enum each : all) {
    if (name(each) == text) return each;
  }
  throw std::invalid_argument("name");
}

Generation read_generation(const json::object& from) {
  Generation out;
  out.manifest = read_manifest(from);
  out.state = named(text(from, "state"), {State::making, State::made, State::failed, State::expired});
  out.place = named(text(from, "place"), {Place::folder, Place::command, Place::outside});
  out.where = text(from, "where");
  out.trigger = text(from, "trigger");
  out.problem = text(from, "problem");
  if (const auto& drill = from.at("drill"); !drill.is_null()) out.drill = read_drill(drill.as_object());
  if (const auto& expired = from.at("expired"); !expired.is_null()) out.expired_us = time_of(from, "expired");
  return out;
}

template <typename Read>
auto guarded(const json::object& from, const Read& read) -> Result<decltype(read(from))> {
  try {
    return read(from);
  } catch (const std::exception&) {
    return Error{Code::corrupt, "what is known of a backup is malformed"};
  }
}

}  // namespace

json::object to_json(const Manifest& manifest) {
  return manifest_json(manifest, manifest.census.keys.size());
}

Result<Manifest> manifest_of(const json::object& from) {
  return guarded(from, read_manifest);
}

json::object to_json(const Generation& generation) {
  json::object out = manifest_json(generation.manifest, kMaxKeysInRow);
  out["state"] = name(generation.state);
  out["place"] = name(generation.place);
  out["where"] = generation.where;
  out["trigger"] = generation.trigger;
  out["problem"] = generation.problem;
  out["drill"] = generation.drill ? json::value(drill_json(*generation.drill)) : json::value();
  out["expired"] = generation.expired_us == 0 ? json::value() : json::value(moment(generation.expired_us));
  return out;
}

Result<Generation> generation_of(const json::object& from) {
  return guarded(from, read_generation);
}

}  // namespace sluis::gateway
