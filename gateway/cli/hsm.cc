// `sluis hsm …`: what the key custodian runs, on the machine that reaches the HSM, with the custodian's own PIN.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "audit/note.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/print.h"
#include "hsm/pin.h"
#include "hsm/pkcs11_token.h"
#include "hsm/provision.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

// Where one PIN comes from: exactly one of three.
struct PinSource {
  std::string file, credential;
  int descriptor = -1;

  void add_to(CLI::App& command, const std::string& name, const std::string& whose) {
    auto* group = command.add_option_group(name, whose);
    group->add_option("--" + name + "-file", file, "file of mode 0600 with the PIN");
    group->add_option("--" + name + "-fd", descriptor, "file descriptor to read the PIN from")
        ->check(CLI::NonNegativeNumber);
    group->add_option("--" + name + "-credential", credential, "systemd credential with the PIN");
    group->require_option(1);
  }

  SecretKey read() const {
    auto pin = !file.empty()         ? hsm::read_pin_file(file)
               : !credential.empty() ? hsm::read_pin_credential(credential)
                                     : hsm::read_pin_fd(descriptor);
    if (!pin) fail(Exit::local, std::string(pin.error().what.view()));
    return *std::move(pin);
  }
};

struct Given {
  hsm::Pkcs11Config config;
  std::string profile = "softhsm", origin;
  PinSource pin, so_pin;
};
using GivenPtr = std::shared_ptr<Given>;

template <typename T>
T take(Result<T> result) {
  if (!result) fail(Exit::local, "HSM: " + std::string(result.error().what.view()));
  return *std::move(result);
}

hsm::Pkcs11Config config_of(const Given& given) {
  hsm::Pkcs11Config config = given.config;
  config.profile = take(hsm::builtin_profile(given.profile));
  return config;
}

std::unique_ptr<hsm::Pkcs11Token> open(const Given& given) {
  return take(hsm::Pkcs11Token::open(config_of(given), given.pin.read()));
}

// Rows for people, or the same as a JSON array of objects with the columns' names in lower case.
void show(const Shared& shared, const std::vector<std::string>& columns,
          const std::vector<std::vector<std::string>>& rows) {
  if (!shared.json) {
    Table table(columns);
    for (const auto& row : rows) table.row(row);
    table.print();
    return;
  }
  json::array out;
  for (const auto& row : rows) {
    json::object object;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string name = columns[i];
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      object[name] = row[i];
    }
    out.emplace_back(std::move(object));
  }
  std::cout << json::serialize(out) << '\n';
}

std::string_view text(hsm::InitOutcome outcome) {
  switch (outcome) {
    case hsm::InitOutcome::existed:
      return "existed";
    case hsm::InitOutcome::pin_set:
      return "user PIN set";
    case hsm::InitOutcome::initialised:
      return "initialised";
  }
  return "?";
}

std::string_view text(hsm::ProvisionStep::Outcome outcome) {
  switch (outcome) {
    case hsm::ProvisionStep::Outcome::created:
      return "created";
    case hsm::ProvisionStep::Outcome::existed:
      return "existed";
    case hsm::ProvisionStep::Outcome::unsupported:
      return "not supported by this token";
  }
  return "?";
}

std::string_view text(hsm::SelfTestStep::Outcome outcome) {
  switch (outcome) {
    case hsm::SelfTestStep::Outcome::passed:
      return "passed";
    case hsm::SelfTestStep::Outcome::failed:
      return "FAILED";
    case hsm::SelfTestStep::Outcome::skipped:
      return "skipped";
  }
  return "?";
}

void init(const Shared& shared, const Given& given) {
  const auto outcome = take(hsm::initialise_token(config_of(given), given.so_pin.read(), given.pin.read()));
  std::vector<std::vector<std::string>> rows{{"token " + given.config.token_label, std::string(text(outcome))}};
  const auto token = open(given);
  for (const auto& step : take(hsm::make_first_keys(*token)))
    rows.push_back({step.label, std::string(text(step.outcome))});
  show(shared, {"OBJECT", "OUTCOME"}, rows);
}

void status(const Shared& shared, const Given& given) {
  const auto token = open(given);
  const hsm::TokenInfo info = take(token->probe());
  std::vector<std::vector<std::string>> rows{
      {"label", info.label},
      {"manufacturer", info.manufacturer},
      {"model", info.model},
      {"serial", info.serial},
      {"firmware", info.firmware},
      {"profile", info.profile},
      {"software token", info.software ? "yes: keys lie in files, for trials only" : "no"},
      {"sessions", std::to_string(info.sessions_open) + " of " + std::to_string(info.sessions_limit)}};
  for (const auto& orphan : info.orphans) rows.push_back({"orphan object", orphan});
  show(shared, {"WHAT", "VALUE"}, rows);
}

void list(const Shared& shared, const Given& given) {
  const auto token = open(given);
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : take(token->list())) {
    rows.push_back({key.label, std::string(hsm::name(key.kind)), std::to_string(key.version), to_hex(key.id)});
  }
  show(shared, {"LABEL", "KIND", "VERSION", "ID"}, rows);
}

void selftest(const Shared& shared, const Given& given) {
  const auto token = open(given);
  bool failed = false;
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : take(token->selftest())) {
    failed = failed || step.outcome == hsm::SelfTestStep::Outcome::failed;
    rows.push_back({std::string(step.name), std::string(text(step.outcome)), std::string(step.detail)});
  }
  show(shared, {"STEP", "OUTCOME", "DETAIL"}, rows);
  if (failed) fail(Exit::no, "the self-test failed: do not use this token with this profile");
}

void audit_key(const Shared& shared, const Given& given) {
  if (!audit::is_origin(given.origin)) {
    fail(Exit::usage, "a log's name is 1 to 255 printable ASCII characters without space or plus");
  }
  const auto token = open(given);
  std::uint32_t newest = 0;
  for (const auto& key : take(token->list())) {
    if (key.kind == hsm::KeyKind::audit) newest = std::max(newest, key.version);
  }
  if (newest == 0) fail(Exit::not_found, "the token has no audit key: run `sluis hsm init`");
  const std::string key = audit::verifier_key(given.origin, take(token->public_key(newest)));
  std::cout << (shared.json ? json::serialize(json::object{{"key", key}}) : key) << '\n';
}

// The next version of the signing key. The gateway signs with it from its next start on, and for a while with the one
// before too.
void new_audit_key(const Shared& shared, const Given& given) {
  const auto token = open(given);
  std::uint32_t newest = 0;
  for (const auto& key : take(token->list())) {
    if (key.kind == hsm::KeyKind::audit) newest = std::max(newest, key.version);
  }
  if (newest == 0) fail(Exit::not_found, "the token has no audit key: run `sluis hsm init`");
  const hsm::KeyInfo made = take(token->make(hsm::KeyKind::audit, newest + 1));
  show(shared, {"OBJECT", "OUTCOME"}, {{made.label, "created"}});
}

CLI::App* command(CLI::App& hsm, const char* name, const char* text, const GivenPtr& given, const char* more = "") {
  auto* sub = hsm.add_subcommand(name, text);
  sub->add_option("--module", given->config.module_path, "path of the PKCS#11 module")
      ->default_val("/usr/lib/softhsm/libsofthsm2.so");
  sub->add_option("--reserved", given->config.reserved, "string that the module wants at its start (NSS)");
  sub->add_option("--token", given->config.token_label, "label of the token")->default_val("sluis");
  sub->add_option("--vendor", given->profile, "vendor profile: softhsm, nss, opencryptoki, generic")
      ->capture_default_str();
  given->pin.add_to(*sub, "pin", "the custodian's PIN");
  sub->footer(std::string("\nExample:\n  sluis hsm ") + name + " --token sluis --pin-file /run/custodian/pin" + more);
  return sub;
}

}  // namespace

void add_hsm(CLI::App& app, const Shared& shared) {
  auto* hsm = app.add_subcommand("hsm", "set up and check the token; for the key custodian");
  hsm->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = command(*hsm, "init", "initialise the token and make the first keys; safe to repeat", given,
                      " --so-pin-file /run/custodian/so-pin");
  given->so_pin.add_to(*sub, "so-pin", "the security officer's PIN of the token");
  sub->callback([&shared, given] { init(shared, *given); });

  given = std::make_shared<Given>();
  sub = command(*hsm, "audit-key", "print the log's verifier key, for auditors", given,
                " --origin sluis.example/gateway-1");
  sub->add_option("--origin", given->origin, "name of the log: audit.origin of the configuration")->required();
  sub->callback([&shared, given] { audit_key(shared, *given); });

  given = std::make_shared<Given>();
  sub = command(*hsm, "new-audit-key", "make the next version of the log's signing key", given);
  sub->callback([&shared, given] { new_audit_key(shared, *given); });

  hsm->footer("\nExample:\n  sluis hsm status --token sluis --pin-file /run/custodian/pin");
  const std::tuple<const char*, const char*, void (*)(const Shared&, const Given&)> rest[] = {
      {"status", "what the token says of itself, and orphan objects", status},
      {"selftest", "known answers of every operation that Sluis uses", selftest},
      {"list", "the keys of Sluis on the token", list}};
  for (const auto& [name, text, run] : rest) {
    auto each = std::make_shared<Given>();
    command(*hsm, name, text, each)->callback([&shared, each, run = run] { run(shared, *each); });
  }
}

}  // namespace sluis::cli
