#include "hsm/token.h"

namespace sluis::hsm {

std::string_view name(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::master:
      return "master";
    case KeyKind::audit:
      return "audit";
    case KeyKind::pseudonym:
      return "pseudonym";
  }
  return "unknown";
}

std::string label_of(KeyKind kind, std::uint32_t version) {
  const std::string text(name(kind));
  return "sluis-" + text + "-" + text.substr(0, 1) + std::to_string(version);
}

}  // namespace sluis::hsm
