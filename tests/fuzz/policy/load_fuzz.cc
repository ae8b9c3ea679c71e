// Any bytes as a policy: either a policy and no error, or errors with a place; and a policy that was made answers.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/actions.h"
#include "policy/explain.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void ask_all(const sluis::policy::Policy& policy) {
  for (const auto& name : policy.principals()) {
    for (const auto& action : sluis::policy::actions()) {
      const sluis::policy::Request request{
          policy.principal_named(name), action.name, "diplomas", "diplomas", "check", "c"};
      const auto decision = policy.decide(request);
      must(decision.allowed == decision.reason.empty());
      must((action.roles & sluis::policy::mask_of(request.principal->roles)) != 0 || !decision.allowed);
      must(!explain(policy, request).empty());
    }
    policy.budget(name, "diplomas");
  }
  must(policy.principal_of({}) == nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = sluis::policy::load_text(text, "fuzz");
  must((loaded.policy == nullptr) == !loaded.errors.empty());
  for (const auto& error : loaded.errors) must(!error.message.empty() && error.message.size() < 1000);
  if (loaded.policy) ask_all(*loaded.policy);
  return 0;
}
