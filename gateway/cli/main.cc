// sluis: the command for the registry's backend, security officers, auditors and the key custodian.
#include <iostream>

#include "crypto/secret.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/print.h"

namespace {

constexpr const char* kFooter = R"(
A profile is a TOML file that says where the gateway is and which certificate to show:
  url = "https://gateway.example:8443"
  certificate = "backend.pem"
  key = "backend.key"
  ca = "gateway-ca.pem"

Exit codes:
  0 done   1 the answer is no   2 wrong command line   3 gateway not reached   4 denied   5 not found
  6 conflict   7 refused as invalid   8 budget spent   9 gateway unavailable, or records that do not open
  10 a local file or token

Examples:
  sluis --profile backend.toml records get diplomas d-42 --purpose diploma-verification --case C-2026-17
  sluis --profile backend.toml records import diplomas register.ndjson
  sluis --profile auditor.toml audit tail -n 20
  sluis hsm status --token sluis --pin-file /run/custodian/pin
  sluis completion bash > /etc/bash_completion.d/sluis)";

// Of a mistyped command the parser says only that a command is missing; people want to know which word it is not.
int wrong_words(const CLI::App& app, const CLI::RequiredError& error) {
  const auto unknown = app.remaining(true);
  if (!unknown.empty()) {
    std::cerr << "sluis: unknown word '" << sluis::cli::printable(unknown.front()) << "'\n"
              << "Run with --help for more information.\n";
  }
  if (unknown.empty()) app.exit(error);
  return static_cast<int>(sluis::cli::Exit::usage);
}

int run(int argc, char** argv) {
  CLI::App app{"Sluis: the encryption gateway's command", "sluis"};
  sluis::cli::Shared shared;
  app.add_option("--profile", shared.profile_path, "profile file of the gateway and certificate to use")
      ->envname("SLUIS_PROFILE")
      ->check(CLI::ExistingFile);
  app.add_flag("--json", shared.json, "print JSON, for programs");
  app.set_version_flag("--version", SLUIS_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  sluis::cli::add_records(app, shared);
  sluis::cli::add_adopt(app, shared);
  sluis::cli::add_export_to_key(app, shared);
  sluis::cli::add_hsm(app, shared);
  sluis::cli::add_policy(app, shared);
  sluis::cli::add_audit(app, shared);
  sluis::cli::add_keys(app, shared);
  sluis::cli::add_rollover(app, shared);
  sluis::cli::add_approvals(app, shared);
  sluis::cli::add_backup(app, shared);
  sluis::cli::add_key_destruction(app, shared);
  sluis::cli::add_status(app, shared);
  sluis::cli::add_completion(app);
  app.footer(kFooter);  // last: subcommands begin with a copy of it
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    return wrong_words(app, error);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(sluis::cli::Exit::usage);
  } catch (const sluis::cli::Failure& failure) {
    std::cerr << "sluis: " << failure.message << '\n';
    return static_cast<int>(failure.code);
  } catch (const std::exception& bug) {
    std::cerr << "sluis: unexpected: " << bug.what() << '\n';
    return static_cast<int>(sluis::cli::Exit::local);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto hardened = sluis::harden_process(); !hardened) {
    std::cerr << "sluis: " << hardened.error().what.view() << '\n';
    return static_cast<int>(sluis::cli::Exit::local);
  }
  return run(argc, argv);
}
