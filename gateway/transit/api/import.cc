// GET wrapping_key; POST keys/:key/import and keys/:key/import_version
#include <algorithm>

#include "gateway/transit/api/handlers.h"

namespace sluis::gateway::transit {
namespace {

WrappedMaterial read_material(Params& params) {
  WrappedMaterial material;
  const auto hash = params.text("hash_function", "SHA256");
  const auto digest = oaep_digest_named(hash);
  if (!digest) params.refuse({400, "unsupported hash function \"" + std::string(hash.substr(0, 64)) + '"'});
  material.hash = digest.value_or(material.hash);
  material.ciphertext = params.text("ciphertext");
  material.public_key = params.text("public_key");
  if (material.ciphertext.empty() && material.public_key.empty()) {
    params.refuse({400, "missing ciphertext: the wrapped key to import, or public_key"});
  }
  return material;
}

Outcome imported(Result<TransitKeys::Change> change) {
  if (!change) return refuse_unless_found(change.error(), "encryption key not found");
  Outcome outcome{no_content(), {}, Hold::nothing};
  hold_for(std::move(change->event), outcome);
  return outcome;
}

}  // namespace

std::optional<DigestKind> oaep_digest_named(std::string_view text) {
  std::string word(text.substr(0, 16));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  word.erase(std::remove(word.begin(), word.end(), '-'), word.end());
  if (word.empty() || word == "SHA256" || word == "SHA2256") return DigestKind::sha2_256;
  if (word == "SHA1") return DigestKind::sha1;
  if (word == "SHA224" || word == "SHA2224") return DigestKind::sha2_224;
  if (word == "SHA384" || word == "SHA2384") return DigestKind::sha2_384;
  if (word == "SHA512" || word == "SHA2512") return DigestKind::sha2_512;
  return std::nullopt;
}

Outcome wrapping_key(const Parts& parts, Call& call) {
  const auto pem = parts.keys.wrapping_key();
  if (!pem) return refuse(pem.error());
  Answer answer;
  JsonPen(answer.data).open_object().name("public_key").text(*pem).close_object();
  return answered(call, std::move(answer));
}

Outcome import_key(const Parts& parts, Call& call) {
  Params params(call, {"name", "type", "hash_function", "ciphertext", "public_key", "allow_rotation", "derived",
                       "exportable", "allow_plaintext_backup", "context", "auto_rotate_period"});
  const auto type = params.text("type", "aes256-gcm96");
  const auto known = key_type_named(type);
  if (!known) params.refuse({400, "unknown key type: " + std::string(type.substr(0, 64))});
  ImportOptions options;
  options.type = known.value_or(options.type);
  options.derived = params.flag("derived");
  options.exportable = params.flag("exportable");
  options.allow_plaintext_backup = params.flag("allow_plaintext_backup");
  options.allow_rotation = params.flag("allow_rotation");
  options.auto_rotate_period_s = params.maybe_seconds("auto_rotate_period").value_or(0);
  const WrappedMaterial material = read_material(params);
  if (params.refusal()) return refuse(*params.refusal());
  if (!valid_key_name(call.param("key"))) return refuse(Refusal{404, "unsupported path"});
  return imported(parts.keys.import(call.param("key"), options, material));
}

Outcome import_key_version(const Parts& parts, Call& call) {
  Params params(call, {"name", "hash_function", "ciphertext", "public_key", "version"});
  const WrappedMaterial material = read_material(params);
  const auto version = params.integer("version");
  if (version < 0 || version > UINT32_MAX) params.refuse({400, "invalid key version"});
  if (params.refusal()) return refuse(*params.refusal());
  return imported(parts.keys.import_version(call.param("key"), material, static_cast<std::uint32_t>(version)));
}

}  // namespace sluis::gateway::transit
