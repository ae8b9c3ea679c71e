// The private half of an entry: canonical JSON with the members record, subject, fields, case, client, detail, written,
// always all there and in this order. docs/formats.md, section Audit log. Stateless and thread-safe.
#pragma once

#include <string_view>

#include "audit/entry.h"
#include "audit/json_text.h"

namespace sluis::audit {

// Appends the JSON. `pseudonym` is what stands for the subject (hexadecimal, or empty where there is none):
// payload.subject itself is never written.
void append_payload(Pen& out, const Payload& payload, std::string_view pseudonym);

// Overwrites the texts of a payload with zeros and empties them.
void wipe_payload(Payload& payload) noexcept;

}  // namespace sluis::audit
