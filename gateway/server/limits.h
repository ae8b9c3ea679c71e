// Bounds on what clients may use. All configured: section [limits]; a reload changes them for the next request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/http/request_parser.h"

namespace sluis::gateway {

using Milliseconds = std::chrono::milliseconds;

struct Limits {
  ParserLimits parser;
  std::size_t body_memory = 256U << 20U;  // bytes of all request bodies in memory at a time
  std::size_t requests_in_flight = 4096;  // from head to reply
  std::size_t connections = 4096;
  std::size_t connections_per_principal = 1024;
  std::size_t upload_piece = 256U << 10U;  // bytes handed to a sink at a time
  std::uint64_t body_rate = 4096;          // least bytes a second, both ways, past the grace
  Milliseconds handshake_time{10'000};
  Milliseconds header_time{10'000};
  Milliseconds idle_time{60'000};
  Milliseconds body_grace{10'000};
  Milliseconds write_grace{20'000};
  Milliseconds linger_time{2'000};  // reading on after a refusal, so that it arrives
};

}  // namespace sluis::gateway
