// Where the gateway is and which certificate to show it: from options, from the environment (SLUIS_PROFILE) or from a
// profile, a small TOML file with the members url, certificate, key and ca (paths relative to the profile's folder).
#pragma once

#include <string>

namespace sluis::cli {

struct Profile {
  std::string url;          // https://host:port
  std::string certificate;  // PEM, with its chain
  std::string key;          // PEM
  std::string ca;           // PEM, trust anchors of the gateway's certificate
};

// Throws Failure with the place of a mistake.
Profile load_profile(const std::string& path);

}  // namespace sluis::cli
