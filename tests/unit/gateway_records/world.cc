#include "tests/unit/gateway_records/world.h"

#include <sqlite3.h>
#include <unistd.h>

#include <stdexcept>

#include "hsm/provision.h"
#include "policy/policy.h"

namespace sluis::gateway::test {
namespace {

constexpr std::string_view kPolicy = R"(
purposes = ["verification", "citizen"]
[[principal]]
name = "backend"
uri = "urn:sluis:backend"
roles = ["backend"]
[[principal]]
name = "portal"
uri = "urn:sluis:portal"
roles = ["backend"]
[[principal]]
name = "auditor"
uri = "urn:sluis:auditor"
roles = ["auditor"]
[[grant]]
name = "all-for-backend"
to = ["backend"]
actions = ["records.read", "records.search", "records.attest", "records.export"]
collections = ["*"]
fields = ["*"]
purposes = ["verification"]
[[grant]]
name = "some-for-portal"
to = ["portal"]
actions = ["records.read", "records.search", "records.attest", "records.export"]
collections = ["*"]
fields = ["degree", "awarded"]
search_by = ["name"]
purposes = ["citizen"]
[[grant]]
name = "writes"
to = ["backend", "portal"]
actions = ["records.put", "records.patch", "records.delete", "records.import"]
collections = ["*"]
[[grant]]
name = "audits"
to = ["auditor"]
actions = ["audit.read"]
[[budget]]
principal = "portal"
collection = "*"
per_minute = 5
)";

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().what.view()));
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(std::string(status.error().what.view()));
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "sluis-records-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void World::SetUp() {
  if (!sluis::test::SoftHsmToken::available()) GTEST_SKIP() << "SoftHSM is not installed";
  softhsm_ = std::make_unique<sluis::test::SoftHsmToken>();
  real_token_ = must(hsm::Pkcs11Token::open(softhsm_->config(), must(SecretKey::copy_of(bytes_of(softhsm_->pin)))));
  must(hsm::make_first_keys(*real_token_));
  token_ = std::make_unique<WatchedToken>(*real_token_);
  real_store_ = must(store::open_sqlite({database(), 4}));
  must(real_store_->migrate());
  store_ = std::make_unique<WatchedStore>(*real_store_);
  keyring_ = new_keyring();
  period_keys_ = must(PeriodKeys::make(*keyring_, *token_));
  signer_ = must(AuditSigner::make(*token_));
  audit::LogConfig config;
  config.folder = (folder_.path() / "audit").string();
  config.origin = "test.example/gateway-1";
  config.gateway = "gateway-1";
  config.segment_bytes = 16U << 20U;
  log_ = must(audit::Log::open(config, *period_keys_, *signer_));
  use_policy(kPolicy);
  use_schema(diplomas());
}

std::unique_ptr<Keyring> World::new_keyring() {
  auto keyring = std::make_unique<Keyring>(
      *store_, *token_, KeyringConfig{std::chrono::seconds(300), key_refresh},
      [this](audit::Event event) { admin_events_.add(std::move(event)); },
      [this] { return std::chrono::steady_clock::now() + passed.load(); });
  must(keyring->start());
  return keyring;
}

void World::use_policy(std::string_view toml) {
  const policy::Loaded loaded = policy::load_text(toml, "policy.toml");
  for (const auto& error : loaded.errors) throw std::runtime_error(error.text());
  policy_ = loaded.policy;
}

CollectionSchema World::diplomas() {
  using Kind = FieldSchema::Kind;
  return {"diplomas",
          {{1, "degree", Kind::open, Normaliser::exact, 0, false, 200},
           {2, "name", Kind::indexed, Normaliser::text, 64, true, 200},
           {3, "nrn", Kind::indexed, Normaliser::digits, 64, false, 60},
           {4, "awarded", Kind::sealed, Normaliser::exact, 0, false, 60},
           {5, "extra", Kind::sealed, Normaliser::exact, 0, false, 2000}},
          4000,
          "nrn"};
}

void World::use_schema(CollectionSchema schema) {
  const auto errors = validate(schema);
  if (!errors.empty()) throw std::runtime_error(errors.front());
  collections_ = std::make_shared<Collections>();
  const std::string name = schema.name;
  collections_->emplace(name, std::make_shared<const Collection>(std::move(schema)));
  if (service_) service_->replace_collections(collections_);
}

RecordService& World::service() {
  if (!service_) {
    service_ = std::make_unique<RecordService>(RecordParts{*store_, *keyring_, budgets_, *log_, admin_events_},
                                               collections_, import_limits);
  }
  return *service_;
}

Call World::call(const Ask& ask, std::string_view action) {
  headers_ = ask.headers;
  Call call;
  call.params = {{"collection", ask.collection}, {"id", ask.id}, {"import", ask.id}, {"index", ask.id}};
  call.query = ask.query;
  for (const auto& [name, value] : headers_) call.headers.emplace_back(name, value);
  call.body = SecretBuffer(ask.body);
  call.principal = policy_->principal_named(ask.principal);
  call.policy = policy_;
  call.purpose = ask.purpose;
  call.case_reference = "case-7";
  call.client_address = "192.0.2.1";
  call.request_id = "req-1";
  call.now_us = ++clock_us_;
  policy::Request request;
  request.principal = call.principal;
  request.action = action;
  if (action.substr(0, 8) == "records.") request.collection = ask.collection;
  request.purpose = call.purpose;
  request.case_reference = call.case_reference;
  call.decision = policy_->decide(request);
  EXPECT_TRUE(call.decision.allowed) << call.decision.reason;
  return call;
}

Reply World::released(Outcome outcome) {
  EXPECT_EQ(outcome.events.empty(), outcome.hold == Hold::nothing)
      << "plaintext without an entry, or one not waited for";
  if (!outcome.events.empty()) must(log_->append_and_wait(std::move(outcome.events)));
  return std::move(outcome.reply);
}

Reply World::put(const Ask& ask) {
  Call one = call(ask, "records.put");
  GroupedCall grouped{one};
  service().put({&grouped, 1});
  return released(std::move(grouped.outcome).value());
}
Reply World::patch(const Ask& ask) {
  Call one = call(ask, "records.patch");
  return released(service().patch(one));
}
Reply World::remove(const Ask& ask) {
  Call one = call(ask, "records.delete");
  return released(service().remove(one));
}
Reply World::get(const Ask& ask) {
  Call one = call(ask, "records.read");
  return released(service().get(one));
}
Reply World::head(const Ask& ask) {
  Call one = call(ask, "records.read");
  return released(service().head(one));
}
Reply World::read(const Ask& ask) {
  Call one = call(ask, "records.read");
  return released(service().read(one));
}
Reply World::search(const Ask& ask) {
  Call one = call(ask, "records.search");
  return released(service().search(one));
}
Reply World::attest(const Ask& ask) {
  Call one = call(ask, "records.attest");
  return released(service().attest(one));
}

std::vector<boost::json::object> World::entries(std::uint64_t first) {
  std::vector<boost::json::object> out;
  for (const auto& entry : must(log_->read(first, 10000, audit::Log::Payloads::opened))) {
    boost::json::object object = boost::json::parse(entry.leaf).as_object();
    object["payload"] = boost::json::parse(entry.payload.expose_text());
    out.push_back(std::move(object));
  }
  return out;
}

std::vector<boost::json::object> World::entries_of(std::string_view action) {
  std::vector<boost::json::object> all = entries(0);
  std::erase_if(all, [&](const auto& entry) { return entry.at("action").as_string() != action; });
  return all;
}

void World::sql(const std::string& statement) {
  sqlite3* db = nullptr;
  if (sqlite3_open(database().c_str(), &db) != SQLITE_OK) throw std::runtime_error("cannot open the database");
  sqlite3_busy_timeout(db, 5000);
  char* message = nullptr;
  const int code = sqlite3_exec(db, statement.c_str(), nullptr, nullptr, &message);
  const std::string what = message == nullptr ? "" : message;
  sqlite3_free(message);
  sqlite3_close(db);
  if (code != SQLITE_OK) throw std::runtime_error(what);
}

std::string text_of(const Reply& reply) {
  return std::string(reply.body.expose_text());
}

boost::json::value json_of_reply(const Reply& reply) {
  return boost::json::parse(text_of(reply));
}

std::string header_of(const Reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace sluis::gateway::test
