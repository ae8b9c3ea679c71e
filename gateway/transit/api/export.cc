// GET export/:kind/:key(/:version) and byok-export/:destination/:key(/:version)
#include <algorithm>
#include <functional>
#include <variant>

#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/key_info.h"

namespace sluis::gateway::transit {
namespace {

enum class Kind : std::uint8_t { encryption, signing, hmac, public_key, certificates };
enum class Format : std::uint8_t { standard, raw, der, pem };

struct Wanted {
  Kind kind = Kind::encryption;
  Format format = Format::standard;
};

std::optional<Kind> kind_named(std::string_view text) {
  if (text == "encryption-key") return Kind::encryption;
  if (text == "signing-key") return Kind::signing;
  if (text == "hmac-key") return Kind::hmac;
  if (text == "public-key") return Kind::public_key;
  if (text == "certificate-chain") return Kind::certificates;
  return std::nullopt;
}

std::optional<Format> format_named(std::string_view text) {
  if (text.empty()) return Format::standard;
  if (text == "raw") return Format::raw;
  if (text == "der") return Format::der;
  if (text == "pem") return Format::pem;
  return std::nullopt;
}

bool is_secret(Kind kind) noexcept {
  return kind != Kind::public_key && kind != Kind::certificates;
}

std::optional<Refusal> check(const TransitKey& key, Kind kind) {
  const KeyType type = key.attributes.type;
  if (is_secret(kind) && !key.attributes.exportable) return Refusal{400, "private key material is not exportable"};
  if (key.attributes.soft_deleted) return Refusal{400, "the key is soft-deleted"};
  if (kind == Kind::encryption && !encrypts(type)) return Refusal{400, "encryption not supported for the key"};
  if (kind == Kind::signing && !signs(type)) return Refusal{400, "signing not supported for the key"};
  if (kind == Kind::public_key && !is_asymmetric(type)) {
    return Refusal{400, "unknown key type " + std::string(name(type)) + " for export type public-key"};
  }
  if (kind == Kind::certificates && !signs(type)) {
    return Refusal{400, "certificate chain not supported for keys that do not support signing"};
  }
  return std::nullopt;
}

void append_pem(SecretBuffer& out, std::string_view label, ByteView der) {
  constexpr std::size_t kLine = 64;
  SecretBuffer text;
  append_base64(text, der);
  out.append(std::string_view("-----BEGIN "));
  out.append(label);
  out.append(std::string_view("-----\n"));
  for (std::string_view rest = text.expose_text(); !rest.empty(); rest.remove_prefix(std::min(kLine, rest.size()))) {
    out.append(rest.substr(0, kLine));
    out.push_back('\n');
  }
  out.append(std::string_view("-----END "));
  out.append(label);
  out.append(std::string_view("-----\n"));
}

constexpr Error wrong_format() noexcept {
  return {Code::invalid, "the format does not fit the type of the key"};
}

Status append_raw(SecretBuffer& out, const SecretKey& key, Format format) {
  if (format == Format::der || format == Format::pem) return wrong_format();
  append_base64(out, key.expose_secret());
  return {};
}

Status append_private(SecretBuffer& out, const PrivateKey& pair, Format format) {
  const bool ed25519 = pair.kind() == PairKind::ed25519;
  if (format == Format::raw && !ed25519) return wrong_format();
  if (!pair.has_private()) return {};  // shown as empty, as the engines do
  if (format == Format::der || format == Format::pem) {
    const auto der = pair.to_pkcs8();
    if (!der) return der.error();
    if (format == Format::der) append_base64(out, der->expose_secret());
    if (format == Format::pem) append_pem(out, "PRIVATE KEY", der->expose_secret());
    return {};
  }
  auto text = ed25519 ? pair.export_ed25519() : pair.export_pem();
  if (!text) return text.error();
  if (ed25519) append_base64(out, text->expose_secret());
  if (!ed25519) out.append(text->expose_text());
  return {};
}

Status append_public(SecretBuffer& out, const PrivateKey& pair, Format format) {
  const bool ed25519 = pair.kind() == PairKind::ed25519;
  if (format == Format::raw && !ed25519) return wrong_format();
  if (format == Format::der) {
    const auto der = pair.public_der();
    if (!der) return der.error();
    append_base64(out, *der);
    return {};
  }
  const auto text = format == Format::pem ? pair.public_pem() : public_text(pair);
  if (!text) return text.error();
  out.append(*text);
  return {};
}

Status append_key(SecretBuffer& out, const TransitKey& key, const KeyVersion& version, const Wanted& wanted) {
  switch (wanted.kind) {
    case Kind::hmac:
      return append_raw(out, version.hmac_key, wanted.format);
    case Kind::public_key:
      return append_public(out, *version.pair, wanted.format);
    case Kind::encryption:
    case Kind::signing:
      if (version.pair) return append_private(out, *version.pair, wanted.format);
      return append_raw(out, version.key, wanted.format);
    case Kind::certificates:
      break;
  }
  const auto chain = key.attributes.certificate_chains.find(version.number);
  if (chain == key.attributes.certificate_chains.end()) {
    return Error{Code::invalid, "selected key version does not have a certificate chain imported"};
  }
  out.append(pem_of(chain->second));
  return {};
}

// The versions that a path names: all, the latest, or one.
Result<std::vector<const KeyVersion*>> versions_of(const TransitKey& key, std::string_view text) {
  std::vector<const KeyVersion*> out;
  if (text.empty()) {
    for (const auto& version : key.versions) out.push_back(version.get());
    return out;
  }
  if (text.starts_with('v')) text.remove_prefix(1);
  const auto number = text == "latest" ? std::optional<std::int64_t>(key.latest()) : integer_of(text);
  if (!number) return Error{Code::invalid, "invalid key version"};
  if (*number < static_cast<std::int64_t>(key.attributes.min_decryption_version)) {
    return Error{Code::invalid, "version for export is below minimum decryption version"};
  }
  const KeyVersion* const found = *number > UINT32_MAX ? nullptr : key.find(static_cast<std::uint32_t>(*number));
  if (found == nullptr) return Error{Code::invalid, "version does not exist or cannot be found"};
  out.push_back(found);
  return out;
}

using Append = std::function<Status(SecretBuffer&, const KeyVersion&)>;

// {"name":…,"type":…,"keys":{"1":…}}
Result<SecretBuffer> keys_as_json(const TransitKey& key, const std::vector<const KeyVersion*>& versions,
                                  const Append& append) {
  SecretBuffer out;
  JsonPen pen(out);
  pen.open_object().name("name").text(key.name).name("type").text(name(key.attributes.type));
  pen.name("keys").open_object();
  for (const KeyVersion* const version : versions) {
    SecretBuffer text;
    if (const Status done = append(text, *version); !done) return done.error();
    pen.name(std::to_string(version->number)).text(text.expose_text());
  }
  pen.close_object().close_object();
  return out;
}

Outcome exported(const Call& call, const Params& params, Result<SecretBuffer> data, std::optional<audit::Event> event) {
  if (!data) return refuse(data.error());
  Outcome outcome = answered(call, {*std::move(data), {}, params.warnings()});
  if (!event) return outcome;
  outcome.events.push_back(*std::move(event));
  outcome.hold = Hold::plaintext;
  return outcome;
}

// What leaves, once everything that can be wrong with the call was looked at.
struct Leaving {
  TransitKeys::Key key;
  std::vector<const KeyVersion*> versions;
  Wanted wanted;
};

std::variant<Leaving, Outcome> leaving(const Parts& parts, const Call& call, Params& params,
                                       std::string_view kind_text) {
  const auto kind = kind_named(kind_text);
  if (!kind) params.refuse({400, "invalid export type: " + std::string(kind_text.substr(0, 64))});
  const auto format = format_named(params.text("format"));
  if (!format) params.refuse({400, "invalid format: " + std::string(params.text("format").substr(0, 64))});
  if (params.refusal()) return refuse(*params.refusal());
  const auto name = call.param("key");
  if (is_secret(*kind) && parts.settings.exports == Settings::Export::refused)
    return exports_refused("transit.export", name);
  if (!valid_key_name(name)) return refuse(Refusal{404, {}});
  auto key = parts.keys.open(name);
  if (!key) return refuse(key.error());
  if (auto refusal = check(**key, *kind)) return refuse(*std::move(refusal));
  auto versions = versions_of(**key, call.param("version"));
  if (!versions) return refuse(versions.error());
  return Leaving{*std::move(key), *std::move(versions), {*kind, *format}};
}

Outcome export_kind(const Parts& parts, const Call& call, std::string_view kind_text) {
  Params params(call, {"name", "type", "version", "format"});
  auto found = leaving(parts, call, params, kind_text);
  if (auto* const refused = std::get_if<Outcome>(&found)) return std::move(*refused);
  const auto& [key, versions, wanted] = std::get<Leaving>(found);
  auto data =
      keys_as_json(*key, versions, [&, &key = key, &wanted = wanted](SecretBuffer& out, const KeyVersion& version) {
        return append_key(out, *key, version, wanted);
      });
  if (!is_secret(wanted.kind)) return exported(call, params, std::move(data), std::nullopt);
  audit::Event event = event_of("transit.export", call.param("key"), versions.back()->number);
  event.count = versions.size();
  event.payload.detail = kind_text;
  return exported(call, params, std::move(data), std::move(event));
}

// Keys that leave wrapped to another one.
struct Wrapped {
  TransitKeys::Key destination, source;
  DigestKind hash;
  std::vector<const KeyVersion*> versions;
};

std::variant<Wrapped, Outcome> wrapped(const Parts& parts, const Call& call, Params& params) {
  if (params.refusal()) return refuse(*params.refusal());
  const auto name = call.param("key");
  if (parts.settings.exports == Settings::Export::refused) return exports_refused("transit.export", name);
  auto destination = open_key(parts, call.param("destination"), "destination key not found");
  if (!destination) return refuse(destination.error());
  auto source = open_key(parts, name, "source key not found");
  if (!source) return refuse(source.error());
  if (!(*source)->attributes.exportable) return refuse({400, "private key material is not exportable"});
  const auto hash = oaep_digest_named(params.text("hash"));
  if (!hash) return refuse({400, "unsupported hash function"});
  auto versions = versions_of(**source, call.param("version"));
  if (!versions) return refuse(versions.error());
  return Wrapped{*std::move(destination), *std::move(source), *hash, *std::move(versions)};
}

}  // namespace

Outcome export_key(const Parts& parts, Call& call) {
  return export_kind(parts, call, call.param("kind"));
}
Outcome export_public_key(const Parts& parts, Call& call) {
  return export_kind(parts, call, "public-key");
}
Outcome export_certificates(const Parts& parts, Call& call) {
  return export_kind(parts, call, "certificate-chain");
}

Outcome byok_export(const Parts& parts, Call& call) {
  Params params(call, {"destination", "source", "version", "hash"});
  auto found = wrapped(parts, call, params);
  if (auto* const refused = std::get_if<Outcome>(&found)) return std::move(*refused);
  const auto& leaving = std::get<Wrapped>(found);
  auto data =
      keys_as_json(*leaving.source, leaving.versions, [&](SecretBuffer& out, const KeyVersion& version) -> Status {
        const auto text = TransitKeys::wrap_for(*leaving.destination, *leaving.source, version.number, leaving.hash);
        if (!text) return text.error();
        out.append(*text);
        return {};
      });
  audit::Event event = event_of("transit.export", call.param("key"), leaving.versions.back()->number);
  event.count = leaving.versions.size();
  event.payload.detail = "wrapped for transit/" + leaving.destination->name;
  return exported(call, params, std::move(data), std::move(event));
}

std::optional<Outcome> rehearse_export(const Parts& parts, Call& call) {
  if (!call.param("destination").empty()) {
    Params params(call, {"destination", "source", "version", "hash"});
    auto found = wrapped(parts, call, params);
    if (auto* const refused = std::get_if<Outcome>(&found)) return std::move(*refused);
    return std::nullopt;
  }
  Params params(call, {"name", "type", "version", "format"});
  auto found = leaving(parts, call, params, call.param("kind"));
  if (auto* const refused = std::get_if<Outcome>(&found)) return std::move(*refused);
  return std::nullopt;
}

}  // namespace sluis::gateway::transit
