// The contract of store/store.h, run for every implementation. A Place is where one test's store lives: a file of its
// own, or a schema of its own in a PostgreSQL database.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/store.h"
#include "store/transfer.h"

namespace sluis::store {

class Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  virtual ~Place() = default;

  // Another handle on the same store, as another gateway would have.
  virtual std::unique_ptr<Store> open() = 0;
  virtual std::unique_ptr<Transfer> transfer() = 0;
  // Statements behind the store's back.
  virtual void run(const std::string& sql) = 0;
  // The single number that a query answers.
  virtual std::int64_t ask(const std::string& sql) = 0;
};

struct Kind {
  const char* name;
  std::unique_ptr<Place> (*make)();
};

std::unique_ptr<Place> make_sqlite_place();
std::unique_ptr<Place> make_postgres_place();
// The connection string (Unix socket, or what SLUIS_TEST_PG_DSN says) of the cluster that the tests share.
const std::string& postgres_dsn();

class StoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    place = GetParam().make();
    store = place->open();
    ASSERT_TRUE(store->migrate());
  }

  std::unique_ptr<Place> place;
  std::unique_ptr<Store> store;
};

inline IndexTerm term(std::uint16_t field, std::uint32_t version, std::string_view text) {
  return {field, version, Bytes(text.begin(), text.end())};
}

inline Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

inline Record record(std::string_view id, std::uint64_t revision = 1, std::vector<IndexTerm> terms = {}) {
  Record made;
  made.collection = "diplomas";
  made.id = id;
  made.revision = revision;
  made.key_version = 3;
  made.open_fields = R"({"year":1999})";
  made.envelope = bytes("sealed " + std::string(id) + "\n");
  made.envelope.push_back(0);
  made.envelope.push_back(0xff);
  made.terms = std::move(terms);
  return made;
}

inline Expected at(std::uint64_t revision) {
  return {Expected::Kind::revision, revision};
}
inline constexpr Expected kAnything{Expected::Kind::anything, 0};
inline constexpr Expected kAbsent{Expected::Kind::absent, 0};

// Whether a call failed, and failed with this code.
template <typename T>
::testing::AssertionResult fails_with(const Result<T>& result, Code code) {
  if (result) return ::testing::AssertionFailure() << "succeeded";
  if (result.error().code == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << name(result.error().code) << ": " << result.error().what.view();
}

template <typename T>
::testing::AssertionResult succeeds(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << name(result.error().code) << ": " << result.error().what.view();
}

inline std::vector<std::string> ids_of(const std::vector<Record>& records) {
  std::vector<std::string> ids;
  for (const Record& one : records) ids.push_back(one.id);
  return ids;
}

inline void expect_same(const Record& stored, const Record& written) {
  EXPECT_EQ(stored.collection, written.collection);
  EXPECT_EQ(stored.id, written.id);
  EXPECT_EQ(stored.revision, written.revision);
  EXPECT_EQ(stored.key_version, written.key_version);
  EXPECT_EQ(stored.open_fields, written.open_fields);
  EXPECT_EQ(stored.envelope, written.envelope);
}

}  // namespace sluis::store
