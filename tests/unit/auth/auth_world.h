// Login tokens over a real store and a governance key that a real token wraps; calls as the server hands them over.
#pragma once

#include "gateway/auth/token_gate.h"
#include "gateway/auth/token_text.h"
#include "gateway/auth/tokens.h"
#include "gateway/http/router.h"
#include "gateway/keys/governance.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway::auth {

using gateway::test::header_of;
using gateway::test::json_of_reply;
using gateway::test::Pairs;
using gateway::test::text_of;
using std::chrono::seconds;

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr std::uint64_t kStart = 1'770'000'000 * kSecondUs;

class AuthWorld : public gateway::test::World {
 protected:
  // A gateway of its own over the one store.
  std::unique_ptr<Tokens> gateway(TokenConfig config = {}) {
    auto governance = Governance::open(store(), token(), 1);
    if (!governance) throw std::runtime_error("no governance key");
    return std::make_unique<Tokens>(store(), *std::move(governance), config,
                                    [this] { return std::chrono::steady_clock::now() + passed.load(); });
  }

  static std::shared_ptr<const ClientCertificate> certificate(std::uint8_t number) {
    auto made = std::make_shared<ClientCertificate>();
    made->digest.fill(number);
    made->common_name = "client " + std::to_string(number);
    made->serial_number = "4096";
    made->subject_key_id = "0a:1b";
    made->authority_key_id = "2c:3d";
    made->not_after = kStart / kSecondUs + 1'000'000;
    return made;
  }

  // `headers` must outlive the call.
  Call call_of(const Pairs& headers, std::string_view principal = "backend", std::string_view body = {}) {
    Call call;
    for (const auto& [name, value] : headers) call.headers.emplace_back(name, value);
    call.principal = policy().principal_named(principal);
    call.policy = policy_now();
    call.certificate = mine;
    call.body = SecretBuffer(body);
    call.client_address = "192.0.2.1";
    call.request_id = "req-1";
    call.now_us = now;
    return call;
  }

  // All time there is moves on: the wall clock of the calls and the clock of the caches.
  void wait(seconds time) {
    now += static_cast<std::uint64_t>(time.count()) * kSecondUs;
    passed = passed.load() + time;
  }

  std::uint64_t now = kStart;
  std::shared_ptr<const ClientCertificate> mine = certificate(1);
  std::shared_ptr<const ClientCertificate> other = certificate(2);
};

template <typename T>
::testing::AssertionResult refused(const Result<T>& result, Code code, std::string_view words = {}) {
  if (result) return ::testing::AssertionFailure() << "accepted";
  if (result.error().code != code || result.error().what.view().find(words) == std::string_view::npos) {
    return ::testing::AssertionFailure() << name(result.error().code) << ": " << result.error().what.view();
  }
  return ::testing::AssertionSuccess();
}

}  // namespace sluis::gateway::auth
