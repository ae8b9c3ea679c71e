#include "gateway/transit/api/key_info.h"

#include <array>
#include <ctime>

#include "gateway/transit/api/signing.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;

std::string_view curve_name(KeyType type) noexcept {
  switch (type) {
    case KeyType::ecdsa_p256:
      return "P-256";
    case KeyType::ecdsa_p384:
      return "P-384";
    case KeyType::ecdsa_p521:
      return "P-521";
    default:
      return name(type);
  }
}

void append_copy(JsonPen& pen, std::string_view name, const std::optional<Attributes::Copy>& copy) {
  if (!copy) return;
  pen.name(name).open_object();
  pen.name("time").text(rfc3339(copy->time_s * kSecond)).name("version").number(copy->version).close_object();
}

void append_derivation(JsonPen& pen, const Attributes& attributes) {
  if (!attributes.derived) return;
  pen.name("kdf").text("hkdf_sha256").name("convergent_encryption").flag(attributes.convergent);
  if (attributes.convergent) pen.name("convergent_encryption_version").number(3);
}

void append_attributes(JsonPen& pen, const TransitKey& key) {
  const Attributes& a = key.attributes;
  pen.name("name").text(key.name).name("type").text(name(a.type)).name("derived").flag(a.derived);
  pen.name("deletion_allowed").flag(a.deletion_allowed).name("exportable").flag(a.exportable);
  pen.name("allow_plaintext_backup").flag(a.allow_plaintext_backup).name("imported_key").flag(a.imported);
  if (a.imported) pen.name("imported_key_allow_rotation").flag(a.allow_rotation);
  pen.name("min_available_version").number(a.min_available_version);
  pen.name("min_decryption_version").number(a.min_decryption_version);
  pen.name("min_encryption_version").number(a.min_encryption_version);
  pen.name("latest_version").number(key.latest()).name("auto_rotate_period").number(a.auto_rotate_period_s);
  pen.name("supports_encryption").flag(encrypts(a.type)).name("supports_decryption").flag(encrypts(a.type));
  pen.name("supports_signing").flag(signs(a.type)).name("supports_derivation").flag(derives(a.type));
  pen.name("soft_deleted").flag(a.soft_deleted);
  pen.name("purpose_required").flag(a.purpose_required).name("case_required").flag(a.case_required);
  if (a.key_size != 0) pen.name("key_size").number(a.key_size);
  append_copy(pen, "backup_info", a.backup_info);
  append_copy(pen, "restore_info", a.restore_info);
  append_derivation(pen, a);
}

Result<std::string> shown_public(const TransitKey& key, const KeyVersion& version, ByteView context) {
  if (key.attributes.derived && context.empty()) return std::string();
  const auto pair = SigningPair::of(key, version, context);
  if (!pair) return pair.error();
  return public_text(pair->get());
}

Status append_pair(JsonPen& pen, const TransitKey& key, const KeyVersion& version, ByteView context) {
  const auto shown = shown_public(key, version, context);
  if (!shown) return shown.error();
  pen.open_object().name("name").text(curve_name(key.attributes.type)).name("public_key").text(*shown);
  const auto chain = key.attributes.certificate_chains.find(version.number);
  const bool certified = chain != key.attributes.certificate_chains.end();
  pen.name("certificate_chain").text(certified ? pem_of(chain->second) : std::string());
  pen.name("creation_time").text(rfc3339(version.created_us)).close_object();
  return {};
}

}  // namespace

std::string rfc3339(std::uint64_t time_us) {
  const auto seconds = static_cast<std::time_t>(time_us / kSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

Result<std::string> public_text(const PrivateKey& pair) {
  if (pair.kind() != PairKind::ed25519) return pair.public_pem();
  const auto raw = pair.public_raw();
  if (!raw) return raw.error();
  return to_base64(*raw);
}

std::string pem_of(const std::vector<Bytes>& chain) {
  constexpr std::size_t kLine = 64;
  std::string out;
  for (const Bytes& der : chain) {
    const std::string text = to_base64(der);
    out += out.empty() ? "-----BEGIN CERTIFICATE-----\n" : "\n-----BEGIN CERTIFICATE-----\n";
    for (std::size_t at = 0; at < text.size(); at += kLine) out += text.substr(at, kLine) + '\n';
    out += "-----END CERTIFICATE-----";
  }
  return out;
}

Result<SecretBuffer> key_info(const TransitKey& key, ByteView context) {
  SecretBuffer out;
  JsonPen pen(out);
  pen.open_object();
  append_attributes(pen, key);
  pen.name("keys").open_object();
  for (const auto& version : key.versions) {
    pen.name(std::to_string(version->number));
    if (!is_asymmetric(key.attributes.type)) {
      pen.number(version->created_us / kSecond);
      continue;
    }
    if (const Status done = append_pair(pen, key, *version, context); !done) return done.error();
  }
  pen.close_object().close_object();
  return out;
}

}  // namespace sluis::gateway::transit
