// Single records: put, get, read, remove, and the compare-and-set that each write is.
#include <algorithm>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

TEST_P(StoreContract, KeepsARecordByteForByte) {
  const Record written = record("a");
  ASSERT_TRUE(succeeds(store->put(written, kAnything)));
  auto stored = store->get("diplomas", "a");
  ASSERT_TRUE(succeeds(stored));
  expect_same(*stored, written);
  EXPECT_TRUE(stored->terms.empty());
}

TEST_P(StoreContract, KeepsWhatIsEmptyOrAtItsLimits) {
  Record least = record("least");
  least.open_fields.clear();
  least.envelope.clear();
  least.key_version = 0;
  Record most = record("most", std::uint64_t{1} << 62U);
  most.key_version = 2'147'483'647;
  most.envelope.assign(std::size_t{1} << 20U, 0xa5);
  for (std::uint16_t i = 0; i < 256; ++i) most.terms.push_back(term(i, i, std::string(64, 'x')));
  for (const Record& written : {least, most}) {
    ASSERT_TRUE(succeeds(store->put(written, kAbsent)));
    auto stored = store->get("diplomas", written.id);
    ASSERT_TRUE(succeeds(stored));
    expect_same(*stored, written);
  }
}

TEST_P(StoreContract, KeepsOddIds) {
  const std::vector<std::string> odd = {
      "'; drop table records; --", "%_%", "\\", "\"quoted\"", "é漢字\U0001F512", "a/../b", " ", "\x7f\x01", "$1", "{}",
      std::string(512, 'z')};
  for (const std::string& id : odd)
    ASSERT_TRUE(succeeds(store->put(record(id, 1, {term(1, 1, id.substr(0, 20))}), kAbsent)));
  for (const std::string& id : odd) {
    auto stored = store->get("diplomas", id);
    ASSERT_TRUE(succeeds(stored)) << id;
    expect_same(*stored, record(id));
    auto found = store->search("diplomas", {{{term(1, 1, id.substr(0, 20))}}}, "", 10);
    ASSERT_TRUE(succeeds(found));
    EXPECT_EQ(ids_of(found->records), std::vector<std::string>{id});
  }
  EXPECT_EQ(*store->count("diplomas"), odd.size());
  for (const std::string& id : odd) EXPECT_TRUE(succeeds(store->remove("diplomas", id, at(1))));
  EXPECT_EQ(*store->count("diplomas"), 0U);
}

TEST_P(StoreContract, RefusesWhatItCannotKeep) {
  for (const std::string& id : {std::string(), std::string(513, 'z'), std::string("a\0b", 3), std::string("\xff"),
                                std::string("\xed\xa0\x80"), std::string("\xc0\xaf")}) {
    EXPECT_TRUE(fails_with(store->put(record(id), kAnything), Code::invalid));
    EXPECT_TRUE(fails_with(store->get("diplomas", id), Code::invalid));
  }
  Record bad = record("a");
  bad.open_fields = std::string("{\"\0\":1}", 7);
  EXPECT_TRUE(fails_with(store->put(bad, kAnything), Code::invalid));
  EXPECT_TRUE(fails_with(store->put(record("a", 0), kAnything), Code::invalid));
  EXPECT_TRUE(fails_with(store->put(record("a", std::uint64_t{1} << 63U), kAnything), Code::invalid));
  EXPECT_TRUE(fails_with(store->put(record("a", 2), at(2)), Code::invalid));
  EXPECT_TRUE(fails_with(store->put(record("a", 1, {term(1, 1, "")}), kAnything), Code::invalid));
  bad = record("a");
  bad.envelope.resize(kEnvelopeMaxSize + 1);
  EXPECT_TRUE(fails_with(store->put(bad, kAnything), Code::too_large));
  EXPECT_EQ(*store->count("diplomas"), 0U);
}

TEST_P(StoreContract, PutHoldsToWhatIsExpected) {
  EXPECT_TRUE(fails_with(store->put(record("a", 5), at(4)), Code::conflict));
  EXPECT_TRUE(fails_with(store->get("diplomas", "a"), Code::not_found));
  EXPECT_TRUE(succeeds(store->put(record("a", 5), kAbsent)));
  EXPECT_TRUE(fails_with(store->put(record("a", 6), kAbsent), Code::conflict));
  EXPECT_TRUE(fails_with(store->put(record("a", 6), at(4)), Code::conflict));
  EXPECT_TRUE(succeeds(store->put(record("a", 6), at(5))));
  EXPECT_TRUE(fails_with(store->put(record("a", 7), at(5)), Code::conflict));
  EXPECT_TRUE(succeeds(store->put(record("a", 9), kAnything)));
  EXPECT_EQ(store->get("diplomas", "a")->revision, 9U);
}

TEST_P(StoreContract, AnOvertakenWriteNeverUndoesANewerOne) {
  ASSERT_TRUE(succeeds(store->put(record("a", 9), kAnything)));
  EXPECT_TRUE(fails_with(store->put(record("a", 8), kAnything), Code::conflict));
  EXPECT_TRUE(fails_with(store->put(record("a", 9), kAnything), Code::conflict));
  EXPECT_EQ(store->get("diplomas", "a")->revision, 9U);
}

TEST_P(StoreContract, APutReplacesRowAndTerms) {
  ASSERT_TRUE(
      succeeds(store->put(record("a", 1, {term(1, 1, "old"), term(2, 1, "stays"), term(2, 1, "stays")}), kAbsent)));
  Record changed = record("a", 2, {term(1, 2, "new"), term(2, 1, "stays")});
  changed.open_fields = "{}";
  changed.envelope = bytes("other");
  for (const Expected& expected : {at(1), kAnything}) {
    ASSERT_TRUE(succeeds(store->put(changed, expected)));
    expect_same(*store->get("diplomas", "a"), changed);
    const auto hits = [&](const IndexTerm& one) { return store->search("diplomas", {{{one}}}, "", 9)->records.size(); };
    EXPECT_EQ(hits(term(1, 1, "old")), 0U);
    EXPECT_EQ(hits(term(1, 1, "new")), 0U) << "a term of another key version";
    EXPECT_EQ(hits(term(1, 2, "new")), 1U);
    EXPECT_EQ(hits(term(2, 1, "stays")), 1U);
    EXPECT_EQ(place->ask("select count(*) from record_terms"), 2);
    ++changed.revision;
  }
  changed.terms.clear();
  ASSERT_TRUE(succeeds(store->put(changed, kAnything)));
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 0);
}

TEST_P(StoreContract, RemoveHoldsToWhatIsExpected) {
  EXPECT_TRUE(fails_with(store->remove("diplomas", "a", kAnything), Code::not_found));
  EXPECT_TRUE(fails_with(store->remove("diplomas", "a", at(1)), Code::not_found));
  EXPECT_TRUE(fails_with(store->remove("diplomas", "a", kAbsent), Code::invalid));
  ASSERT_TRUE(succeeds(store->put(record("a", 3, {term(1, 1, "x")}), kAbsent)));
  EXPECT_TRUE(fails_with(store->remove("diplomas", "a", at(2)), Code::conflict));
  EXPECT_TRUE(succeeds(store->remove("diplomas", "a", at(3))));
  EXPECT_TRUE(fails_with(store->get("diplomas", "a"), Code::not_found));
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 0);
  ASSERT_TRUE(succeeds(store->put(record("a", 1, {term(1, 1, "x")}), kAbsent))) << "the id is free again";
  EXPECT_TRUE(succeeds(store->remove("diplomas", "a", kAnything)));
}

TEST_P(StoreContract, CollectionsAreApart) {
  Record other = record("a", 7, {term(1, 1, "x")});
  other.collection = "licences";
  ASSERT_TRUE(succeeds(store->put(record("a", 1, {term(1, 1, "x")}), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(other, kAbsent)));
  EXPECT_EQ(*store->count("diplomas"), 1U);
  EXPECT_EQ(store->search("licences", {{{term(1, 1, "x")}}}, "", 9)->records.at(0).revision, 7U);
  ASSERT_TRUE(succeeds(store->remove("licences", "a", kAnything)));
  EXPECT_EQ(store->get("diplomas", "a")->revision, 1U);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "x")}}}, "", 9)->records.size(), 1U);
}

TEST_P(StoreContract, ReadsManyInTheOrderAsked) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(succeeds(store->put(record(id), kAbsent)));
  auto found = store->read("diplomas", {"c", "missing", "a", "c"});
  ASSERT_TRUE(succeeds(found));
  EXPECT_EQ(ids_of(*found), (std::vector<std::string>{"c", "a", "c"}));
  expect_same(found->at(1), record("a"));
  EXPECT_TRUE(store->read("diplomas", {})->empty());
  EXPECT_TRUE(fails_with(store->read("diplomas", std::vector<std::string>(kMaxReadIds + 1, "a")), Code::too_large));
}

TEST_P(StoreContract, ReadIsBoundedInBytes) {
  Record big = record("big");
  big.envelope.resize(kEnvelopeMaxSize);
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    big.id = "big" + std::to_string(i);
    ids.push_back(big.id);
    ASSERT_TRUE(succeeds(store->put(big, kAbsent)));
  }
  EXPECT_TRUE(fails_with(store->read("diplomas", ids), Code::too_large));
  ids.resize(3);
  EXPECT_EQ(store->read("diplomas", ids)->size(), 3U);
}

}  // namespace
}  // namespace sluis::store
