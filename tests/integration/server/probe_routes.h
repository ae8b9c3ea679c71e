// Routes that bring about what the server must bear: replies that wait for the log, uploads, downloads, slow handlers.
#pragma once

#include <vector>

#include "gateway/http/call.h"
#include "tests/support/fake_log.h"

namespace sluis::test {

std::vector<gateway::Route> probe_routes(FakeLog& log);

}  // namespace sluis::test
