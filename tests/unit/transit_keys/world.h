// What Transit keys live on, for real: a SoftHSM token for the whole program, and a store for each test, of both kinds.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gateway/transit/keys/transit_keys.h"
#include "hsm/pkcs11_token.h"
#include "store/store.h"

namespace sluis::gateway::transit::test {

// Where one test's store lives.
class Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  virtual ~Place() = default;
  virtual std::unique_ptr<store::Store> open() = 0;     // another handle on the same store
  virtual void sql(const std::string& statements) = 0;  // behind Sluis' back
};

struct Kind {
  const char* name;
  std::unique_ptr<Place> (*make)();
};
std::unique_ptr<Place> make_sqlite_place();
std::unique_ptr<Place> make_postgres_place();

class KeysTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override;

  hsm::Token& token();
  store::Store& store() { return *store_; }
  TransitKeys& keys() { return *keys_; }
  // As another gateway has it, or this one after a restart.
  std::unique_ptr<TransitKeys> new_keys();
  void sql(const std::string& statements) { place_->sql(statements); }

  TransitKeys::Key make(std::string_view name, const CreateOptions& options = {});
  TransitKeys::Key rotated(std::string_view name);
  TransitKeys::Key configured(std::string_view name, const ConfigChange& change);

  TransitKeysConfig config;                         // for new_keys() from then on
  std::atomic<std::chrono::milliseconds> passed{};  // how far the keys' clock is ahead
  std::atomic<std::uint64_t> now_us{1'770'000'000'000'000};

 private:
  std::unique_ptr<Place> place_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<TransitKeys> keys_;
};

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().what.view()));
  return std::move(*result);
}

// Whether a call failed with this code and text.
template <typename T>
::testing::AssertionResult fails(const Result<T>& result, Code code, std::string_view what = {}) {
  if (result) return ::testing::AssertionFailure() << "succeeded";
  const Error& error = result.error();
  const bool same = error.code == code && (what.empty() || error.what.view() == what);
  if (same) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << name(error.code) << ": " << error.what.view();
}

template <typename T>
::testing::AssertionResult succeeds(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << name(result.error().code) << ": " << result.error().what.view();
}

inline bool same_secret(const SecretKey& a, const SecretKey& b) {
  return equal_constant_time(a.expose_secret(), b.expose_secret());
}

}  // namespace sluis::gateway::transit::test
