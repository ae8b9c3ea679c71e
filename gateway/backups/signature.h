// What proves a manifest without the store: a signed note (C2SP signed-note) beside it, by the log's key in the HSM.
// Thread-safe; may block on the HSM.
#pragma once

#include <string>

#include "audit/note.h"
#include "gateway/backups/generation.h"
#include "hsm/token.h"

namespace sluis::gateway {

Result<std::string> sign_manifest(const Manifest& manifest, std::string_view manifest_json, audit::Signer& signer);

// Reads manifest.json and checks it against its note: signed by one of the HSM's audit keys, whichever version. Errors:
// corrupt if anything does not fit, unavailable if the HSM is away.
Result<Manifest> checked_manifest(std::string_view manifest_json, std::string_view note, hsm::Token& token);

}  // namespace sluis::gateway
