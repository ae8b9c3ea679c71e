// JSON replies as people read them. The values may hold plaintext, so they live in a WipingResource.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret.h"
#include "gateway/cli/client.h"

namespace sluis::cli {

// The reply's body; throws Failure if it is no JSON. The resource outlives the value.
boost::json::value parse_reply(const Response& response, WipingResource& memory);

// A value as one cell: texts without quotes, everything else as JSON.
std::string cell(const boost::json::value& value);

// Members of an object, one a line.
void print_object(const boost::json::object& object);
// Objects as rows; the columns are the members in the order in which they first appear.
void print_rows(const boost::json::array& rows);

}  // namespace sluis::cli
