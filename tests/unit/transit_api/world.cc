#include "tests/unit/transit_api/world.h"

#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "gateway/http/method.h"
#include "hsm/provision.h"
#include "store/sqlite_store.h"
#include "tests/support/softhsm.h"

namespace sluis::gateway::transit::test {
namespace {

constexpr std::string_view kPolicy = R"(
purposes = ["care"]
[[principal]]
name = "backend"
uri = "urn:sluis:backend"
roles = ["backend"]
[[principal]]
name = "narrow"
uri = "urn:sluis:narrow"
roles = ["backend"]
[[principal]]
name = "officer"
uri = "urn:sluis:officer"
roles = ["security-officer"]
[[grant]]
name = "uses"
to = ["backend"]
actions = ["transit.*"]
keys = ["*"]
[[grant]]
name = "narrow-uses"
to = ["narrow"]
actions = ["transit.encrypt", "transit.rewrap", "transit.decrypt"]
keys = ["mine"]
[[grant]]
name = "management"
to = ["officer"]
actions = ["transit.*"]
keys = ["*"]
)";

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().what.view()));
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(std::string(status.error().what.view()));
}

// One for the program: SoftHSM's configuration belongs to the process.
struct Hsm {
  sluis::test::SoftHsmToken softhsm;
  std::unique_ptr<hsm::Pkcs11Token> token =
      must(hsm::Pkcs11Token::open(softhsm.config(), must(SecretKey::copy_of(bytes_of(softhsm.pin)))));
  Hsm() { must(hsm::make_first_keys(*token)); }
};
hsm::Token& the_token() {
  static Hsm hsm;
  return *hsm.token;
}

}  // namespace

std::string Answered::error() const {
  const auto& errors = json.at("errors").as_array();
  if (errors.size() != 1) return "(" + std::to_string(errors.size()) + " errors)";
  return std::string(errors.front().as_string());
}

std::vector<std::string> Answered::warnings() const {
  std::vector<std::string> out;
  if (json.at("warnings").is_null()) return out;
  for (const auto& warning : json.at("warnings").as_array()) out.emplace_back(warning.as_string());
  return out;
}

std::string Answered::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

const boost::json::object& Answered::result(std::size_t i) const {
  return data().at("batch_results").as_array().at(i).as_object();
}

void TransitTest::SetUp() {
  if (!sluis::test::SoftHsmToken::available()) GTEST_SKIP() << "SoftHSM is not installed";
  static std::atomic<int> next{0};
  folder_ = std::filesystem::temp_directory_path() /
            ("sluis-transit-api-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  std::filesystem::create_directory(folder_);
  store_ = must(store::open_sqlite({(folder_ / "store.db").string(), 4}));
  must(store_->migrate());
  log_ = std::make_unique<sluis::test::FakeLog>(sluis::test::FakeLog::Mode::at_once);
  use_policy(kPolicy);
  use({});
}

void TransitTest::TearDown() {
  router_.reset();
  parts_.reset();
  summary_.reset();
  log_.reset();
  keys_.reset();
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TransitTest::use(const Settings& settings, TransitKeysConfig config) {
  router_.reset();
  parts_.reset();
  summary_.reset();
  keys_ = std::make_unique<TransitKeys>(*store_, the_token(), config);
  must(keys_->start());
  summary_ = std::make_unique<Summary>(*log_, std::chrono::milliseconds(0));
  parts_ = std::make_shared<const Parts>(Parts{*keys_, *store_, *summary_, budgets_, settings});
  router_ = std::make_unique<Router>(transit_routes(parts_));
}

void TransitTest::use_policy(std::string_view toml) {
  const policy::Loaded loaded = policy::load_text(toml, "policy.toml");
  for (const auto& error : loaded.errors) throw std::runtime_error(error.text());
  policy_ = loaded.policy;
}

Call TransitTest::call_of(std::string_view method, std::string_view path, std::string_view body, const Ask& ask,
                          const Route** route) {
  auto target = must(parse_target("/v1/transit/" + std::string(path)));
  auto match = router_->match(method_named(method), target);
  *route = match.route;
  Call call;
  call.method = method_named(method);
  call.path = target.path;
  call.params = std::move(match.params);
  call.query = std::move(target.query);
  call.body = SecretBuffer(body);
  call.policy = policy_;
  call.principal = policy_->principal_named(ask.principal);
  call.purpose = ask.purpose;
  call.case_reference = ask.case_reference;
  call.request_id = "6e8bc430-9c3a-8000-8000-000000000001";
  return call;
}

Answered TransitTest::call(std::string_view method, std::string_view path, std::string_view body, const Ask& ask) {
  const Route* route = nullptr;
  Call call = call_of(method, path, body, ask, &route);
  Answered out;
  if (route == nullptr) {
    out.status = 404;
    return out;
  }
  if (!granted(call, route->action, call.param("key"))) {
    out.status = 403;
    out.json = boost::json::parse(R"({"errors":["permission denied"]})");
    return out;
  }
  Outcome outcome = route->handler(call);
  out.status = outcome.reply.status;
  out.events = std::move(outcome.events);
  out.hold = outcome.hold;
  out.headers = std::move(outcome.reply.headers);
  if (!outcome.reply.body.empty()) out.json = boost::json::parse(outcome.reply.body.expose_text());
  return out;
}

void TransitTest::make(std::string_view name, std::string_view options) {
  const auto made = officer("POST", "keys/" + std::string(name), options);
  if (made.status != 200) throw std::runtime_error("the key was not made: " + boost::json::serialize(made.json));
}

std::string TransitTest::encrypt(std::string_view key, std::string_view plaintext_base64, std::string_view more) {
  const auto body = R"({"plaintext":")" + std::string(plaintext_base64) + '"' + std::string(more) + "}";
  const auto answer = post("encrypt/" + std::string(key), body);
  if (answer.status != 200) throw std::runtime_error("not encrypted: " + boost::json::serialize(answer.json));
  return answer.text("ciphertext");
}

std::string TransitTest::stream(std::string_view path, std::string_view body, std::size_t piece,
                                std::vector<audit::Event>* events) {
  const Route* route = nullptr;
  Call call = call_of("POST", path, {}, {}, &route);
  Filtered filtered = route->filter(call);
  if (!filtered.filter) return std::string(filtered.refused->reply.body.expose_text());
  std::string out;
  const auto take = [&](Result<Piece> result) {
    const Piece made = must(std::move(result));
    out += made.bytes.expose_text();
    if (events != nullptr) events->insert(events->end(), made.events.begin(), made.events.end());
  };
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    take(filtered.filter->feed(body.substr(0, piece)));
  take(filtered.filter->finish());
  return out;
}

std::string base64(std::string_view text) {
  return to_base64(bytes_of(text));
}
std::string plain(std::string_view base64_text) {
  return std::string(text_of(must(from_base64(base64_text))));
}

}  // namespace sluis::gateway::transit::test
