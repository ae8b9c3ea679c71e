// Pages: search by equality and scan, their order, their limits.
#include <algorithm>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

// Reads all pages of at most `limit`, checking that each is full unless it is the last.
template <typename Page>
std::vector<std::string> all_pages(std::size_t limit, const Page& page) {
  std::vector<std::string> ids;
  for (std::string after;;) {
    auto part = page(after);
    EXPECT_TRUE(succeeds(part));
    if (!part) return ids;
    for (const Record& one : part->records) ids.push_back(one.id);
    if (!part->more) return ids;
    EXPECT_EQ(part->records.size(), limit);
    if (part->records.empty()) return ids;
    after = ids.back();
  }
}

TEST_P(StoreContract, ScansInTheOrderOfBytes) {
  std::vector<std::string> ids = {"a",  "B", "ab",         "a b", "a-b", "é", "z", "Z",
                                  "10", "9", "\U0001F512", "漢",  "ÿ",   "_", "~"};
  for (const std::string& id : ids) ASSERT_TRUE(succeeds(store->put(record(id), kAbsent)));
  std::sort(ids.begin(), ids.end(), [](const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
    });
  });
  for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{7}, ids.size(), ids.size() + 1}) {
    EXPECT_EQ(all_pages(limit, [&](const std::string& after) { return store->scan("diplomas", after, limit); }), ids);
  }
  EXPECT_TRUE(fails_with(store->scan("diplomas", "", 0), Code::invalid));
  EXPECT_TRUE(store->scan("empty", "", 10)->records.empty());
}

TEST_P(StoreContract, PagesStayStableWhileOthersWrite) {
  for (int i = 10; i < 30; ++i) ASSERT_TRUE(succeeds(store->put(record(std::to_string(i)), kAbsent)));
  int next = 30;
  const auto ids = all_pages(3, [&](const std::string& after) {
    EXPECT_TRUE(succeeds(store->put(record("0" + std::to_string(next)), kAbsent)));  // before every page
    EXPECT_TRUE(succeeds(store->put(record(std::to_string(++next)), kAbsent)));      // after every page
    if (!after.empty()) {
      EXPECT_TRUE(succeeds(store->remove("diplomas", after, kAnything)));
    }
    // the page's own anchor
    return store->scan("diplomas", after, 3);
  });
  for (int i = 10; i < 30; ++i) EXPECT_EQ(std::count(ids.begin(), ids.end(), std::to_string(i)), 1) << i;
}

TEST_P(StoreContract, SearchAsksForBothKeyVersions) {
  ASSERT_TRUE(succeeds(store->put(record("old", 1, {term(1, 1, "jansen-v1")}), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(record("new", 1, {term(1, 2, "jansen-v2")}), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(record("both", 1, {term(1, 1, "jansen-v1"), term(1, 2, "jansen-v2")}), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(record("other", 1, {term(2, 1, "jansen-v1")}), kAbsent)));
  const Match jansen{{term(1, 1, "jansen-v1"), term(1, 2, "jansen-v2")}};
  for (const std::size_t limit : {1U, 2U, 3U, 9U}) {
    EXPECT_EQ(
        all_pages(limit, [&](const std::string& after) { return store->search("diplomas", {jansen}, after, limit); }),
        (std::vector<std::string>{"both", "new", "old"}));
  }
  auto page = store->search("diplomas", {jansen}, "", 9);
  expect_same(page->records.at(1), record("new"));
}

TEST_P(StoreContract, SearchSatisfiesEveryMatch) {
  for (int i = 100; i < 400; ++i) {
    const auto named = [](std::uint16_t field, int value) { return term(field, 1, "v" + std::to_string(value)); };
    ASSERT_TRUE(succeeds(
        store->put(record(std::to_string(i), 1, {named(1, i % 2), named(2, i % 3), named(3, i % 5)}), kAbsent)));
  }
  std::vector<std::string> wanted;
  for (int i = 100; i < 400; ++i) {
    if (i % 2 == 1 && i % 3 != 0 && i % 5 == 4) wanted.push_back(std::to_string(i));
  }
  const std::vector<Match> all_of = {
      {{term(1, 1, "v1")}}, {{term(2, 1, "v1"), term(2, 1, "v2")}}, {{term(3, 1, "v4")}}};
  for (const std::size_t limit : {std::size_t{1}, std::size_t{4}, wanted.size(), std::size_t{1000}}) {
    EXPECT_EQ(
        all_pages(limit, [&](const std::string& after) { return store->search("diplomas", all_of, after, limit); }),
        wanted);
  }
  EXPECT_TRUE(store->search("diplomas", {all_of[0], {{term(9, 1, "v1")}}}, "", 9)->records.empty());
}

TEST_P(StoreContract, SearchWithoutConditionsOrTerms) {
  ASSERT_TRUE(succeeds(store->put(record("a", 1, {term(1, 1, "x")}), kAbsent)));
  EXPECT_EQ(store->search("diplomas", {}, "", 9)->records.size(), 1U);
  EXPECT_EQ(store->search("diplomas", {Match{}}, "", 9)->records.size(), 0U);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "x")}}, Match{}}, "", 9)->records.size(), 0U);
  EXPECT_TRUE(fails_with(store->search("diplomas", std::vector<Match>(kMaxMatches + 1), "", 9), Code::too_large));
}

TEST_P(StoreContract, PagesAreBoundedInBytes) {
  Record big = record("big", 1, {term(1, 1, "x")});
  big.envelope.resize(kMaxPageBytes / 4);
  for (int i = 0; i < 6; ++i) {
    big.id = std::to_string(i);
    ASSERT_TRUE(succeeds(store->put(big, kAbsent)));
  }
  for (const std::vector<Match>& all_of : {std::vector<Match>{}, std::vector<Match>{{{term(1, 1, "x")}}}}) {
    auto first = store->search("diplomas", all_of, "", 100);
    ASSERT_TRUE(succeeds(first));
    EXPECT_EQ(ids_of(first->records), (std::vector<std::string>{"0", "1", "2", "3"}));
    EXPECT_TRUE(first->more);
    auto second = store->search("diplomas", all_of, "3", 100);
    EXPECT_EQ(ids_of(second->records), (std::vector<std::string>{"4", "5"}));
    EXPECT_FALSE(second->more);
    EXPECT_EQ(second->records.at(1).envelope.size(), big.envelope.size());
  }
}

}  // namespace
}  // namespace sluis::store
