// Moving a store: everything there is, read as it is stored and written as it was read, to either kind of store.
#include "store/transfer.h"

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

constexpr std::size_t kPart = 7;  // rows a page, so that there are several

class TransferContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    from = place->transfer();
  }
  std::unique_ptr<Transfer> from;
};

INSTANTIATE_TEST_SUITE_P(Stores, TransferContract,
                         ::testing::Values(Kind{"sqlite", make_sqlite_place}, Kind{"postgresql", make_postgres_place}),
                         [](const auto& one) { return std::string(one.param.name); });

Record numbered(int number, std::uint64_t revision = 1) {
  const std::string id = std::to_string(1000 + number);
  Record made = record(id, revision, {term(2, 3, "shared"), term(1, 3, id)});
  if (number % 5 == 0) made.terms.clear();
  return made;
}

void expect_whole(const Record& stored, const Record& written) {
  expect_same(stored, written);
  const auto texts = [](const Record& one) {
    std::vector<std::string> all;
    for (const IndexTerm& each : one.terms) {
      all.push_back(std::to_string(each.field_id) + "/" + std::to_string(each.key_version) + "/" + to_hex(each.term));
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  EXPECT_EQ(texts(stored), texts(written));
}

TEST_P(TransferContract, RecordsComeWithTheirTermsAndGoToEitherKind) {
  constexpr int kRecords = 30;
  for (int i = 0; i < kRecords; ++i) ASSERT_TRUE(succeeds(store->put(numbered(i, 5), kAbsent)));
  for (const auto make : {make_sqlite_place, make_postgres_place}) {
    const auto other = make();
    const auto target = other->open();
    ASSERT_TRUE(succeeds(target->migrate()));
    const auto to = other->transfer();
    int seen = 0;
    for (std::string after;;) {
      const auto page = from->records("diplomas", after, kPart);
      ASSERT_TRUE(succeeds(page));
      if (page->empty()) break;
      for (const Record& one : *page) expect_whole(one, numbered(seen++, 5));
      ASSERT_TRUE(succeeds(to->write(*page)));
      after = page->back().id;
    }
    EXPECT_EQ(seen, kRecords);
    EXPECT_EQ(*to->heads("diplomas", "", 100), *from->heads("diplomas", "", 100));
    for (int i = 0; i < kRecords; ++i) {
      const auto whole = to->records("diplomas", std::vector<std::string>{numbered(i).id});
      ASSERT_TRUE(succeeds(whole));
      expect_whole(whole->at(0), numbered(i, 5));
    }
    EXPECT_EQ(target->search("diplomas", {{{term(2, 3, "shared")}}}, "", 100)->records.size(), 24U);
  }
}

TEST_P(TransferContract, WritingReplacesWhateverIsThere) {
  ASSERT_TRUE(succeeds(store->put(numbered(1, 9), kAbsent)));
  ASSERT_TRUE(succeeds(store->put(numbered(2, 9), kAbsent)));
  ASSERT_TRUE(succeeds(store->raise_floor("diplomas", 7)));
  Record older = numbered(1, 4);  // as the other store has it: nobody else's writes are overtaken here
  older.terms = {term(1, 2, "other")};
  ASSERT_TRUE(succeeds(from->write(std::vector<Record>{numbered(3, 2), older})));
  expect_whole(from->records("diplomas", "", 10)->at(0), older);
  EXPECT_EQ(ids_of(*from->records("diplomas", "", 10)), (std::vector<std::string>{"1001", "1002", "1003"}));
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 5);
  EXPECT_TRUE(store->search("diplomas", {{{term(1, 3, "1001")}}}, "", 10)->records.empty());
  EXPECT_TRUE(succeeds(from->write({})));
}

TEST_P(TransferContract, AllOfThemAreWrittenOrNone) {
  std::vector<Record> some = {numbered(1), numbered(1)};
  EXPECT_TRUE(fails_with(from->write(some), Code::invalid)) << "twice";
  some[1] = numbered(2);
  some[1].collection = "others";
  EXPECT_TRUE(fails_with(from->write(some), Code::invalid)) << "of two collections";
  place->run(
      "insert into record_terms (collection, term, id) values ('diplomas', " +
      std::string(GetParam().name == std::string_view("sqlite") ? "x'0001000000036162'" : "'\\x0001000000036162'") +
      ", 'damaged')");
  Record damaged = record("damaged", 1, {term(1, 3, "ab")});
  EXPECT_FALSE(from->write(std::vector<Record>{numbered(1), damaged}));
  EXPECT_EQ(*store->count("diplomas"), 0U);
  EXPECT_TRUE(succeeds(from->write(std::vector<Record>{numbered(1)})));
}

TEST_P(TransferContract, HeadsTellWhatDiffers) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(succeeds(store->put(numbered(i), kAbsent)));
  const auto before = from->heads("diplomas", "", 100);
  ASSERT_TRUE(succeeds(store->put(numbered(3, 2), at(1))));
  ASSERT_TRUE(succeeds(store->remove("diplomas", "1004", kAnything)));
  Record rewritten = numbered(5);
  rewritten.key_version = 4;
  const Rewrite one{&rewritten, 3};
  ASSERT_TRUE(store->rewrite(*store->take_lease("job", "a", std::chrono::minutes(1)), {&one, 1})->empty());
  const auto after = from->heads("diplomas", "", 100);
  ASSERT_EQ(after->size(), 9U);
  std::vector<std::string> changed;
  for (const RecordHead& head : *after) {
    if (std::find(before->begin(), before->end(), head) == before->end()) changed.push_back(head.id);
  }
  EXPECT_EQ(changed, (std::vector<std::string>{"1003", "1005"}));
  EXPECT_EQ(from->heads("diplomas", "1007", 1)->at(0).id, "1008");
  EXPECT_TRUE(from->heads("diplomas", "1009", 9)->empty());
}

TEST_P(TransferContract, ListsWhatTheStoresOwnVerbsDoNot) {
  for (const char* collection : {"b", "Z", "a"}) {
    Record one = numbered(1);
    one.collection = collection;
    ASSERT_TRUE(succeeds(store->put(one, kAbsent)));
    one.id = "another";
    ASSERT_TRUE(succeeds(store->put(one, kAbsent)));
    ASSERT_TRUE(succeeds(store->raise_floor(collection, 3)));
    ASSERT_TRUE(succeeds(store->put_fact(collection, bytes(collection), std::nullopt)));
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(*from->collections("", 10), (Names{"Z", "a", "b"}));
  EXPECT_EQ(*from->collections("Z", 1), (Names{"a"}));
  EXPECT_TRUE(from->collections("b", 10)->empty());
  const auto floors = from->floors("Z", 10);
  ASSERT_EQ(floors->size(), 2U);
  EXPECT_EQ(floors->at(0).collection, "a");
  EXPECT_EQ(floors->at(0).least, 3U);
  const auto facts = from->facts("", 2);
  ASSERT_EQ(facts->size(), 2U);
  EXPECT_EQ(facts->at(1).name, "a");
  EXPECT_EQ(facts->at(1).value, bytes("a"));
  for (const char* kind : {"job", "approval"}) {
    for (const char* name : {"1", "2"}) {
      ASSERT_TRUE(succeeds(store->put_document({kind, name, 1, "{}", bytes("mac")}, 0)));
    }
  }
  EXPECT_EQ(*from->kinds("", 10), (Names{"approval", "job"}));
  EXPECT_EQ(*from->kinds("approval", 10), (Names{"job"}));
}

TEST_P(TransferContract, AnImportGoesOnElsewhere) {
  const ImportState state{"import-1", "diplomas", "writer", 40, 38, 2, false, 77};
  const std::vector<ImportError> errors = {{3, "bad", "grade"}, {9, "bad", ""}};
  ASSERT_TRUE(succeeds(store->import_chunk({}, errors, state, 0)));
  const auto listed = from->imports("diplomas", "", 10);
  ASSERT_TRUE(succeeds(listed));
  ASSERT_EQ(listed->size(), 1U);
  const ImportState& found = listed->front();
  EXPECT_EQ(found.import_id, state.import_id);
  EXPECT_EQ(found.collection, state.collection);
  EXPECT_EQ(found.principal, state.principal);
  EXPECT_EQ(found.lines_done, 40U);
  EXPECT_EQ(found.records, 38U);
  EXPECT_EQ(found.errors, 2U);
  EXPECT_FALSE(found.finished);
  EXPECT_EQ(found.updated_us, 77U);
  EXPECT_TRUE(from->imports("diplomas", "import-1", 10)->empty());
  EXPECT_TRUE(from->imports("others", "", 10)->empty());
  const auto other = GetParam().make();
  const auto target = other->open();
  ASSERT_TRUE(succeeds(target->migrate()));
  ASSERT_TRUE(succeeds(target->import_chunk({}, *store->import_errors("diplomas", "import-1", 0, 10), found, 0)));
  EXPECT_EQ(target->import_state("diplomas", "import-1")->records, 38U);
  EXPECT_EQ(target->import_errors("diplomas", "import-1", 0, 10)->size(), 2U);
}

TEST_P(TransferContract, LargeRecordsComeInParts) {
  for (int i = 0; i < 5; ++i) {
    Record large = numbered(i);
    large.envelope.resize(std::size_t{6} << 20U, 0x5a);
    ASSERT_TRUE(succeeds(store->put(large, kAbsent)));
  }
  const auto page = from->records("diplomas", "", 100);
  ASSERT_TRUE(succeeds(page));
  EXPECT_EQ(page->size(), 3U);
  EXPECT_EQ(page->front().envelope.size(), std::size_t{6} << 20U);
}

TEST_P(TransferContract, DamagedTermsAreFoundNotMoved) {
  ASSERT_TRUE(succeeds(store->put(numbered(1), kAbsent)));
  place->run(store->kind() == "sqlite" ? "update records set terms = x'0003010203'"
                                       : "update records set terms = array['\\x010203'::bytea]");
  EXPECT_TRUE(fails_with(from->records("diplomas", "", 10), Code::corrupt));
}

}  // namespace
}  // namespace sluis::store
