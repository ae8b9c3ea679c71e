// The handlers of the Transit interface, one for each path; routes.cc has the table.
#pragma once

#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

// encrypt.cc, decrypt.cc, rewrap.cc, datakey.cc
Outcome encrypt(const Parts& parts, Call& call);
Outcome decrypt(const Parts& parts, Call& call);
Outcome rewrap(const Parts& parts, Call& call);
Outcome datakey_plaintext(const Parts& parts, Call& call);
Outcome datakey_wrapped(const Parts& parts, Call& call);

// hmac.cc, sign.cc, verify.cc
Outcome hmac(const Parts& parts, Call& call);
Outcome sign(const Parts& parts, Call& call);
Outcome verify(const Parts& parts, Call& call);

// tools.cc: no key at all
Outcome hash(const Parts& parts, Call& call);
Outcome random(const Parts& parts, Call& call);

// key_routes.cc, key_changes.cc
Outcome list_keys(const Parts& parts, Call& call);
Outcome read_key(const Parts& parts, Call& call);
Outcome create_key(const Parts& parts, Call& call);
Outcome configure_key(const Parts& parts, Call& call);
Outcome rotate_key(const Parts& parts, Call& call);
Outcome trim_key(const Parts& parts, Call& call);
Outcome delete_key(const Parts& parts, Call& call);
Outcome soft_delete_key(const Parts& parts, Call& call);
Outcome soft_restore_key(const Parts& parts, Call& call);

// import.cc, backup.cc, export.cc, certificates.cc
Outcome wrapping_key(const Parts& parts, Call& call);
Outcome import_key(const Parts& parts, Call& call);
Outcome import_key_version(const Parts& parts, Call& call);
Outcome backup_key(const Parts& parts, Call& call);
Outcome restore_key(const Parts& parts, Call& call);
Outcome export_key(const Parts& parts, Call& call);
Outcome export_public_key(const Parts& parts, Call& call);
Outcome export_certificates(const Parts& parts, Call& call);
Outcome byok_export(const Parts& parts, Call& call);
// Why such a call would be refused, without doing it; nothing if it would not.
std::optional<Outcome> rehearse_export(const Parts& parts, Call& call);
std::optional<Outcome> rehearse_backup(const Parts& parts, Call& call);
std::optional<Outcome> rehearse_restore(const Parts& parts, Call& call);
Outcome sign_request(const Parts& parts, Call& call);
Outcome set_certificate(const Parts& parts, Call& call);

// mount_settings.cc
Outcome read_keys_config(const Parts& parts, Call& call);
Outcome write_keys_config(const Parts& parts, Call& call);
Outcome read_cache_config(const Parts& parts, Call& call);
Outcome write_cache_config(const Parts& parts, Call& call);
// Digests by the names that clients give for OAEP: "SHA256" or "sha2-256", also "SHA1".
std::optional<DigestKind> oaep_digest_named(std::string_view text);
// The size of cache-config for the next start; 0 where none was set.
Result<std::uint64_t> stored_cache_size(store::Store& store);
// Whether encrypt may make the key that it lacks.
Result<bool> may_upsert(const Parts& parts);

}  // namespace sluis::gateway::transit
