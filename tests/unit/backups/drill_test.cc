// What a drill finds beyond signatures and sums: here the file is changed and everything around it is made to fit.
#include "gateway/backups/drill.h"

#include "gateway/backups/restore.h"

#include "tests/unit/backups/backup_world.h"

namespace sluis::gateway {
namespace {

using DrillTest = BackupWorld;

TEST_F(DrillTest, PassesAndLeavesNothingBehind) {
  fill(20);
  const Generation generation = made();
  const DrillResult result = drilled(generation);
  EXPECT_TRUE(result.passed) << result.problem;
  EXPECT_EQ(result.records, 20U);
  EXPECT_EQ(result.opened, 20U);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "backups")) {
    EXPECT_EQ(entry.path().filename(), generation.manifest.id);
  }
}

TEST_F(DrillTest, OpensASampleThatIsSpreadOverAll) {
  fill(20);
  parts->means.drill_records = 5;
  const DrillResult result = drilled(made());
  EXPECT_TRUE(result.passed) << result.problem;
  EXPECT_EQ(result.records, 20U);
  EXPECT_EQ(result.opened, 5U);
}

struct Change {
  const char* statement;
  const char* problem;
};

class ChangedFile : public BackupWorld, public ::testing::WithParamInterface<Change> {};

TEST_P(ChangedFile, DoesNotPass) {
  fill(6);
  Generation generation = made();
  ASSERT_TRUE(drilled(generation).passed);
  edit(generation, GetParam().statement);
  sign_again(generation);
  const DrillResult result = drilled(generation);
  EXPECT_FALSE(result.passed);
  EXPECT_NE(result.problem.find(GetParam().problem), std::string::npos) << result.problem;
}

INSTANTIATE_TEST_SUITE_P(
    InEveryWay, ChangedFile,
    ::testing::Values(
        Change{"delete from record_terms where id = 'd-3'; delete from records where id = 'd-3'",
               "other numbers of records"},
        Change{"insert into records select collection, 'd-99', revision, key_version, terms, open_fields, envelope "
               "from records where id = 'd-1'",
               "authentication failed"},
        Change{"update records set open_fields = '{\"degree\":\"PhD\"}' where id = 'd-2'", "other records"},
        Change{"update records set revision = 1 where id = 'd-2'", "other records"},
        Change{"update records set envelope = cast(substr(envelope, 1, length(envelope) - 1) || x'00' as blob) where "
               "id = 'd-2'",
               ""},
        Change{"delete from record_terms", "not found by its index"},
        Change{"delete from facts where name = 'governance-key'", "no governance key"},
        Change{"update key_versions set state = 1", "changed outside Sluis"},
        Change{"update key_versions set wrapped = x'00'", "changed outside Sluis"},
        Change{"delete from key_versions; delete from keys", ""}, Change{"drop table records", ""}));

TEST_F(DrillTest, ManifestOfAnotherGenerationIsNoProof) {
  fill(3);
  const Generation first = made(), second = made();
  for (const auto name : {kManifestName, kNoteName}) {
    std::filesystem::copy_file(path(first, name), path(second, name),
                               std::filesystem::copy_options::overwrite_existing);
  }
  EXPECT_NE(drilled(second).problem.find("another backup"), std::string::npos);
  EXPECT_TRUE(drilled(first).passed);
}

TEST_F(DrillTest, IsNotHeldWhileTheHsmIsAway) {
  fill(3);
  const Generation generation = made();
  token().away = true;
  EXPECT_EQ(drilled(generation).problem.substr(0, 8), "not held");
  token().away = false;
  EXPECT_TRUE(drilled(generation).passed);
}

TEST_F(DrillTest, DoesNotOpenOnceItsMasterKeyIsDestroyed) {
  fill(3);
  const Generation generation = made();
  ASSERT_TRUE(token().destroy(hsm::KeyKind::master, 1));
  const DrillResult result = drilled(generation);
  EXPECT_FALSE(result.passed);
  EXPECT_NE(result.problem.substr(0, 8), "not held") << "this is about the generation, not about the means";
}

TEST_F(DrillTest, RestoreRefusesWhatIsNotEmptyAndTellsOfItself) {
  fill(4);
  const Generation generation = made();
  const std::string who = "officer-1";
  BackupProgress progress;
  const Database there{"sqlite", database(), {}};
  const auto manifest = path(generation, kManifestName);
  EXPECT_EQ(restore_generation(parts->means, manifest, there, who, progress, {}).error().code, Code::conflict);
  const Database target{"sqlite", (folder.path() / "restored.db").string(), {}};
  const auto report = restore_generation(parts->means, manifest, target, who, progress, {});
  ASSERT_TRUE(report) << report.error().what.view();
  EXPECT_EQ(report->records, 4U);
  EXPECT_EQ(report->opened, 4U);
  const auto restored = open_database(target);
  const auto governance = Governance::open(**restored, token(), 1);
  const auto before = log().size();
  ASSERT_TRUE(report_restores(**restored, *governance, log()));
  ASSERT_TRUE(report_restores(**restored, *governance, log()));
  const auto said = entries(before);
  ASSERT_EQ(said.size(), 1U) << "said once";
  EXPECT_EQ(said.front().at("action").as_string(), "backups.restore");
}

}  // namespace
}  // namespace sluis::gateway
