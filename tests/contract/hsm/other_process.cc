// Another process at the same token, for tests: other_process MODULE LABEL VERB KIND VERSION, the PIN on standard
// input. VERB is make or destroy. Exit status 0 if it worked.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "hsm/pin.h"
#include "hsm/pkcs11_token.h"

int main(int argc, char** argv) {
  using namespace sluis::hsm;
  if (argc != 6) return 2;
  auto pin = read_pin_fd(STDIN_FILENO);
  if (!pin) return 3;
  Pkcs11Config config;
  config.module_path = argv[1];
  config.token_label = argv[2];
  config.profile = *builtin_profile("softhsm");
  auto token = Pkcs11Token::open(config, std::move(*pin));
  if (!token) return 4;
  const std::string_view kind_name = argv[4];
  const KeyKind kind = kind_name == "master"  ? KeyKind::master
                       : kind_name == "audit" ? KeyKind::audit
                                              : KeyKind::pseudonym;
  const auto version = static_cast<std::uint32_t>(std::strtoul(argv[5], nullptr, 10));
  if (std::string_view(argv[3]) == "make") return (*token)->make(kind, version) ? 0 : 5;
  return (*token)->destroy(kind, version) ? 0 : 6;
}
