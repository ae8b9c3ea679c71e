// The Transit interface behind its routes, for real: a SoftHSM token for the whole program, a SQLite store, a router
// and a policy for each test; the log is the fake one that completes at once.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/router.h"
#include "gateway/transit/api/routes.h"
#include "hsm/pkcs11_token.h"
#include "tests/support/fake_log.h"

namespace sluis::gateway::transit::test {

struct Answered {
  unsigned status = 0;
  boost::json::value json;
  std::vector<audit::Event> events;
  Hold hold = Hold::nothing;
  std::vector<std::pair<std::string, std::string>> headers = {};

  const boost::json::object& data() const { return json.at("data").as_object(); }
  std::string text(std::string_view name) const { return std::string(data().at(name).as_string()); }
  std::string error() const;  // the only one
  std::vector<std::string> warnings() const;
  std::string header(std::string_view name) const;         // empty where there is none
  const boost::json::object& result(std::size_t i) const;  // of batch_results
};

struct Ask {
  std::string principal = "backend";
  std::string purpose = {}, case_reference = {};
};

class TransitTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Below "/v1/transit/"; `body` is JSON text. The call goes the server's way: router, policy, handler.
  Answered call(std::string_view method, std::string_view path, std::string_view body = {}, const Ask& ask = {});
  Answered post(std::string_view path, std::string_view body = {}) { return call("POST", path, body); }
  Answered officer(std::string_view method, std::string_view path, std::string_view body = {}) {
    return call(method, path, body, {"officer"});
  }
  // Makes a key, as the officer.
  void make(std::string_view name, std::string_view options = "{}");
  std::string encrypt(std::string_view key, std::string_view plaintext_base64, std::string_view more = {});
  // What a stream answers to its body, fed in pieces of so many bytes; and its entries.
  std::string stream(std::string_view path, std::string_view body, std::size_t piece,
                     std::vector<audit::Event>* events = {});

  TransitKeys& keys() { return *keys_; }
  store::Store& store() { return *store_; }
  Summary& summary() { return *summary_; }
  sluis::test::FakeLog& log() { return *log_; }
  const Parts& parts() { return *parts_; }
  // Other settings, or another counter limit, from now on.
  void use(const Settings& settings, TransitKeysConfig config = {});
  void use_policy(std::string_view toml);

 private:
  Call call_of(std::string_view method, std::string_view path, std::string_view body, const Ask& ask,
               const Route** route);
  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<TransitKeys> keys_;
  std::unique_ptr<sluis::test::FakeLog> log_;
  std::unique_ptr<Summary> summary_;
  policy::Budgets budgets_;
  std::shared_ptr<const Parts> parts_;
  std::unique_ptr<Router> router_;
  std::shared_ptr<const policy::Policy> policy_;
};

std::string base64(std::string_view text);
std::string plain(std::string_view base64_text);

}  // namespace sluis::gateway::transit::test
