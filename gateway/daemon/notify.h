// sd_notify(3) by hand: tells systemd that the service is ready, reloads or stops. Nothing happens without
// NOTIFY_SOCKET.
#pragma once

#include <string_view>

namespace sluis::gateway {

void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_status(std::string_view text);

}  // namespace sluis::gateway
