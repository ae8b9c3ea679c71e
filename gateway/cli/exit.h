// How the `sluis` command ends: exit codes, and the one exception of the command. A command-line program unwinds to
// main with a message for a person; nothing else in Sluis throws for expected failures.
#pragma once

#include <string>
#include <utility>

namespace sluis::cli {

// Documented in docs/cli.md and in `sluis --help`.
enum class Exit : int {
  ok = 0,
  no = 1,           // the answer is no: claim not satisfied, verification or self-test failed, file has errors
  usage = 2,        // the command line is wrong
  unreachable = 3,  // no connection to the gateway, or its certificate is not accepted
  denied = 4,       // 401, 403
  not_found = 5,    // 404
  conflict = 6,     // 409, 412
  invalid = 7,      // 400, 413, 415 and other 4xx; lines refused by an import
  budget = 8,       // 429, or in the middle of an export
  unavailable = 9,  // 5xx; records that do not open
  local = 10,       // a file or a token on this machine
};

struct Failure {
  Exit code;
  std::string message;
};

[[noreturn]] inline void fail(Exit code, std::string message) {
  throw Failure{code, std::move(message)};
}

}  // namespace sluis::cli
