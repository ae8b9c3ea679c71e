#include "gateway/http/method.h"

#include <array>

namespace sluis::gateway {

namespace {
// In the order of enum Method.
constexpr std::array<std::string_view, 7> kNames{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "LIST"};
static_assert(kNames.size() == static_cast<std::size_t>(Method::other));
}  // namespace

Method method_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view name(Method method) noexcept {
  const auto index = static_cast<std::size_t>(method);
  return index < kNames.size() ? kNames[index] : std::string_view("-");
}

}  // namespace sluis::gateway
