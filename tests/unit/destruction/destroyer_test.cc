// Promise 3 with a real store, token and log: what the gate lets through is destroyed for certain, and editing the
// store's rows alone forces nothing.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "gateway/destruction/destroyer.h"
#include "tests/unit/approvals/world.h"

namespace sluis::gateway::destruction {
namespace {

using approvals::kSecondUs;
using approvals::refused;
using ::testing::HasSubstr;

constexpr std::uint64_t kDay = std::uint64_t{86'400} * kSecondUs;
constexpr std::string_view kKey = "records/diplomas";

class Promise3Test : public approvals::ApprovalWorld {
 protected:
  void SetUp() override {
    ApprovalWorld::SetUp();
    if (IsSkipped()) return;
    admin_ = std::make_unique<KeyAdmin>(
        store(), token(), keyring(), [this](audit::Event event) { admin_events().add(std::move(event)); },
        [this] { return now; });
    auto signer = AuditSigner::make(token());
    ASSERT_TRUE(signer);
    signer_ = *std::move(signer);
    DestroyerParts parts{{store(), *admin_, documents(), one().ledger, 2},
                         token(),
                         *signer_,
                         "gateway-1",
                         "test.example/gateway-1",
                         [](std::string_view) { return std::chrono::hours(24); }};
    parts.try_backup = [](const Generation&) { return std::string("gone"); };
    destroyer_ = std::make_unique<Destroyer>(std::move(parts));
  }

  // A collection's key at version 2, version 1 scheduled and waited for, one expired backup of it and two good newer.
  void make_ready() {
    put_record();
    backup("20260101T000000000Z-00000001", now, 1, 1);
    now += kDay;
    ASSERT_TRUE(admin_->begin_version(kKey, "sluis"));
    ASSERT_TRUE(admin_->activate(kKey, 2, "sluis"));
    remove_record();
    expire("20260101T000000000Z-00000001");
    now += kDay;
    backup("20260103T000000000Z-00000002", now, 2, 1);
    now += kDay;
    backup("20260104T000000000Z-00000003", now, 2, 1);
    ASSERT_TRUE(destroyer_->schedule(kKey, 1, "custodian-1", now));
    now += kDay;
  }

  void put_record() {
    gateway::test::Ask ask;
    ask.id = "d-1";
    ask.body = R"({"name":"Maria Peeters","degree":"Master"})";
    ask.purpose.clear();
    use_policy_of_world();
    ASSERT_LT(put(ask).status, 300U);
    use_policy(approvals::officers());
  }
  void remove_record() { sql("DELETE FROM records"); }
  void use_policy_of_world() {
    use_policy(
        "[[principal]]\nname = \"backend\"\nuri = \"urn:b\"\nroles = [\"backend\"]\n"
        "[[grant]]\nname = \"w\"\nto = [\"backend\"]\nactions = [\"records.put\"]\ncollections = [\"*\"]\n");
  }

  void backup(const std::string& id, std::uint64_t time, std::uint32_t version, std::uint32_t master) {
    Generation made;
    made.manifest.id = id;
    made.manifest.created_us = time;
    made.manifest.store = "sqlite";
    made.manifest.method = "sqlite";
    made.manifest.file = "store.db";
    made.manifest.log.origin = "test.example/gateway-1";
    made.manifest.census.records["diplomas"][version] = 1;
    made.manifest.census.keys[std::string(kKey)] = {{version, store::KeyState::active, master}};
    made.state = Generation::State::made;
    made.drill = DrillResult{};
    made.drill->passed = true;
    ASSERT_TRUE(Generations(documents()).put(made));
    const Status noted = note_backups(documents(), one().ledger);
    ASSERT_TRUE(noted) << noted.error().what.view();
  }
  void expire(const std::string& id) {
    auto found = Generations(documents()).get(id);
    ASSERT_TRUE(found);
    found->state = Generation::State::expired;
    ASSERT_TRUE(Generations(documents()).put(*found));
  }

  std::vector<Obstacle> obstacles(std::string_view key = kKey, std::uint32_t version = 1) {
    const auto found = destroyer_->blockers(key, version, now);
    std::vector<Obstacle> out;
    if (!found) ADD_FAILURE() << found.error().what.view();
    if (found) {
      for (const Blocker& blocker : *found) out.push_back(blocker.obstacle);
    }
    return out;
  }
  Result<Destroyed> destroy(std::string_view key = kKey, std::uint32_t version = 1) {
    return destroyer_->destroy(key, version, word, now);
  }

  const Word word{"custodian-1", "a-1", "d-1", {"officer-1 (security-officer)"}};
  std::unique_ptr<KeyAdmin> admin_;
  std::unique_ptr<AuditSigner> signer_;
  std::unique_ptr<Destroyer> destroyer_;
};

TEST_F(Promise3Test, DestroyedForCertainWithACertificate) {
  make_ready();
  EXPECT_TRUE(obstacles().empty());
  const auto done = destroy();
  ASSERT_TRUE(done) << done.error().what.view();
  const auto& proof = done->certificate.at("proof");
  EXPECT_TRUE(proof.at("row_empty").as_bool());
  EXPECT_EQ(proof.at("oldest_backup").as_string(), "20260101T000000000Z-00000001");
  EXPECT_EQ(proof.at("backup_outcome").as_string(), "gone");
  EXPECT_THAT(boost::json::serialize(done->certificate), HasSubstr("software token"));
  const auto key = signer_->public_key();
  EXPECT_TRUE(open_certificate(done->note, "test.example/gateway-1", *key));
  const auto kept = destroyer_->certificates("", 10);
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->front().note, done->note);
  const auto row = store().get_key(kKey);
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->versions.front().wrapped.empty());
  EXPECT_TRUE(refused(destroy(), Code::conflict, "destroyed"));
}

TEST_F(Promise3Test, RefusedWhileARecordIsUnderIt) {
  make_ready();
  sql("INSERT INTO records (collection, id, revision, key_version, terms, open_fields, envelope) "
      "VALUES ('diplomas', 'x', 1, 1, X'', '{}', X'00')");
  EXPECT_EQ(obstacles(), std::vector{Obstacle::records});
  EXPECT_TRUE(refused(destroy(), Code::conflict, "stands in the way"));
}

TEST_F(Promise3Test, RefusedBeforeItsTimeAndUnscheduled) {
  make_ready();
  now -= kDay / 2;
  EXPECT_EQ(obstacles(), std::vector{Obstacle::waiting});
  now += kDay;
  ASSERT_TRUE(destroyer_->withdraw(kKey, 1, "officer-1"));
  EXPECT_EQ(obstacles(), std::vector{Obstacle::not_scheduled});
  EXPECT_TRUE(refused(destroy(), Code::conflict));
}

TEST_F(Promise3Test, RefusedWhileABackupIsKeptOrTooFewAreNewer) {
  make_ready();
  backup("20260101T000000000Z-00000009", now - 3 * kDay, 1, 1);
  EXPECT_EQ(obstacles(), std::vector{Obstacle::kept_backups});
  expire("20260101T000000000Z-00000009");
  EXPECT_TRUE(obstacles().empty());
  expire("20260104T000000000Z-00000003");
  EXPECT_EQ(obstacles(), std::vector{Obstacle::newer_backups});
}

TEST_F(Promise3Test, RemovingABackupsRowForcesNothing) {
  make_ready();
  backup("20260101T000000000Z-00000009", now - 3 * kDay, 1, 1);
  remove_row("backup", "20260101T000000000Z-00000009");
  EXPECT_EQ(obstacles(), std::vector{Obstacle::missing_backups});
  EXPECT_TRUE(refused(destroy(), Code::conflict));
}

TEST_F(Promise3Test, PuttingRowsBackForcesNothing) {
  make_ready();
  const auto ledger = row("approval-ledger", "ledger");
  backup("20260101T000000000Z-00000009", now - 3 * kDay, 1, 1);
  remove_row("backup", "20260101T000000000Z-00000009");
  put_back(ledger);
  const auto found = obstacles();
  EXPECT_EQ(found.back(), Obstacle::unknown);
  ASSERT_EQ(*one().ledger.mend(), approvals::Ledger::Found::replaced);
  EXPECT_EQ(obstacles(), std::vector{Obstacle::missing_backups}) << "what was seen is not forgotten";
}

TEST_F(Promise3Test, ALedgerWhoseBackupsNobodySawStandsInTheWay) {
  make_ready();
  audit::Event event;
  event.principal = "sluis";
  event.action = "gateway.stop";
  event.payload.detail = "drained; ledger 999, policy x";
  ASSERT_TRUE(log().append_and_wait({event}));
  const auto restarted = gateway();
  ASSERT_TRUE(restarted->ledger.recall(log()));
  ASSERT_EQ(*restarted->ledger.mend(), approvals::Ledger::Found::replaced);
  EXPECT_EQ(obstacles(), std::vector{Obstacle::missing_backups});
}

TEST_F(Promise3Test, EditedRowsForceNothing) {
  make_ready();
  backup("20260101T000000000Z-00000009", now - 3 * kDay, 1, 1);
  sql("UPDATE documents SET body = replace(body, '\"made\"', '\"expired\"') WHERE kind = 'backup'");
  const auto found = obstacles();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back(), Obstacle::unknown);
  EXPECT_TRUE(refused(destroy(), Code::conflict));
}

TEST_F(Promise3Test, AnEditedKeyRowForcesNothing) {
  make_ready();
  ASSERT_TRUE(destroyer_->withdraw(kKey, 1, "officer-1"));
  sql("UPDATE key_versions SET state = 4 WHERE version = 1");
  EXPECT_TRUE(refused(destroyer_->blockers(kKey, 1, now), Code::corrupt));
  EXPECT_TRUE(refused(destroy(), Code::corrupt));
}

TEST_F(Promise3Test, AMasterKeyGoesWhenNothingIsWrappedUnderIt) {
  put_record();
  backup("20260101T000000000Z-00000001", now, 1, 1);
  now += kDay;
  ASSERT_EQ(*admin_->begin_version(kMasterName, "sluis"), 2U);
  ASSERT_TRUE(destroyer_->schedule(kMasterName, 1, "custodian-1", now));
  now += kDay;
  auto found = obstacles(kMasterName);
  EXPECT_EQ(found.front(), Obstacle::data_keys);
  EXPECT_TRUE(refused(destroy(kMasterName), Code::conflict));
  for (std::string after;;) {
    const auto page = admin_->rewrap(2, after, 100);
    ASSERT_TRUE(page);
    if (!page->more) break;
    after = page->last;
  }
  ASSERT_TRUE(admin_->rewrap_governance(2));
  expire("20260101T000000000Z-00000001");
  now += kDay;
  backup("20260103T000000000Z-00000002", now, 1, 2);
  now += kDay;
  backup("20260104T000000000Z-00000003", now, 1, 2);
  EXPECT_TRUE(obstacles(kMasterName).empty());
  const auto done = destroy(kMasterName);
  ASSERT_TRUE(done) << done.error().what.view();
  EXPECT_TRUE(done->certificate.at("proof").at("object_gone").as_bool());
  const auto keys = token().list();
  for (const auto& key : *keys) EXPECT_FALSE(key.kind == hsm::KeyKind::master && key.version == 1);
}

TEST_F(Promise3Test, UnknownKeysAndVersions) {
  put_record();
  EXPECT_TRUE(refused(destroyer_->blockers(kKey, 9, now), Code::not_found));
  EXPECT_TRUE(refused(destroyer_->blockers("records/none", 1, now), Code::not_found));
  EXPECT_TRUE(refused(destroyer_->certificate("x"), Code::not_found));
}

}  // namespace
}  // namespace sluis::gateway::destruction
