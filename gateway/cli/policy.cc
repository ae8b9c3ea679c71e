// `sluis policy …`: checks and explains a policy file on this machine; no gateway is asked (but to propose one:
// approvals.cc).
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/print.h"
#include "policy/explain.h"
#include "policy/policy.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string file = "/etc/sluis/policy.toml", principal, action, collection, key, purpose, case_reference;
};

json::array as_json(const std::vector<policy::LoadError>& errors) {
  json::array out;
  for (const auto& error : errors) {
    out.push_back({{"file", error.file}, {"line", error.line}, {"column", error.column}, {"message", error.message}});
  }
  return out;
}

void check(const Shared& shared, const Given& given) {
  const policy::Loaded loaded = policy::load_file(given.file);
  if (shared.json) {
    std::cout << json::serialize(
                     json::object{{"errors", as_json(loaded.errors)}, {"warnings", as_json(loaded.warnings)}})
              << '\n';
  }
  if (!shared.json) {
    for (const auto& error : loaded.errors) std::cout << error.text() << '\n';
    for (const auto& warning : loaded.warnings) std::cout << "warning: " << warning.text() << '\n';
  }
  if (!loaded.policy) fail(Exit::no, given.file + ": " + counted(loaded.errors.size(), "error", "errors"));
  if (!shared.json) {
    std::cout << given.file << ": no errors, " << loaded.policy->principals().size() << " principals, digest "
              << loaded.policy->digest() << '\n';
  }
}

policy::Loaded load(const Given& given) {
  policy::Loaded loaded = policy::load_file(given.file);
  if (!loaded.policy) {
    fail(Exit::local, loaded.errors.empty() ? given.file + " does not load" : loaded.errors.front().text());
  }
  return loaded;
}

json::array fields_of(const policy::Decision& decision) {
  json::array out;
  if (decision.fields.all) out.emplace_back("*");
  for (const auto& name : decision.fields.names) out.emplace_back(name);
  return out;
}

void explain(const Shared& shared, const Given& given) {
  const policy::Loaded loaded = load(given);
  const policy::Principal* principal = loaded.policy->principal_named(given.principal);
  if (principal == nullptr) fail(Exit::not_found, "no principal '" + given.principal + "' in " + given.file);
  const policy::Request request{principal, given.action,  given.collection,
                                given.key, given.purpose, given.case_reference};
  const policy::Decision decision = loaded.policy->decide(request);
  json::array lines;
  for (const auto& line : policy::explain(*loaded.policy, request)) {
    lines.push_back({{"rule", line.rule}, {"line", line.line}, {"why", line.why}});
    if (!shared.json) std::cout << line.text() << '\n';
  }
  if (shared.json) {
    std::cout << json::serialize(json::object{{"allowed", decision.allowed},
                                              {"rule", decision.rule},
                                              {"reason", decision.reason},
                                              {"fields", fields_of(decision)},
                                              {"considered", std::move(lines)}})
              << '\n';
  }
  if (!shared.json) {
    std::cout << (decision.allowed
                      ? "allowed by '" + decision.rule + "', fields " + json::serialize(fields_of(decision))
                      : "denied: " + decision.reason)
              << '\n';
  }
  if (!decision.allowed) fail(Exit::no, "denied");
}

}  // namespace

void add_policy(CLI::App& app, const Shared& shared) {
  auto* policy = app.add_subcommand("policy", "check, explain and propose a policy file");
  policy->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = policy->add_subcommand("check", "whether a policy file loads; errors with line and column");
  sub->add_option("file", given->file, "policy file")->required();
  sub->footer("\nExample:\n  sluis policy check /etc/sluis/policy.toml");
  sub->callback([&shared, given] { check(shared, *given); });

  given = std::make_shared<Given>();
  sub = policy->add_subcommand("explain", "which rule decides, and why the others do not");
  sub->add_option("principal", given->principal, "name of the principal")->required();
  sub->add_option("action", given->action, "action, as records.read")->required();
  sub->add_option("--policy", given->file, "policy file")->capture_default_str();
  sub->add_option("--collection", given->collection, "collection");
  sub->add_option("--key", given->key, "key");
  sub->add_option("--purpose", given->purpose, "purpose");
  sub->add_option("--case", given->case_reference, "case reference");
  sub->footer(
      "\nExample:\n  sluis policy explain registry-backend records.read --collection diplomas \\\n"
      "    --purpose diploma-verification --case C-17 --policy policy.toml");
  sub->callback([&shared, given] { explain(shared, *given); });
  add_policy_propose(*policy, shared);
  policy->footer("\nExample:\n  sluis policy check /etc/sluis/policy.toml");
}

}  // namespace sluis::cli
