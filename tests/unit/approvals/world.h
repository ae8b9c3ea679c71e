// Approvals over a real store, log and governance key; as many gateways as a test wants over the one store.
#pragma once

#include <optional>

#include "gateway/approvals/guard.h"
#include "gateway/approvals/policy_change.h"
#include "gateway/keys/documents.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::approvals {

using policy::Role;

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr std::uint64_t kStart = 1'770'000'000 * kSecondUs;

// What each gateway has of its own.
struct Gateway {
  Gateway(Documents& documents, audit::Log& log, Settings settings)
      : ledger(documents), approvals(documents, ledger, log, settings), policy(documents, ledger, approvals) {}
  Ledger ledger;
  Approvals approvals;
  PolicyChanges policy;
};

// A policy with officer-1 to -3, custodian, auditor, operator. `without` leaves one out; `decides` is who may approve.
std::string officers(std::string_view without = {}, std::string_view decides = "role:security-officer");

class ApprovalWorld : public gateway::test::World {
 protected:
  void SetUp() override;

  std::unique_ptr<Gateway> gateway(Settings settings = {});
  Gateway& one() { return *one_; }

  Actor actor(std::string_view name);
  static Act act(std::string_view path = "/v1/things/a:break");
  // Asked by officer-1, of two officers; approved by officer-2.
  Approval asked(Role second = Role::security_officer, std::string_view path = "/v1/things/a:break");
  Approval approved(std::string_view path = "/v1/things/a:break");

  // Rows as they were, for putting them back behind Sluis' back.
  store::Document row(std::string_view kind, std::string_view name);
  void put_back(const store::Document& row);
  void remove_row(std::string_view kind, std::string_view name);

  Documents& documents() { return *documents_; }
  std::uint64_t now = kStart;

 private:
  std::unique_ptr<store::Store> rows_;
  std::unique_ptr<Governance> governance_;
  std::unique_ptr<Documents> documents_;
  std::unique_ptr<Gateway> one_;
};

template <typename T>
::testing::AssertionResult refused(const Result<T>& result, Code code, std::string_view words = {}) {
  if (result) return ::testing::AssertionFailure() << "accepted";
  if (result.error().code != code || result.error().what.view().find(words) == std::string_view::npos) {
    return ::testing::AssertionFailure() << name(result.error().code) << ": " << result.error().what.view();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace sluis::gateway::approvals
