// What the subcommands of `sluis audit` that check a log share: the log's keys, as a person gives them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "crypto/bytes.h"
#include "gateway/cli/commands.h"

namespace sluis::cli {

void add_audit_verify(CLI::App& audit, const Shared& shared);
void add_audit_receipt(CLI::App& audit, const Shared& shared);

// --key and --key-file, each as often as the log has keys.
struct LogKeys {
  std::vector<std::string> texts, files;
  void add_to(CLI::App& command);

  struct Parsed {
    std::string origin;  // empty if there is no key
    std::vector<Bytes> keys;
  };
  Parsed parse() const;  // throws Failure: malformed keys, or keys of several logs
};

}  // namespace sluis::cli
