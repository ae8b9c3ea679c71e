#include "gateway/cli/verifier_key.h"

#include "audit/note.h"
#include "gateway/cli/exit.h"

namespace sluis::cli {

VerifierKey parse_verifier_key(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const auto first = text.find('+');
  const auto second = first == std::string::npos ? first : text.find('+', first + 1);
  if (second == std::string::npos)
    fail(Exit::usage, "a verifier key is written NAME+HEX+BASE64, as `sluis hsm audit-key` prints it");
  const auto bytes = from_base64(text.substr(second + 1));
  if (!bytes || bytes->size() != audit::kPublicKeySize + 1 || bytes->front() != 1) {
    fail(Exit::usage, "the verifier key is not an Ed25519 key");
  }
  VerifierKey key{text.substr(0, first), Bytes(bytes->begin() + 1, bytes->end())};
  if (audit::verifier_key(key.origin, key.key) != text)
    fail(Exit::usage, "the verifier key's id does not match its key");
  return key;
}

}  // namespace sluis::cli
