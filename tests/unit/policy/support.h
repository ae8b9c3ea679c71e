// A small policy that most tests begin with, and short ways to ask it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "policy/policy.h"

namespace sluis::policy {

inline constexpr std::string_view small_policy = R"(purposes = ["check", "citizen", "unused"]

[[principal]]
name = "backend-1"
uri = "urn:test:backend-1"
roles = ["backend"]

[[principal]]
name = "backend-2"
subject = "CN=backend-2,O=Test,C=BE"
ca = "agency"
roles = ["backend"]

[[principal]]
name = "auditor-1"
uri = "urn:test:auditor-1"
roles = ["auditor"]

[[principal]]
name = "idle"
uri = "urn:test:idle"
roles = ["operator"]

[[grant]]
name = "check"
to = ["backend-1"]
actions = ["records.read", "records.attest"]
collections = ["diplomas"]
fields = ["name", "level"]
purposes = ["check"]

[[grant]]
name = "check-more"
to = ["role:backend"]
actions = ["records.read"]
collections = ["*"]
fields = ["level", "place"]
purposes = ["check", "citizen"]
case_required = true

[[grant]]
name = "writes"
to = ["backend-1"]
actions = ["records.put"]
collections = ["diplomas", "theses"]

[[grant]]
name = "find"
to = ["backend-2"]
actions = ["records.search"]
collections = ["diplomas"]
fields = ["name"]
search_by = ["number"]
purposes = ["*"]

[[grant]]
name = "audits"
to = ["role:auditor"]
actions = ["audit.*", "keys.read"]
keys = ["diplomas"]
)";

// Every problem a line, as text() has it: what a failing test shows.
inline std::string all_text(const std::vector<LoadError>& problems) {
  std::string out;
  for (const LoadError& problem : problems) out += problem.text() + "\n";
  return out;
}

inline std::shared_ptr<const Policy> load_good(std::string_view text) {
  Loaded loaded = load_text(text, "p.toml");
  EXPECT_EQ(all_text(loaded.errors), "");
  EXPECT_NE(loaded.policy, nullptr);
  return loaded.policy;
}

inline Request ask(const Policy& policy, std::string_view who, std::string_view action,
                   std::string_view collection = {}, std::string_view purpose = {}, std::string_view case_ref = {}) {
  return {policy.principal_named(who), action, collection, {}, purpose, case_ref};
}

}  // namespace sluis::policy
