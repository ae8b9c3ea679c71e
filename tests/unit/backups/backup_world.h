// A store with records, and all that making and trying a backup of it needs: real token, store and log.
#pragma once

#include <sqlite3.h>

#include <boost/json.hpp>

#include "gateway/backups/drill.h"
#include "gateway/backups/files.h"
#include "gateway/backups/maker.h"
#include "gateway/backups/signature.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway {

class BackupWorld : public test::World {
 protected:
  void SetUp() override {
    test::World::SetUp();
    signer = *AuditSigner::make(token());
    auto collections = std::make_shared<Collections>();
    collections->emplace("diplomas", std::make_shared<const Collection>(diplomas()));
    RestoreMeans means{token(), {}, [](const std::string&) {}, std::move(collections), [] { return kNow; }, 0};
    parts.reset(new BackupParts{std::move(means),
                                store(),
                                *signer,
                                log(),
                                admin_events(),
                                {"sqlite", database(), {}},
                                {},
                                {},
                                CommandTarget({}, {}),
                                (folder.path() / "backups").string(),
                                "gateway-1",
                                log().origin(),
                                "pg_dump"});
  }

  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      test::Ask ask;
      ask.id = "d-" + std::to_string(i);
      ask.body = R"({"nrn":"123)" + std::to_string(i) + R"(","name":"Ann","degree":"Law"})";
      const Reply reply = put(ask);
      ASSERT_TRUE(reply.status == 201 || reply.status == 204) << test::text_of(reply);
    }
  }

  Generation made() {
    BackupProgress progress;
    const auto manifest = make_generation(*parts, *new_generation_id(kNow), kNow, progress, {});
    EXPECT_TRUE(manifest) << (manifest ? "" : manifest.error().what.view());
    Generation out;
    if (manifest) out.manifest = *manifest;
    out.state = Generation::State::made;
    return out;
  }

  DrillResult drilled(const Generation& generation) {
    BackupProgress progress;
    const auto outcome = drill_generation(*parts, generation, progress, {});
    if (!outcome) return {false, 0, 0, 0, 0, "not held: " + std::string(outcome.error().what.view())};
    return outcome->result;
  }

  std::string path(const Generation& generation, std::string_view name) const {
    return (folder.path() / "backups" / generation.manifest.id / name).string();
  }

  // Whoever has the gateway's own key for notes could pass another file off as the backup: all that is left then is
  // what is in it.
  void sign_again(Generation& generation) {
    const auto measured = measure(path(generation, "store.db"));
    generation.manifest.bytes = measured->bytes;
    generation.manifest.sha256 = measured->sha256;
    const std::string text = boost::json::serialize(to_json(generation.manifest)) + '\n';
    const auto note = sign_manifest(generation.manifest, text, *signer);
    ASSERT_TRUE(note);
    for (const auto& [name, contents] : {std::pair{kManifestName, text}, std::pair{kNoteName, *note}}) {
      std::filesystem::remove(path(generation, name));
      ASSERT_TRUE(write_file(path(generation, name), contents));
    }
  }

  // Changes a generation's file behind Sluis' back, and leaves nothing of SQLite's beside it.
  void edit(const Generation& generation, const std::string& statement) const {
    sqlite3* db = nullptr;
    const std::string file = path(generation, "store.db");
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  static constexpr std::uint64_t kNow = 1'770'000'000'000'000;
  test::Folder folder;
  std::unique_ptr<AuditSigner> signer;
  std::unique_ptr<BackupParts> parts;
};

}  // namespace sluis::gateway
