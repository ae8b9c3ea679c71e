#include "pairs.h"

#include <map>

namespace sluis::test {

const PrivateKey& pair_of(PairKind kind) {
  static std::map<PairKind, PrivateKey> made;
  auto found = made.find(kind);
  if (found == made.end()) found = made.emplace(kind, *PrivateKey::generate(kind)).first;
  return found->second;
}

std::string label(PairKind kind) {
  constexpr const char* names[] = {"ed25519", "p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096"};
  return names[static_cast<std::size_t>(kind)];
}

bool is_rsa(PairKind kind) {
  return kind >= PairKind::rsa_2048;
}

bool is_ecdsa(PairKind kind) {
  return kind != PairKind::ed25519 && !is_rsa(kind);
}

}  // namespace sluis::test
