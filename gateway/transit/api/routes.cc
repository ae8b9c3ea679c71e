#include "gateway/transit/api/routes.h"

#include <charconv>

#include "gateway/transit/api/handlers.h"
#include "gateway/transit/api/item_cipher.h"
#include "gateway/transit/api/streams.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kSmall = std::size_t{64} << 10U;   // options of a key, a certificate chain
constexpr std::size_t kInline = std::size_t{16} << 10U;  // largest body that is worked on at once
constexpr std::size_t kLeastItem = 16;                   // bytes of a body for each encryption, at least

struct Row {
  Method method;
  std::string_view path;
  std::string_view action;
  Runs runs;
  enum class Body : std::uint8_t { small, large } body;  // some clients send one with GET too
  Function function;
  Filtered (*stream)(const Parts&, Call&) = nullptr;
};

// Key material that leaves or comes in needs two security officers.
bool is_dangerous(std::string_view action) noexcept {
  return action == "transit.export" || action == "transit.backup" || action == "transit.restore";
}

// clang-format off
constexpr Row kRows[] = {
    {Method::post, "/encrypt/{key}",            "transit.encrypt", Runs::local,  Row::Body::large, encrypt, encrypt_stream},
    {Method::post, "/decrypt/{key}",            "transit.decrypt", Runs::local,  Row::Body::large, decrypt, decrypt_stream},
    {Method::post, "/rewrap/{key}",             "transit.rewrap",  Runs::local,  Row::Body::large, rewrap, rewrap_stream},
    {Method::post, "/datakey/wrapped/{key}",    "transit.datakey", Runs::local,  Row::Body::small, datakey_wrapped},
    {Method::post, "/datakey/plaintext/{key}",  "transit.datakey_plaintext", Runs::local, Row::Body::small, datakey_plaintext},
    {Method::post, "/hmac/{key}",               "transit.hmac",    Runs::local,  Row::Body::large, hmac},
    {Method::post, "/hmac/{key}/{algorithm}",   "transit.hmac",    Runs::local,  Row::Body::large, hmac},
    {Method::post, "/sign/{key}",               "transit.sign",    Runs::local,  Row::Body::large, sign},
    {Method::post, "/sign/{key}/{algorithm}",   "transit.sign",    Runs::local,  Row::Body::large, sign},
    {Method::post, "/verify/{key}",             "transit.verify",  Runs::local,  Row::Body::large, verify},
    {Method::post, "/verify/{key}/{algorithm}", "transit.verify",  Runs::local,  Row::Body::large, verify},
    {Method::post, "/hash",                     "transit.hash",    Runs::local,  Row::Body::large, hash},
    {Method::post, "/hash/{algorithm}",         "transit.hash",    Runs::local,  Row::Body::large, hash},
    {Method::post, "/random",                   "transit.random",  Runs::local,  Row::Body::small, random},
    {Method::post, "/random/{first}",           "transit.random",  Runs::local,  Row::Body::small, random},
    {Method::post, "/random/{first}/{bytes}",   "transit.random",  Runs::local,  Row::Body::small, random},

    {Method::list, "/keys",                     "transit.list",    Runs::worker, Row::Body::small,  list_keys},
    {Method::get,  "/keys",                     "transit.list",    Runs::worker, Row::Body::small,  list_keys},
    {Method::get,  "/keys/{key}",               "transit.read",    Runs::worker, Row::Body::small,  read_key},
    {Method::post, "/keys/{key}",               "transit.create",  Runs::worker, Row::Body::small, create_key},
    {Method::del,  "/keys/{key}",               "transit.delete",  Runs::worker, Row::Body::small, delete_key},
    {Method::post, "/keys/{key}/config",        "transit.config",  Runs::worker, Row::Body::small, configure_key},
    {Method::post, "/keys/{key}/rotate",        "transit.rotate",  Runs::worker, Row::Body::small, rotate_key},
    {Method::post, "/keys/{key}/trim",          "transit.trim",    Runs::worker, Row::Body::small, trim_key},
    {Method::post, "/keys/{key}/import",        "transit.import",  Runs::worker, Row::Body::small, import_key},
    {Method::post, "/keys/{key}/import_version", "transit.import", Runs::worker, Row::Body::small, import_key_version},
    {Method::del,  "/keys/{key}/soft-delete",   "transit.delete",  Runs::worker, Row::Body::small, soft_delete_key},
    {Method::post, "/keys/{key}/soft-delete-restore", "transit.delete", Runs::worker, Row::Body::small, soft_restore_key},
    {Method::post, "/keys/{key}/csr",           "transit.csr",     Runs::worker, Row::Body::small, sign_request},
    {Method::post, "/keys/{key}/set-certificate", "transit.config", Runs::worker, Row::Body::small, set_certificate},

    {Method::get,  "/export/public-key/{key}",                  "transit.read", Runs::worker, Row::Body::small, export_public_key},
    {Method::get,  "/export/public-key/{key}/{version}",        "transit.read", Runs::worker, Row::Body::small, export_public_key},
    {Method::get,  "/export/certificate-chain/{key}",           "transit.read", Runs::worker, Row::Body::small, export_certificates},
    {Method::get,  "/export/certificate-chain/{key}/{version}", "transit.read", Runs::worker, Row::Body::small, export_certificates},
    {Method::get,  "/export/{kind}/{key}",                      "transit.export", Runs::worker, Row::Body::small, export_key},
    {Method::get,  "/export/{kind}/{key}/{version}",            "transit.export", Runs::worker, Row::Body::small, export_key},
    {Method::get,  "/byok-export/{destination}/{key}",           "transit.export", Runs::worker, Row::Body::small, byok_export},
    {Method::get,  "/byok-export/{destination}/{key}/{version}", "transit.export", Runs::worker, Row::Body::small, byok_export},
    {Method::get,  "/wrapping_key",             "transit.wrapping_key", Runs::worker, Row::Body::small, wrapping_key},
    {Method::get,  "/backup/{key}",             "transit.backup",  Runs::worker, Row::Body::small,  backup_key},
    {Method::post, "/restore",                  "transit.restore", Runs::worker, Row::Body::large, restore_key},
    {Method::post, "/restore/{key}",            "transit.restore", Runs::worker, Row::Body::large, restore_key},
    {Method::get,  "/config/keys",              "transit.settings", Runs::worker, Row::Body::small, read_keys_config},
    {Method::post, "/config/keys",              "transit.settings", Runs::worker, Row::Body::small, write_keys_config},
    {Method::get,  "/cache-config",             "transit.settings", Runs::worker, Row::Body::small, read_cache_config},
    {Method::post, "/cache-config",             "transit.settings", Runs::worker, Row::Body::small, write_cache_config},
};
// clang-format on

std::size_t limit_of(Row::Body body, const Settings& settings) {
  return body == Row::Body::small ? std::min(kSmall, settings.body_bytes) : settings.body_bytes;
}

Route route_of(const Row& row, Method method, const std::shared_ptr<const Parts>& parts) {
  Route route;
  route.query = {Route::any};  // unknown parameters are warned of, as clients expect
  route.method = method;
  route.pattern = "/v1/" + parts->settings.mount + std::string(row.path);
  route.action = row.action;
  route.runs = row.runs;
  route.body_limit = limit_of(row.body, parts->settings);
  route.handler = [parts, function = row.function](Call& call) { return function(*parts, call); };
  if (is_dangerous(row.action)) route.parties = {policy::Role::security_officer, policy::Role::security_officer};
  if (row.stream != nullptr) {
    route.filter = [parts, stream = row.stream](Call& call) { return stream(*parts, call); };
  }
  return route;
}

// Types whose work on one item takes some ten microseconds at most.
bool is_quick(KeyType type) noexcept {
  return is_aead(type) || type == KeyType::hmac || type == KeyType::ed25519 || type == KeyType::ecdsa_p256;
}

// A ciphertext of a version that is not there yet has the store asked.
bool has_newer(std::string_view body, std::uint32_t latest) {
  if (body.find('\\') != std::string_view::npos) return true;
  for (auto at = body.find(kPrefix); at != std::string_view::npos; at = body.find(kPrefix, at)) {
    at += kPrefix.size();
    std::uint32_t version = 0;
    const auto [end, error] = std::from_chars(body.data() + at, body.data() + body.size(), version);
    static_cast<void>(end);
    if (error == std::errc::result_out_of_range || version > latest) return true;
  }
  return false;
}

}  // namespace

std::vector<Route> transit_routes(const std::shared_ptr<const Parts>& parts) {
  std::vector<Route> routes;
  for (const Row& row : kRows) {
    routes.push_back(route_of(row, row.method, parts));
    if (row.method == Method::post) routes.push_back(route_of(row, Method::put, parts));
  }
  return routes;
}

std::vector<approvals::GuardedAction> guarded_actions(const std::shared_ptr<const Parts>& parts) {
  using Rehearse = std::optional<Outcome> (*)(const Parts&, Call&);
  const auto action = [&](std::string name, approvals::Keep keep, Rehearse rehearse) {
    return approvals::GuardedAction{std::move(name), keep,
                                    [parts, rehearse](Call& call) { return rehearse(*parts, call); }};
  };
  // A backup holds keys in the clear.
  return {action("transit.export", approvals::Keep::body, rehearse_export),
          action("transit.backup", approvals::Keep::body, rehearse_backup),
          action("transit.restore", approvals::Keep::digest, rehearse_restore)};
}

bool may_run_inline(const Parts& parts, const Route& route, const Call& call) {
  const std::string_view body = call.body.expose_text();
  if (body.size() > kInline || call.query_value("from")) return false;
  const std::string_view name = call.param("key");
  if (name.empty()) return route.action == "transit.hash" || route.action == "transit.random";
  if (!parts.keys.cached(name)) return false;
  const auto key = parts.keys.open(name);
  if (!key || !is_quick((*key)->attributes.type) || has_newer(body, (*key)->latest())) return false;
  return parts.keys.use_ready(**key, (*key)->latest(), body.size() / kLeastItem + 1);
}

}  // namespace sluis::gateway::transit
