#include "gateway/backups/signature.h"

#include <boost/json.hpp>

namespace sluis::gateway {
namespace {

namespace json = boost::json;
constexpr Error kNotSigned{Code::corrupt, "the backup's manifest is not what this HSM has signed"};

Result<Manifest> parsed(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return Error{Code::corrupt, "the backup's manifest is malformed"};
  return manifest_of(value.get_object());
}

}  // namespace

Result<std::string> sign_manifest(const Manifest& manifest, std::string_view manifest_json, audit::Signer& signer) {
  const auto key = signer.public_key();
  if (!key) return key.error();
  return audit::sign_note(manifest_note_text(manifest, manifest_json), manifest.log.origin, *key, signer);
}

Result<Manifest> checked_manifest(std::string_view manifest_json, std::string_view note, hsm::Token& token) {
  auto manifest = parsed(manifest_json);
  if (!manifest) return manifest;
  const auto keys = token.list();
  if (!keys) return keys.error();
  for (const hsm::KeyInfo& info : *keys) {
    if (info.kind != hsm::KeyKind::audit) continue;
    const auto key = token.public_key(info.version);
    if (!key) return key.error();
    const auto text = audit::open_note(note, manifest->log.origin, *key);
    if (!text) continue;
    if (*text != manifest_note_text(*manifest, manifest_json)) return kNotSigned;
    return manifest;
  }
  return kNotSigned;
}

}  // namespace sluis::gateway
