// sluisd, the gateway. Exit status: 0 stopped in good order, 1 something it needs is missing, 2 the command line, the
// configuration or the policy is wrong, 3 stopped while calls were still running.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "crypto/secret.h"
#include "gateway/config/config.h"
#include "gateway/daemon/daemon.h"

namespace {

using namespace sluis;
using namespace sluis::gateway;

enum class Mode { serve, check, migrate, restore, reference, approved_policy };

void say(const Reasons& lines) {
  for (const auto& line : lines) std::fprintf(stderr, "sluisd: %s\n", line.c_str());
}

// Held back before any thread is made, so that all threads inherit it; taken by sigwait.
sigset_t hold_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Descriptors that are neither a client's nor a connection to the store: files of the log and the store, the HSM's
// sessions, libraries.
constexpr std::uint64_t kOtherFiles = 200;

// A log that cannot open its next file is halted, so clients must never be able to use the descriptors up.
Reasons ensure_files(const Config& config) {
  const std::uint64_t needed = config.limits.connections + config.store.connections + kOtherFiles;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return {"the limit of open files cannot be read"};
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) return {"the limit of open files cannot be raised to its hard limit"};
  if (files.rlim_cur >= needed) return {};
  return {"limits.connections needs " + std::to_string(needed) + " open files and the hard limit (ulimit -Hn) is " +
          std::to_string(files.rlim_cur) + ": raise that or lower limits.connections"};
}

int serve(Loaded loaded) {
  const auto signals = hold_signals();
  if (const auto reasons = ensure_files(loaded.config); !reasons.empty()) {
    say(reasons);
    return 1;
  }
  Daemon daemon(std::move(loaded), SLUIS_VERSION);
  if (const auto reasons = daemon.start(); !reasons.empty()) {
    say(reasons);
    return 1;
  }
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return daemon.stop();
    daemon.reload();
  }
}

int migrate(Loaded loaded) {
  Parts parts;
  parts.config = std::move(loaded.config);
  auto reasons = make_oplog(parts);
  if (reasons.empty()) reasons = open_store(parts);
  if (reasons.empty()) {
    if (const auto done = parts.store->migrate(); !done) {
      reasons = {"store: " + std::string(done.error().what.view())};
    }
  }
  say(reasons);
  if (reasons.empty()) std::printf("The store's schema is up to date.\n");
  return reasons.empty() ? 0 : 1;
}

int restore(Loaded loaded, const std::string& manifest) {
  Parts parts;
  parts.config = std::move(loaded.config);
  auto reasons = make_oplog(parts);
  if (reasons.empty()) reasons = make_token(parts);
  if (reasons.empty()) reasons = restore_store(parts, manifest);
  say(reasons);
  return reasons.empty() ? 0 : 1;
}

// Needs the store and the HSM, and no policy file: that is what may be wrong.
int print_approved_policy(const std::string& config_file) {
  auto loaded = load_config(config_file);
  Reasons reasons;
  for (const auto& error : loaded.errors) reasons.push_back(error.text());
  say(reasons);
  if (!loaded.config) return 2;
  Parts parts;
  parts.config = *std::move(loaded.config);
  for (const auto step : {make_oplog, make_token, open_store, check_store, make_documents}) {
    if (reasons = step(parts); !reasons.empty()) break;
  }
  if (reasons.empty()) {
    const auto approved = approved_policy(parts);
    if (!approved) reasons = {"policy: " + std::string(approved.error().what.view())};
    if (approved) std::fputs(approved->c_str(), stdout);
  }
  say(reasons);
  return reasons.empty() ? 0 : 1;
}

int run(Mode mode, const std::string& config_file, const std::string& manifest) {
  if (mode == Mode::reference) {
    std::fputs(config_reference().c_str(), stdout);
    return 0;
  }
  if (const auto hardened = harden_process(); !hardened) {
    say({std::string(hardened.error().what.view())});
    return 1;
  }
  if (mode == Mode::approved_policy) return print_approved_policy(config_file);
  auto result = load_all(config_file);
  say(result.warnings);
  say(result.errors);
  if (!result.loaded) return 2;
  if (mode == Mode::migrate) return migrate(*std::move(result.loaded));
  if (mode == Mode::restore) return restore(*std::move(result.loaded), manifest);
  if (mode == Mode::serve) return serve(*std::move(result.loaded));
  std::printf("Configuration, policy and certificates are sound.\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"sluisd, the gateway in front of a store whose host must not read it"};
  std::string config = "/etc/sluis/sluis.toml";
  std::string manifest;
  auto mode = Mode::serve;
  app.add_option("--config", config, "configuration file")->capture_default_str();
  auto* const modes = app.add_option_group("instead of serving");
  modes->add_flag_callback(
      "--check", [&mode] { mode = Mode::check; }, "check configuration, policy and certificates");
  modes->add_flag_callback(
      "--migrate", [&mode] { mode = Mode::migrate; }, "bring the store's schema up to date");
  modes->add_option_function<std::string>(
      "--restore",
      [&](const std::string& path) {
        mode = Mode::restore;
        manifest = path;
      },
      "fill the store, which must be empty, from the backup of this manifest.json");
  modes->add_flag_callback(
      "--print-config-reference", [&mode] { mode = Mode::reference; }, "print docs/configuration.md");
  modes->add_flag_callback(
      "--print-approved-policy", [&mode] { mode = Mode::approved_policy; },
      "print the policy that was approved last, to put it back");
  modes->require_option(0, 1);
  app.set_version_flag("--version", "sluisd " SLUIS_VERSION);
  app.footer(
      "SIGHUP reloads configuration, policy, certificates and revocation lists; SIGTERM drains and stops.\n"
      "docs/operations.md has the rest.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run(mode, config, manifest);
}
