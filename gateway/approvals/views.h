// Requests for approval as the interface shows them. Pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "gateway/approvals/approval.h"
#include "gateway/http/call.h"

namespace sluis::gateway::approvals {

// {"approval","digest","needs","expires"}: what the requester gets.
boost::json::object asked_json(const Approval& approval);
// One line of a list.
boost::json::object row_json(const Approval& approval);
// The whole of it: exactly what will be done.
boost::json::object whole_json(const Approval& approval);

// "2026-11-24T17:02:31Z"
std::string moment_text(std::uint64_t time_us);

Reply json_reply(const boost::json::object& object, unsigned status = 200);

}  // namespace sluis::gateway::approvals
