// Claims as people write them: FIELD=VALUE, FIELD>=VALUE, FIELD<=VALUE, FIELD>VALUE, FIELD<VALUE.
#pragma once

#include <string>
#include <vector>

#include "crypto/secret.h"

namespace sluis::cli {

// The body of an attest call (docs/records.md). A value that is a JSON number is sent as it is written, anything else
// as text; a value in double quotes is sent as text, without them. Throws Failure{Exit::usage} for a claim of another
// form, and for two claims about one field with the same sign.
SecretBuffer claims_body(const std::vector<std::string>& claims);

}  // namespace sluis::cli
