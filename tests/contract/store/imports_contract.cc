// Imports: a chunk and its progress are one, fenced, and say what was there already.
#include "tests/contract/store/store_contract.h"

namespace sluis::store {
namespace {

ImportState progress(std::uint64_t lines, std::uint64_t records, std::uint64_t errors = 0) {
  ImportState state;
  state.import_id = "2026-spring";
  state.collection = "diplomas";
  state.principal = "spiffe://registry/backend";
  state.lines_done = lines;
  state.records = records;
  state.errors = errors;
  state.updated_us = 1000 + lines;
  return state;
}

std::vector<Record> some(std::initializer_list<const char*> ids) {
  std::vector<Record> records;
  for (const char* id : ids) {
    records.push_back(record(id, 1, {term(1, 1, id)}));
    records.back().line = records.size();
  }
  return records;
}

using Indexes = std::vector<std::size_t>;

TEST_P(StoreContract, ImportsInChunks) {
  EXPECT_TRUE(fails_with(store->import_state("diplomas", "2026-spring"), Code::not_found));
  auto first = store->import_chunk(some({"c", "a"}), {{2, "bad json", ""}}, progress(3, 2, 1), 0);
  ASSERT_TRUE(succeeds(first));
  EXPECT_TRUE(first->existing.empty());
  ImportState last = progress(5, 4, 1);
  last.finished = true;
  ASSERT_TRUE(succeeds(store->import_chunk(some({"b", "d"}), {}, last, 3)));
  auto state = store->import_state("diplomas", "2026-spring");
  ASSERT_TRUE(succeeds(state));
  EXPECT_EQ(state->lines_done, 5U);
  EXPECT_EQ(state->records, 4U);
  EXPECT_EQ(state->errors, 1U);
  EXPECT_EQ(state->updated_us, 1005U);
  EXPECT_EQ(state->principal, "spiffe://registry/backend");
  EXPECT_TRUE(state->finished);
  EXPECT_EQ(ids_of(store->scan("diplomas", "", 9)->records), (std::vector<std::string>{"a", "b", "c", "d"}));
  expect_same(*store->get("diplomas", "c"), record("c"));
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "d")}}}, "", 9)->records.size(), 1U);
}

TEST_P(StoreContract, AnImportNeverReplacesWhatIsThere) {
  Record kept = record("b", 9, {term(1, 1, "kept")});
  ASSERT_TRUE(succeeds(store->put(kept, kAbsent)));
  auto chunk = store->import_chunk(some({"c", "b", "a", "c"}), {{7, "bad", "name"}}, progress(5, 4, 1), 0);
  ASSERT_TRUE(succeeds(chunk));
  EXPECT_EQ(chunk->existing, (Indexes{1, 3}));
  EXPECT_EQ(store->get("diplomas", "b")->revision, 9U);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "kept")}}}, "", 9)->records.size(), 1U);
  EXPECT_EQ(store->search("diplomas", {{{term(1, 1, "b")}}}, "", 9)->records.size(), 0U);
  auto state = store->import_state("diplomas", "2026-spring");
  EXPECT_EQ(state->records, 2U);
  EXPECT_EQ(state->errors, 3U);
  auto errors = store->import_errors("diplomas", "2026-spring", 0, 10);
  ASSERT_TRUE(succeeds(errors));
  ASSERT_EQ(errors->size(), 3U);
  EXPECT_EQ(errors->at(0).line, 2U);
  EXPECT_EQ(errors->at(0).code, "exists");
  EXPECT_EQ(errors->at(1).line, 4U);
  EXPECT_EQ(errors->at(2).field, "name");
}

TEST_P(StoreContract, AChunkIsFenced) {
  EXPECT_TRUE(fails_with(store->import_chunk(some({"a"}), {}, progress(4, 1), 3), Code::conflict));
  EXPECT_TRUE(fails_with(store->import_state("diplomas", "2026-spring"), Code::not_found));
  ASSERT_TRUE(succeeds(store->import_chunk(some({"a"}), {}, progress(1, 1), 0)));
  EXPECT_TRUE(fails_with(store->import_chunk(some({"b"}), {{1, "x", ""}}, progress(1, 1), 0), Code::conflict));
  EXPECT_TRUE(fails_with(store->import_chunk(some({"b"}), {}, progress(9, 1), 2), Code::conflict));
  ImportState stranger = progress(2, 2);
  stranger.principal = "spiffe://registry/other";
  EXPECT_TRUE(fails_with(store->import_chunk(some({"b"}), {}, stranger, 1), Code::conflict));
  EXPECT_TRUE(fails_with(store->get("diplomas", "b"), Code::not_found));
  EXPECT_TRUE(store->import_errors("diplomas", "2026-spring", 0, 10)->empty());
  ImportState last = progress(2, 2);
  last.finished = true;
  ASSERT_TRUE(succeeds(store->import_chunk(some({"b"}), {}, last, 1)));
  EXPECT_TRUE(fails_with(store->import_chunk(some({"c"}), {}, progress(3, 3), 2), Code::conflict));
}

TEST_P(StoreContract, AChunkIsAllOrNothing) {
  // The second record's term is in the way of the first's: behind the store's back, since it cannot happen otherwise.
  place->run("insert into record_terms (collection, term, id) select 'diplomas', " +
             std::string(store->kind() == "sqlite" ? "x'00010000000162'" : "'\\x00010000000162'::bytea") + ", 'b'");
  auto chunk = store->import_chunk(some({"a", "b", "c"}), {{1, "x", ""}}, progress(3, 3), 0);
  EXPECT_FALSE(chunk);
  EXPECT_EQ(*store->count("diplomas"), 0U);
  EXPECT_TRUE(fails_with(store->import_state("diplomas", "2026-spring"), Code::not_found));
  EXPECT_TRUE(store->import_errors("diplomas", "2026-spring", 0, 10)->empty());
  place->run("delete from record_terms");
  EXPECT_TRUE(succeeds(store->import_chunk(some({"a", "b", "c"}), {}, progress(3, 3), 0)));
}

TEST_P(StoreContract, RefusesAMixedOrOversizedChunk) {
  auto mixed = some({"a", "b"});
  mixed[1].collection = "licences";
  EXPECT_TRUE(fails_with(store->import_chunk(mixed, {}, progress(2, 2), 0), Code::invalid));
  EXPECT_TRUE(fails_with(store->import_chunk(some({"a", ""}), {}, progress(2, 2), 0), Code::invalid));
  EXPECT_TRUE(
      fails_with(store->import_chunk(std::vector<Record>(kMaxChunkRecords + 1, record("a")), {}, progress(2, 2), 0),
                 Code::too_large));
  EXPECT_TRUE(fails_with(store->import_chunk({}, {}, progress(1, 0), 2), Code::invalid));
  EXPECT_EQ(*store->count("diplomas"), 0U);
}

TEST_P(StoreContract, ImportErrorsComeInPages) {
  std::vector<ImportError> errors;
  for (std::uint64_t line = 1; line <= 25; ++line) errors.push_back({line * 2, "bad", line % 2 == 0 ? "name" : ""});
  ASSERT_TRUE(succeeds(store->import_chunk({}, errors, progress(50, 0, 25), 0)));
  std::vector<std::uint64_t> lines;
  for (std::uint64_t after = 0;;) {
    auto page = store->import_errors("diplomas", "2026-spring", after, 10);
    ASSERT_TRUE(succeeds(page));
    if (page->empty()) break;
    for (const ImportError& error : *page) lines.push_back(error.line);
    after = lines.back();
  }
  ASSERT_EQ(lines.size(), 25U);
  EXPECT_EQ(lines.front(), 2U);
  EXPECT_EQ(lines.back(), 50U);
}

TEST_P(StoreContract, ALargeChunkGoesIn) {
  std::vector<Record> records;
  for (int i = 0; i < 5000; ++i) {
    records.push_back(
        record("id" + std::to_string(i * 7919 % 5000), 1, {term(1, 1, std::to_string(i)), term(2, 1, "all")}));
    records.back().envelope.assign(static_cast<std::size_t>(i % 400), 0x5a);
  }
  ASSERT_TRUE(succeeds(store->import_chunk(records, {}, progress(5000, 5000), 0)));
  EXPECT_EQ(*store->count("diplomas"), 5000U);
  expect_same(*store->get("diplomas", records[1234].id), records[1234]);
  EXPECT_EQ(place->ask("select count(*) from record_terms"), 10000);
}

}  // namespace
}  // namespace sluis::store
