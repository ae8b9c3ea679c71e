// The subcommands. Each adds itself to the application with its options, help and examples; the work runs in its
// callback and throws Failure (gateway/cli/exit.h).
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "gateway/cli/client.h"

namespace sluis::cli {

// Options that all subcommands share.
struct Shared {
  std::string profile_path;  // --profile or SLUIS_PROFILE
  bool json = false;

  Client client() const;  // throws if no profile is given
};

void add_records(CLI::App& app, const Shared& shared);
void add_import(CLI::App& records, const Shared& shared);
void add_export(CLI::App& records, const Shared& shared);
void add_adopt(CLI::App& app, const Shared& shared);
void add_export_to_key(CLI::App& app, const Shared& shared);
void add_hsm(CLI::App& app, const Shared& shared);
void add_policy(CLI::App& app, const Shared& shared);
void add_backup(CLI::App& app, const Shared& shared);
void add_audit(CLI::App& app, const Shared& shared);
void add_keys(CLI::App& app, const Shared& shared);
void add_rollover(CLI::App& app, const Shared& shared);
void add_approvals(CLI::App& app, const Shared& shared);
void add_policy_propose(CLI::App& policy, const Shared& shared);
void add_key_destruction(CLI::App& app, const Shared& shared);  // after whatever else there is on keys
void add_status(CLI::App& app, const Shared& shared);
void add_completion(CLI::App& app);

// Refuses an empty text: what an unset shell variable gives is a mistake, not "none".
CLI::Validator not_empty();

// Purpose and case reference: what a call that opens sealed values must state.
struct Why {
  std::string purpose, case_reference;
  void add_to(CLI::App& command);
  Headers headers() const;
};

}  // namespace sluis::cli
