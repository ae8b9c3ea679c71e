// Tiles, bundles and proofs. The examples of C2SP tlog-tiles, and the log's own tiles held against a tree that is
// computed entry by entry.
#include "audit/tile.h"

#include <gtest/gtest.h>

#include "audit/proof.h"
#include "tests/unit/audit/fixture.h"

namespace sluis::audit {
namespace {

TEST(TilePath, IsThatOfTheSpecification) {
  EXPECT_EQ(tile_path(0, 1'234'067, kTileWidth), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path(2, 0, 1), "tile/2/000.p/1");
  EXPECT_EQ(bundle_path(273, 112), "tile/entries/273.p/112");
}

TEST(TilePath, IsReadStrictly) {
  const auto name = parse_tile_path("tile/entries/x001/x234/067.p/17");
  ASSERT_TRUE(name);
  EXPECT_FALSE(name->level);
  EXPECT_EQ(name->number, 1'234'067U);
  EXPECT_EQ(name->width, 17U);
  ASSERT_TRUE(parse_tile_path("tile/63/000"));
  for (const std::string_view bad :
       {"tile/64/000", "tile/00/000", "tile/0/0", "tile/0/x000/001", "tile/0/x001/234/567", "tile/0/001.p/0",
        "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/../0/000", "tile/0/", "tile/0/000.tmp", "tile/Entries/000",
        "tile/0/x1/000", "tile//000", "checkpoint", "", "tile/0/000.p/"}) {
    EXPECT_FALSE(parse_tile_path(bad)) << bad;
  }
}

// "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one full
// level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1."
TEST(TileEdge, CutsTheTreeOfTheSpecificationsExample) {
  TileEdge edge;
  Frontier tree;
  std::array<int, 3> full{};
  for (std::uint64_t i = 0; i < 70'000; ++i) {
    const Digest leaf = leaf_hash(bytes_of(std::to_string(i)));
    tree.push(leaf);
    edge.push(leaf, [&](unsigned level, std::uint64_t number, std::span<const Digest> hashes) {
      EXPECT_EQ(hashes.size(), kTileWidth);
      EXPECT_EQ(static_cast<std::uint64_t>(full.at(level)++), number);
    });
    if (i % 997 == 0) {
      EXPECT_EQ(edge.frontier(), tree);
    }
  }
  EXPECT_EQ(full, (std::array<int, 3>{273, 1, 0}));
  EXPECT_EQ(edge.level(0).size(), 112U);
  EXPECT_EQ(edge.level(1).size(), 17U);
  EXPECT_EQ(edge.level(2).size(), 1U);
  EXPECT_EQ(edge.frontier(), tree);
}

// MTH and PATH as RFC 6962 section 2.1 writes them down.
Digest tree_hash(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  return node_hash(tree_hash(leaves.first(k)), tree_hash(leaves.subspan(k)));
}
std::vector<Digest> path(std::size_t m, std::span<const Digest> leaves) {
  if (leaves.size() == 1) return {};
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  auto out = m < k ? path(m, leaves.first(k)) : path(m - k, leaves.subspan(k));
  out.push_back(tree_hash(m < k ? leaves.subspan(k) : leaves.first(k)));
  return out;
}

class TilesTest : public LogTest {
 protected:
  std::vector<Digest> leaf_hashes(Log& log) {
    std::vector<Digest> hashes;
    while (hashes.size() < log.size()) {
      const auto page = log.read(hashes.size(), 1000, Log::Payloads::closed);
      for (const auto& entry : *page) hashes.push_back(leaf_hash(bytes_of(entry.leaf)));
    }
    return hashes;
  }
  void append_many(Log& log, std::uint64_t first, std::uint64_t count) {
    ASSERT_TRUE(log.append_and_wait(events_from(first, count)));
  }
  // The published checkpoint, and that the tiles beside it have its root.
  Checkpoint published(Log& log) {
    FolderTiles tiles(log.tiles_folder());
    const auto note = tiles.get("checkpoint");
    EXPECT_TRUE(note);
    if (!note) return {};
    const auto checkpoint = open_checkpoint(text_of(*note), config_.origin, *signer_.public_key());
    EXPECT_TRUE(checkpoint);
    const auto edge = load_edge(tiles, checkpoint->size);
    EXPECT_TRUE(edge && edge->frontier().root() == checkpoint->root);
    return *checkpoint;
  }
};

TEST_F(TilesTest, AreThereForEachPublishedSize) {
  config_.segment_bytes = 1U << 20U;
  const auto log = open();
  std::uint64_t size = 0;
  for (const std::uint64_t more : {1, 254, 1, 1, 500, 11}) {
    append_many(*log, size, more);
    size += more;
    ASSERT_TRUE(log->publish(size - 1));
    EXPECT_EQ(published(*log).size, size);
  }
  const auto folder = std::filesystem::path(log->tiles_folder());
  EXPECT_TRUE(std::filesystem::exists(folder / "tile/entries/002"));
  EXPECT_FALSE(std::filesystem::exists(folder / "tile/entries/000.p"));
  EXPECT_TRUE(std::filesystem::exists(folder / "tile/1/000.p/3"));
}

TEST_F(TilesTest, GoOnAfterARestartAndAreMadeAgainIfTheyAreGone) {
  config_.segment_bytes = 1U << 20U;
  auto log = open();
  append_many(*log, 0, 300);
  log.reset();
  log = open();
  append_many(*log, 300, 300);
  ASSERT_TRUE(log->publish(599));
  EXPECT_EQ(published(*log).size, 600U);
  const std::string folder = log->tiles_folder();
  log.reset();
  const std::string whole = tests::contents_of(folder + "/tile/entries/001");
  std::filesystem::remove_all(folder);
  log = open();
  ASSERT_TRUE(log->publish(599));
  EXPECT_EQ(published(*log).size, 600U);
  EXPECT_EQ(tests::contents_of(folder + "/tile/entries/001"), whole);
}

TEST_F(TilesTest, ThatWereChangedAreMadeAgainBeforeTheNextCheckpoint) {
  config_.segment_bytes = 1U << 20U;
  auto log = open();
  append_many(*log, 0, 300);
  const std::string folder = log->tiles_folder();
  log.reset();
  std::string tile = tests::contents_of(folder + "/tile/0/001.p/44");
  ASSERT_EQ(tile.size(), 44U * 32);
  tile[5] = static_cast<char>(tile[5] ^ 1);
  tests::put_contents(folder + "/tile/0/001.p/44", tile);
  log = open();
  append_many(*log, 300, 1);
  ASSERT_TRUE(log->publish(300));
  EXPECT_EQ(published(*log).size, 301U);
}

TEST_F(TilesTest, AreTriedAgainAfterAFailureThatDelaysNoEntry) {
  config_.files = &files_;
  const auto log = open();
  for (const auto kind :
       {tests::BrokenFiles::Kind::open, tests::BrokenFiles::Kind::write, tests::BrokenFiles::Kind::short_write,
        tests::BrokenFiles::Kind::sync_data, tests::BrokenFiles::Kind::rename, tests::BrokenFiles::Kind::sync_folder}) {
    files_.break_on(kind, 0, EIO, tests::BrokenFiles::Lasting::once, "/tlog");
    const std::uint64_t next = log->size();
    append(*log, next, 3);
    ASSERT_TRUE(log->publish(next + 2));
    EXPECT_EQ(files_.broken(), 1);
    EXPECT_EQ(published(*log).size, next + 3);
    EXPECT_FALSE(log->halted());
  }
}

TEST_F(TilesTest, ProveEachEntryAsTheRfcHasIt) {
  config_.segment_bytes = 1U << 20U;
  const auto log = open();
  for (const std::uint64_t more : {1, 2, 4, 249, 1, 300}) {
    append_many(*log, log->size(), more);
    ASSERT_TRUE(log->publish(log->size() - 1));
    const auto leaves = leaf_hashes(*log);
    FolderTiles tiles(log->tiles_folder());
    for (std::uint64_t index = 0; index < leaves.size(); index += 1 + leaves.size() / 40) {
      const auto proof = make_proof(tiles, index);
      ASSERT_TRUE(proof) << proof.error().what.view();
      EXPECT_EQ(proof->path, path(index, leaves));
      const Bytes key = *signer_.public_key();
      const auto again = parse_proof(proof_text(*proof));
      ASSERT_TRUE(again);
      const auto checked = check_proof(*again, config_.origin, std::span(&key, 1));
      ASSERT_TRUE(checked) << checked.error().what.view();
      EXPECT_EQ(checked->size, leaves.size());
    }
  }
}

TEST_F(TilesTest, AProofThatWasChangedIsRefused) {
  config_.segment_bytes = 1U << 20U;
  const auto log = open();
  append_many(*log, 0, 300);
  ASSERT_TRUE(log->publish(299));
  FolderTiles tiles(log->tiles_folder());
  const Proof good = *make_proof(tiles, 123);
  const Bytes key = *signer_.public_key();
  const auto refused = [&](const Proof& proof) { return !check_proof(proof, config_.origin, std::span(&key, 1)); };
  ASSERT_FALSE(refused(good));
  Proof bad = good;
  bad.index = 122;
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.extra[20] ^= 1U;
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.path.pop_back();
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.path.push_back(bad.path.back());
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad.path[3][0] ^= 1U;
  EXPECT_TRUE(refused(bad));
  tests::MemorySigner other("another key");
  const Bytes wrong = *other.public_key();
  EXPECT_FALSE(check_proof(good, config_.origin, std::span(&wrong, 1)));
  EXPECT_FALSE(check_proof(good, "another.example/log", std::span(&key, 1)));
  const std::string text = proof_text(good);
  EXPECT_FALSE(parse_proof("c2sp.org/tlog-proof@v2" + text.substr(22)));
  EXPECT_FALSE(parse_proof(text.substr(0, 60)));
}

TEST_F(TilesTest, BothKeysSignForAWhileAndEitherIsEnough) {
  tests::MemorySigner first("the first key");
  const Bytes old_key = *first.public_key();
  {
    const auto log = Log::open(config_, keys_, first, &damage_);
    ASSERT_TRUE(log);
    append(**log, 0, 3);
  }
  EXPECT_FALSE(try_open());  // the newest key alone does not know the log
  config_.earlier = {{&first, UINT64_MAX}};
  {
    const auto log = open();
    append(*log, 3, 1);  // what was published before stays until there is something new
    ASSERT_TRUE(log->publish(3));
    const std::string note = tests::contents_of(log->tiles_folder() + "/checkpoint");
    EXPECT_TRUE(open_checkpoint(note, config_.origin, old_key));
    EXPECT_TRUE(open_checkpoint(note, config_.origin, *signer_.public_key()));
  }
  config_.earlier = {{&first, 1}};  // its time is over
  const auto log = open();
  append(*log, 4, 1);
  ASSERT_TRUE(log->publish(4));
  const std::string note = tests::contents_of(log->tiles_folder() + "/checkpoint");
  EXPECT_FALSE(open_checkpoint(note, config_.origin, old_key));
  EXPECT_TRUE(open_checkpoint(note, config_.origin, *signer_.public_key()));
}

}  // namespace
}  // namespace sluis::audit
