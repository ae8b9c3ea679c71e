// Names of methods (RFC 9110 section 9; LIST is what clients of the Transit engine send).
#pragma once

#include <string_view>

#include "gateway/http/call.h"

namespace sluis::gateway {

// Case-sensitive, as methods are. Anything unknown is Method::other.
Method method_named(std::string_view name) noexcept;
std::string_view name(Method method) noexcept;  // "GET"; "-" for other

}  // namespace sluis::gateway
