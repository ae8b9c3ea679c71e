#include "hsm/profile.h"

namespace sluis::hsm {

namespace {

Profile softhsm() {
  Profile profile;
  profile.name = "softhsm";
  profile.software = true;
  return profile;
}

// NSS softokn has no EdDSA and gives a sensitive key's value to whoever asks within the process.
Profile nss() {
  Profile profile;
  profile.name = "nss";
  profile.software = true;
  profile.enforces_secrecy = false;
  profile.eddsa = 0;
  profile.hardening = false;  // its database has no column for COPYABLE
  return profile;
}

Profile opencryptoki() {
  Profile profile;
  profile.name = "opencryptoki";
  profile.edwards_name = EdwardsName::oid;
  return profile;
}

}  // namespace

Result<Profile> builtin_profile(std::string_view name) {
  if (name == "softhsm") return softhsm();
  if (name == "nss") return nss();
  if (name == "opencryptoki") return opencryptoki();
  if (name == "generic") return Profile{};
  return Error{Code::invalid, "unknown HSM profile: use softhsm, nss, opencryptoki or generic"};
}

std::vector<std::string_view> builtin_profile_names() {
  return {"softhsm", "nss", "opencryptoki", "generic"};
}

}  // namespace sluis::hsm
