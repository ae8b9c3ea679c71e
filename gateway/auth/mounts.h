// sys/mounts and sys/internal/ui/mounts: which engines there are and where. Fixed by the configuration, not by calls.
#pragma once

#include <array>

#include "gateway/auth/sys_routes.h"

namespace sluis::gateway::auth {

// Names of the segments of a path below sys/internal/ui/mounts, in patterns of routes.
inline constexpr std::array kPathSegments = {"{p1}", "{p2}", "{p3}", "{p4}", "{p5}", "{p6}", "{p7}", "{p8}"};

Outcome mounts(const SysParts& parts, Call& call);
Outcome logins(const SysParts& parts, Call& call);  // sys/auth
Outcome ui_mounts(const SysParts& parts, Call& call);
// The mount that the path lies under: what the command line clients ask before some commands.
Outcome ui_mount(const SysParts& parts, Call& call);

}  // namespace sluis::gateway::auth
