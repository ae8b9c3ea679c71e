#include "gateway/backups/census.h"

#include "tests/unit/backups/backup_world.h"

namespace sluis::gateway {
namespace {

class CensusTest : public BackupWorld {
 protected:
  Census census() {
    const auto snapshot = store::snapshot_sqlite(database());
    EXPECT_TRUE(snapshot);
    const auto out = take_census(**snapshot, {});
    EXPECT_TRUE(out);
    return *out;
  }
};

TEST_F(CensusTest, CountsByCollectionAndVersionAndKnowsTheKeys) {
  fill(7);
  const Census found = census();
  EXPECT_EQ(found.records.at("diplomas").at(1), 7U);
  EXPECT_EQ(found.total(), 7U);
  EXPECT_EQ(found.keys.at("records/diplomas").front().master, 1U);
}

TEST_F(CensusTest, DigestIsOfWhatIsStoredAlone) {
  fill(5);
  const Census before = census();
  EXPECT_EQ(before.digest, census().digest);
  for (const char* const change :
       {"update records set revision = revision + 1 where id = 'd-1'",
        "update records set id = 'd-11' where id = 'd-1'",
        "update records set open_fields = '{\"degree\":\"Other\"}' where id = 'd-2'",
        "update records set envelope = cast(envelope || x'00' as blob) where id = 'd-3'",
        "update records set key_version = 2 where id = 'd-3'", "delete from records where id = 'd-4'"}) {
    const Census last = census();
    sql(change);
    EXPECT_NE(census().digest, last.digest) << change;
  }
}

// The chain as docs/backups.md has it.
TEST_F(CensusTest, DigestIsTheDocumentedChain) {
  sql("insert into records values ('c', 'r', 3, 2, x'', '{}', x'0102')");
  Bytes row;
  const Digest start = sha256(bytes_of("sluis/backup-records/1"));
  row.insert(row.end(), start.begin(), start.end());
  for (const int byte : {0, 0, 0, 1, int{'c'}, 0, 0, 0, 1, int{'r'}, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2}) {
    row.push_back(static_cast<std::uint8_t>(byte));
  }
  const Bytes content{0, 0, 0, 2, 1, 2, 0, 0, 0, 2, '{', '}'};
  const Digest digest = sha256(content);
  row.insert(row.end(), digest.begin(), digest.end());
  EXPECT_EQ(census().digest, sha256(row));
}

TEST_F(CensusTest, SnapshotStaysAsItWas) {
  fill(3);
  const auto snapshot = store::snapshot_sqlite(database());
  ASSERT_TRUE(snapshot);
  fill(9);
  EXPECT_EQ(take_census(**snapshot, {})->total(), 3U);
  EXPECT_EQ(census().total(), 9U);
}

TEST_F(CensusTest, EndsWhenItIsToldTo) {
  fill(1);
  const auto snapshot = store::snapshot_sqlite(database());
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(take_census(**snapshot, source.get_token()).error().code, Code::unavailable);
}

}  // namespace
}  // namespace sluis::gateway
