#include "gateway/transit/keys/attributes.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace sluis::gateway::transit {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxChain = 16;
constexpr std::uint64_t kMaxVersion = 0x7fffffff;
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 62U;
constexpr Error kMalformed{Code::corrupt, "a Transit key's attributes are malformed"};

struct Flag {
  const char* name;
  bool Attributes::*member;
};
constexpr Flag kFlags[] = {
    {"derived", &Attributes::derived},
    {"convergent", &Attributes::convergent},
    {"exportable", &Attributes::exportable},
    {"allow_plaintext_backup", &Attributes::allow_plaintext_backup},
    {"deletion_allowed", &Attributes::deletion_allowed},
    {"imported", &Attributes::imported},
    {"allow_rotation", &Attributes::allow_rotation},
    {"soft_deleted", &Attributes::soft_deleted},
    {"purpose_required", &Attributes::purpose_required},
    {"case_required", &Attributes::case_required},
};

struct Version {
  const char* name;
  std::uint32_t Attributes::*member;
};
constexpr Version kVersions[] = {
    {"min_decryption_version", &Attributes::min_decryption_version},
    {"min_encryption_version", &Attributes::min_encryption_version},
    {"min_available_version", &Attributes::min_available_version},
    {"key_size", &Attributes::key_size},
};

json::value json_of(const std::optional<Attributes::Copy>& copy) {
  if (!copy) return nullptr;
  return json::object{{"time", copy->time_s}, {"version", copy->version}};
}

json::object json_of_uses(const Attributes& attributes) {
  json::object uses;
  for (const auto& [version, count] : attributes.uses) uses[std::to_string(version)] = count;
  return uses;
}

json::object json_of_chains(const Attributes& attributes) {
  json::object chains;
  for (const auto& [version, chain] : attributes.certificate_chains) {
    json::array certificates;
    for (const Bytes& certificate : chain) certificates.emplace_back(to_base64(certificate));
    chains[std::to_string(version)] = std::move(certificates);
  }
  return chains;
}

// Takes members off an object; whatever is wrong makes sound() false, so that callers look once, at the end.
class Members {
 public:
  explicit Members(const json::object& object) : object_(object) {}

  const json::value* take(std::string_view name) {
    const json::value* value = object_.if_contains(name);
    ++taken_;
    sound_ = sound_ && value != nullptr;
    return value;
  }
  bool flag(std::string_view name) {
    const json::value* value = take(name);
    sound_ = sound_ && value->is_bool();
    return sound_ && value->get_bool();
  }
  std::uint64_t number(std::string_view name, std::uint64_t most) {
    const json::value* value = take(name);
    if (!sound_) return 0;
    const std::optional<std::uint64_t> number = number_of(*value);
    sound_ = number && *number <= most;
    return number.value_or(0);
  }
  static std::optional<std::uint64_t> number_of(const json::value& value) {
    if (value.is_uint64()) return value.get_uint64();
    if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
    return std::nullopt;
  }
  const json::object* object(std::string_view name) {
    const json::value* value = take(name);
    const json::object* inner = sound_ ? value->if_object() : nullptr;
    sound_ = sound_ && inner != nullptr;
    return inner;
  }
  void fail() noexcept { sound_ = false; }
  bool sound() const noexcept { return sound_; }
  bool complete() const noexcept { return sound_ && taken_ == object_.size(); }

 private:
  const json::object& object_;
  std::size_t taken_ = 0;
  bool sound_ = true;
};

std::optional<std::uint32_t> version_of(std::string_view text) {
  std::uint32_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || text.front() == '0' || version > kMaxVersion) return std::nullopt;
  return version;
}

void read_uses(Members& members, Attributes& out) {
  const json::object* uses = members.object("uses");
  if (uses == nullptr) return;
  for (const auto& [name, value] : *uses) {
    const auto version = version_of(name);
    const auto count = Members::number_of(value);
    if (!version || !count || *count > kMaxNumber) return members.fail();
    out.uses[*version] = *count;
  }
}

std::optional<std::vector<Bytes>> chain_of(const json::value& value) {
  const json::array* texts = value.if_array();
  if (texts == nullptr || texts->empty() || texts->size() > kMaxChain) return std::nullopt;
  std::vector<Bytes> chain;
  for (const json::value& text : *texts) {
    if (!text.is_string()) return std::nullopt;
    auto certificate = from_base64(text.get_string());
    if (!certificate) return std::nullopt;
    chain.push_back(std::move(*certificate));
  }
  return chain;
}

void read_chains(Members& members, Attributes& out) {
  const json::object* chains = members.object("certificates");
  if (chains == nullptr) return;
  for (const auto& [name, value] : *chains) {
    const auto version = version_of(name);
    auto chain = chain_of(value);
    if (!version || !chain) return members.fail();
    out.certificate_chains[*version] = std::move(*chain);
  }
}

std::optional<Attributes::Copy> read_copy(Members& members, std::string_view name) {
  const json::value* value = members.take(name);
  if (!members.sound() || value->is_null()) return std::nullopt;
  const json::object* object = value->if_object();
  if (object == nullptr) {
    members.fail();
    return std::nullopt;
  }
  Members inner(*object);
  Attributes::Copy copy;
  copy.time_s = inner.number("time", kMaxNumber);
  copy.version = static_cast<std::uint32_t>(inner.number("version", kMaxVersion));
  if (!inner.complete()) members.fail();
  return copy;
}

void read_type(Members& members, Attributes& out) {
  const json::value* value = members.take("type");
  if (!members.sound()) return;
  const json::string* text = value->if_string();
  const auto type = text == nullptr ? std::nullopt : key_type_named(*text);
  if (!type) return members.fail();
  out.type = *type;
}

Status check_type_options(const Attributes& attributes) {
  if (attributes.derived && !derives(attributes.type)) {
    return Error{Code::invalid, "key derivation is not supported for keys of this type"};
  }
  if (attributes.convergent && !converges(attributes.type)) {
    return Error{Code::invalid, "convergent encryption is not supported for keys of this type"};
  }
  if (attributes.convergent && !attributes.derived) {
    return Error{Code::invalid, "convergent encryption requires derivation to be enabled"};
  }
  return {};
}

}  // namespace

Result<std::string> to_json(const Attributes& attributes) {
  json::object object;
  object["format"] = kFormat;
  object["type"] = name(attributes.type);
  for (const Flag& flag : kFlags) object[flag.name] = attributes.*flag.member;
  for (const Version& version : kVersions) object[version.name] = attributes.*version.member;
  object["auto_rotate_period"] = attributes.auto_rotate_period_s;
  object["backup"] = json_of(attributes.backup_info);
  object["restore"] = json_of(attributes.restore_info);
  object["uses"] = json_of_uses(attributes);
  object["certificates"] = json_of_chains(attributes);
  std::string text = json::serialize(object);
  if (text.size() > kMaxAttributesBytes) return Error{Code::too_large, "the key's attributes are too large"};
  return text;
}

Result<Attributes> attributes_of(std::string_view text) {
  if (text.size() > kMaxAttributesBytes) return kMalformed;
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return kMalformed;
  Members members(value.get_object());
  Attributes out;
  if (members.number("format", kFormat) != kFormat) return kMalformed;
  read_type(members, out);
  for (const Flag& flag : kFlags) out.*flag.member = members.flag(flag.name);
  for (const Version& version : kVersions) {
    out.*version.member = static_cast<std::uint32_t>(members.number(version.name, kMaxVersion));
  }
  out.auto_rotate_period_s = members.number("auto_rotate_period", kMaxRotatePeriodSeconds);
  out.backup_info = read_copy(members, "backup");
  out.restore_info = read_copy(members, "restore");
  read_uses(members, out);
  read_chains(members, out);
  if (!members.complete() || out.min_decryption_version == 0) return kMalformed;
  return out;
}

bool is_key_name(std::string_view name) noexcept {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (name.empty() || name.size() > 256 || !word(name.front()) || !word(name.back())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return word(c) || c == '-' || c == '.'; });
}

Status check_rotate_period(std::uint64_t seconds) {
  if (seconds != 0 && seconds < 3600) {
    return Error{Code::invalid, "auto rotate period must be 0 to disable or at least an hour"};
  }
  if (seconds > kMaxRotatePeriodSeconds) return Error{Code::invalid, "auto rotate period is over a hundred years"};
  return {};
}

Status check_new(const Attributes& attributes) {
  if (const Status fits = check_type_options(attributes); !fits) return fits;
  if (const Status period = check_rotate_period(attributes.auto_rotate_period_s); !period) return period;
  const bool sized = attributes.key_size >= kMinHmacKeySize && attributes.key_size <= kMaxHmacKeySize;
  if (attributes.type == KeyType::hmac && !sized) {
    return Error{Code::invalid, "invalid key_size for an HMAC key: must be between 32 and 512 bytes"};
  }
  if (attributes.type != KeyType::hmac && attributes.key_size != 0) {
    return Error{Code::invalid, "key_size is for keys of type hmac alone"};
  }
  if (attributes.auto_rotate_period_s != 0 && !attributes.allow_rotation) {
    return Error{Code::invalid, "allow_rotation must be set to true if auto-rotation is enabled"};
  }
  return {};
}

Status check_minima(const Attributes& attributes, std::uint32_t latest) {
  const std::uint32_t decryption = attributes.min_decryption_version;
  const std::uint32_t encryption = attributes.min_encryption_version;
  if (decryption > latest) {
    return Error{Code::invalid, "cannot set min decryption version: it is higher than the latest key version"};
  }
  if (encryption > latest) {
    return Error{Code::invalid, "cannot set min encryption version: it is higher than the latest key version"};
  }
  if (encryption > 0 && encryption < decryption) {
    return Error{Code::invalid,
                 "cannot set min encryption/decryption values: min_encryption_version must be greater than or equal to "
                 "min_decryption_version"};
  }
  if (encryption > 0 && encryption < attributes.min_available_version) {
    return Error{Code::invalid, "min encryption version should not be less than min available version"};
  }
  if (decryption < attributes.min_available_version) {
    return Error{Code::invalid, "min decryption version should not be less than min available version"};
  }
  return {};
}

}  // namespace sluis::gateway::transit
