#include "gateway/transit/keys/events.h"

#include <utility>

namespace sluis::gateway::transit {

audit::Event key_event(std::string_view action, std::string_view row_name, std::uint32_t version, std::string detail) {
  audit::Event event;
  event.action = action;
  event.key = row_name;
  event.key_version = version;
  event.payload.detail = std::move(detail);
  return event;
}

}  // namespace sluis::gateway::transit
