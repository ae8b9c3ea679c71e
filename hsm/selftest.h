// Known-answer self-test: the HSM's results against OpenSSL's, and the refusals that Sluis relies on.
#pragma once

#include <vector>

#include "hsm/connection.h"
#include "hsm/pkcs11_token.h"

namespace sluis::hsm {

// Fault lost if the token went away meanwhile; failed steps are in `out`.
Fault run_selftest(Connection& connection, std::vector<SelfTestStep>& out);

}  // namespace sluis::hsm
