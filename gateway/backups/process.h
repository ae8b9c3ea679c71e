// Running a program: no shell, never a fork (a PKCS#11 module is loaded in this process), a process group of its own
// that is killed whole when its time is over or it is told to stop. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "crypto/result.h"

namespace sluis::gateway {

struct Program {
  std::vector<std::string> argv;         // argv[0]: absolute path
  std::vector<std::string> environment;  // "NAME=value", all of it; no secrets
  int input = -1, output = -1;           // descriptors for standard input and output; -1: nothing
  std::chrono::seconds limit{60};
};

// Told what the program wrote to its standard error, at most kMaxComplaint bytes, control characters replaced.
using OnComplaint = std::function<void(const std::string& text)>;
inline constexpr std::size_t kMaxComplaint = 2048;

// Waits for its end. Errors: not_found if it cannot be run, unavailable for another exit status than 0, a signal, the
// end of its time, or a stop.
Status run_program(const Program& program, const std::stop_token& stop, const OnComplaint& on_complaint);

// What programs of this gateway find around them: PATH, HOME, the locale C, libpq's settings without its password.
std::vector<std::string> program_environment();

}  // namespace sluis::gateway
