// Destruction certificates: what was destroyed, when, by whose word, in which HSM, what was counted and which backups
// are concerned. A signed note (C2SP signed-note) by the log's key in the HSM: a file that proves itself, whose text is
// one line that names it and one line of JSON. docs/destruction.md has every member. Stateless and thread-safe.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "gateway/destruction/gate.h"
#include "hsm/token.h"

namespace sluis::gateway::destruction {

inline constexpr std::string_view kCertificateHead = "sluis/destruction-certificate/1";

// How the proof went.
struct Proof {
  bool row_empty = false;      // the version's row has no wrapped bytes any more, read anew (data keys)
  bool object_gone = false;    // the HSM neither lists the master key nor uses it (master keys)
  std::string oldest_backup;   // that referenced it; empty: none did
  std::string backup_outcome;  // "gone", "does not open", "still opens", or why it could not be tried
};

struct Certificate {
  std::string id, key;
  std::uint32_t version = 0;
  std::uint64_t time_us = 0;
  std::string gateway, origin, approval, approval_digest;
  std::string requester;
  std::vector<std::string> approved_by;
  hsm::TokenInfo hsm;
  Facts facts;  // as they were found just before
  Proof proof;
};

boost::json::object to_json(const Certificate& certificate);
// The file. Errors: those of the HSM; too_large past audit::kNoteLimit.
Result<std::string> sign_certificate(const Certificate& certificate, audit::Signer& signer);
// The JSON of a certificate that has a good signature by this key. Error corrupt if it has none, or is no certificate.
Result<boost::json::object> open_certificate(std::string_view note, std::string_view origin, ByteView public_key);

}  // namespace sluis::gateway::destruction
