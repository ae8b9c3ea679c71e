// Documents: the governing rows of jobs, approvals, backups and the like.
#include <atomic>
#include <thread>

#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

Document document(std::string_view name, std::uint64_t revision = 1, std::string_view kind = "job") {
  return {std::string(kind), std::string(name), revision, R"({"state":"döing"})", Bytes(32, 0xa0)};
}

std::vector<std::string> names_of(const std::vector<Document>& documents) {
  std::vector<std::string> names;
  for (const Document& one : documents) names.push_back(one.name);
  return names;
}

TEST_P(StoreContract, KeepsADocument) {
  const Document written = document("j-ö", 7);
  ASSERT_TRUE(succeeds(store->put_document(written, 0)));
  const auto read = place->open()->get_document("job", "j-ö");
  ASSERT_TRUE(succeeds(read));
  EXPECT_EQ(read->kind, "job");
  EXPECT_EQ(read->name, written.name);
  EXPECT_EQ(read->revision, 7U);
  EXPECT_EQ(read->body, written.body);
  EXPECT_EQ(read->mac, written.mac);
  EXPECT_TRUE(fails_with(store->get_document("job", "other"), Code::not_found));
  EXPECT_TRUE(fails_with(store->get_document("approval", "j-ö"), Code::not_found)) << "names are a kind's own";
}

TEST_P(StoreContract, ADocumentIsChangedByCompareAndSet) {
  ASSERT_TRUE(succeeds(store->put_document(document("a"), 0)));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 2), 0), Code::conflict)) << "not new";
  Document next = document("a", 2);
  next.body = "{}";
  next.mac = bytes("new");
  ASSERT_TRUE(succeeds(store->put_document(next, 1)));
  EXPECT_EQ(store->get_document("job", "a")->body, "{}");
  EXPECT_EQ(store->get_document("job", "a")->mac, bytes("new"));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 3), 1), Code::conflict)) << "overtaken";
  EXPECT_TRUE(fails_with(store->put_document(document("b", 3), 1), Code::conflict)) << "not there";
  EXPECT_EQ(store->get_document("job", "a")->revision, 2U);
}

TEST_P(StoreContract, ADocumentIsRemovedByCompareAndSet) {
  ASSERT_TRUE(succeeds(store->put_document(document("a", 5), 0)));
  EXPECT_TRUE(fails_with(store->remove_document("job", "a", 4), Code::conflict));
  EXPECT_TRUE(fails_with(store->remove_document("job", "b", 5), Code::not_found));
  ASSERT_TRUE(succeeds(store->remove_document("job", "a", 5)));
  EXPECT_TRUE(fails_with(store->get_document("job", "a"), Code::not_found));
  EXPECT_TRUE(fails_with(store->remove_document("job", "a", 5), Code::not_found));
}

TEST_P(StoreContract, DocumentsAreListedByKindInOrder) {
  for (const char* name : {"b", "Z", "é", "a"}) ASSERT_TRUE(succeeds(store->put_document(document(name), 0)));
  ASSERT_TRUE(succeeds(store->put_document(document("c", 1, "approval"), 0)));
  EXPECT_EQ(names_of(*store->list_documents("job", "", 10)), (std::vector<std::string>{"Z", "a", "b", "é"}));
  EXPECT_EQ(names_of(*store->list_documents("job", "a", 1)), (std::vector<std::string>{"b"}));
  EXPECT_TRUE(store->list_documents("job", "é", 10)->empty());
  EXPECT_TRUE(store->list_documents("backup", "", 10)->empty());
  EXPECT_EQ(store->list_documents("approval", "", 10)->front().kind, "approval");
  EXPECT_EQ(store->list_documents("job", "", 10)->front().body, document("Z").body);
}

TEST_P(StoreContract, AListOfLargeDocumentsComesInParts) {
  constexpr std::size_t kDocuments = 20;
  for (std::size_t i = 0; i < kDocuments; ++i) {
    Document large = document(std::to_string(100 + i));
    large.body.assign(kMaxDocumentBytes, 'x');
    ASSERT_TRUE(succeeds(store->put_document(large, 0)));
  }
  std::vector<std::string> names;
  std::size_t calls = 0;
  for (std::string after;;) {
    const auto part = store->list_documents("job", after, 1000);
    ASSERT_TRUE(succeeds(part));
    if (part->empty()) break;
    EXPECT_LE(part->size(), kMaxPageBytes / kMaxDocumentBytes);
    for (const Document& one : *part) names.push_back(one.name);
    after = names.back();
    ++calls;
  }
  EXPECT_EQ(names.size(), kDocuments);
  EXPECT_GT(calls, 1U);
}

TEST_P(StoreContract, ADocumentThatCannotBeIsRefused) {
  EXPECT_TRUE(fails_with(store->put_document(document(""), 0), Code::invalid));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 1, ""), 0), Code::invalid));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 1, "Job"), 0), Code::invalid));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 1, std::string(33, 'k')), 0), Code::invalid));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 0), 0), Code::invalid));
  EXPECT_TRUE(fails_with(store->put_document(document("a", 3), 3), Code::invalid)) << "it must grow";
  EXPECT_TRUE(fails_with(store->put_document(document("a", std::uint64_t{1} << 63U), 0), Code::invalid));
  Document bad = document("a");
  bad.body = std::string("{}\0", 3);
  EXPECT_TRUE(fails_with(store->put_document(bad, 0), Code::invalid));
  bad.body.assign(kMaxDocumentBytes + 1, 'x');
  EXPECT_TRUE(fails_with(store->put_document(bad, 0), Code::too_large));
  EXPECT_TRUE(fails_with(store->list_documents("job", "", 0), Code::invalid));
}

TEST_P(StoreContract, OfChangesAtTheSameMomentOneWins) {
  ASSERT_TRUE(succeeds(store->put_document(document("a"), 0)));
  std::vector<std::unique_ptr<Store>> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(place->open());
  for (std::uint64_t round = 1; round <= 20; ++round) {
    std::atomic<int> won{0};
    std::vector<std::thread> threads;
    for (const auto& one : stores) {
      threads.emplace_back([&] {
        const auto done = one->put_document(document("a", round + 1), round);
        if (done) ++won;
        EXPECT_TRUE(done || fails_with(done, Code::conflict));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
  }
}

}  // namespace
}  // namespace sluis::store
