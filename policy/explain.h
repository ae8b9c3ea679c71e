// Why a policy decides as it does, for people: `sluis policy explain` and `GET /v1/policy/explain`. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace sluis::policy {

// How far a grant goes along with a request: the first condition that fails, in this order.
enum class Verdict : std::uint8_t {
  applies,
  other_principal,
  other_action,
  other_target,  // another collection or key
  purpose,
  case_reference,
};

struct ExplainLine {
  std::string rule;  // name of the grant; "default" for the rule that denies
  std::string file;
  std::uint32_t line = 0;  // of the grant in the file; 0 for "default"
  Verdict verdict = Verdict::applies;
  std::string why;  // "applies: holder_name, institution"; may repeat what the request says
  std::string text() const;
};

// One line a grant in the order of the file, then, where none applies, one for "default" with the reason that decide()
// gives. Empty for a Policy that load_text() did not make.
std::vector<ExplainLine> explain(const Policy& policy, const Request& request);

// A collection, field or key that the policy names on trust: the configuration knows whether it exists.
struct Mention {
  std::string collection;  // empty with `field`: any of several
  std::string field;       // empty: the collection itself is meant
  std::string key;         // if not empty, the others are
  std::string file;
  std::uint32_t line = 0, column = 0;
};
std::vector<Mention> mentions(const Policy& policy);

}  // namespace sluis::policy
