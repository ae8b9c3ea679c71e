#include "gateway/auth/sys_routes.h"

#include "gateway/auth/capabilities.h"
#include "gateway/auth/mounts.h"
#include "gateway/auth/replies.h"
#include "gateway/transit/api/params.h"

namespace sluis::gateway::auth {
namespace {

using transit::JsonPen;

constexpr std::string_view kCluster = "sluis";
// Codes that a reply with a body may have.
constexpr std::uint64_t kLeastCode = 200;
constexpr std::uint64_t kMostCode = 599;

Outcome plain(unsigned status, SecretBuffer body) {
  Outcome out;
  out.reply.status = status;
  out.reply.body = std::move(body);
  return out;
}

// The caller may choose the status of each state: load balancers know few of them.
struct Codes {
  unsigned active = 200, sealed = 503;
  bool sound = true;
};

Codes codes_of(const Call& call) {
  Codes codes;
  struct Row {
    std::string_view name;
    unsigned* code;
  };
  unsigned unused = 0;  // there are no such states here, but their values are checked alike
  for (const auto& [name, code] :
       {Row{"activecode", &codes.active}, Row{"sealedcode", &codes.sealed}, Row{"standbycode", &unused},
        Row{"uninitcode", &unused}, Row{"drsecondarycode", &unused}, Row{"performancestandbycode", &unused}}) {
    const auto text = call.query_value(name);
    if (!text) continue;
    const auto number = transit::integer_of(*text);
    const bool fits =
        number && *number >= static_cast<std::int64_t>(kLeastCode) && *number <= static_cast<std::int64_t>(kMostCode);
    if (!fits) codes.sound = false;
    if (fits) *code = static_cast<unsigned>(*number);
  }
  return codes;
}

Outcome health(const SysParts& parts, const Call& call) {
  const Codes codes = codes_of(call);
  if (!codes.sound) return refuse(Error{Code::invalid, "a status code is a number from 200 to 599"});
  const SealState state = parts.seal();
  SecretBuffer body;
  JsonPen pen(body);
  pen.open_object();
  pen.name("initialized").flag(true);
  pen.name("sealed").flag(state.sealed);
  pen.name("standby").flag(state.sealed);
  pen.name("performance_standby").flag(false);
  pen.name("replication_performance_mode").text("disabled");
  pen.name("replication_dr_mode").text("disabled");
  pen.name("server_time_utc").number(call.now_us / 1'000'000);
  pen.name("version").text(parts.version);
  pen.name("cluster_name").text(kCluster);
  pen.name("cluster_id").text("");
  pen.close_object();
  return plain(state.sealed ? codes.sealed : codes.active, std::move(body));
}

// A gateway without its master keys does not start, so one that answers is initialised. Nobody types shares of a key:
// the HSM unseals it.
Outcome seal_status(const SysParts& parts) {
  SecretBuffer body;
  JsonPen pen(body);
  pen.open_object();
  pen.name("type").text("pkcs11");
  pen.name("initialized").flag(true);
  pen.name("sealed").flag(parts.seal().sealed);
  for (const std::string_view none : {"t", "n", "progress"}) pen.name(none).number(0);
  pen.name("nonce").text("");
  pen.name("version").text(parts.version);
  pen.name("build_date").text("");
  pen.name("migration").flag(false);
  pen.name("cluster_name").text(kCluster);
  pen.name("cluster_id").text("");
  pen.name("recovery_seal").flag(true);
  pen.name("storage_type").text(parts.storage);
  pen.close_object();
  return plain(200, std::move(body));
}

Outcome init_status() {
  return plain(200, SecretBuffer(R"({"initialized":true})"));
}

// Every gateway serves: none leads.
Outcome leader() {
  SecretBuffer body;
  JsonPen pen(body);
  pen.open_object();
  pen.name("ha_enabled").flag(false);
  pen.name("is_self").flag(false);
  for (const std::string_view none : {"leader_address", "leader_cluster_address"}) pen.name(none).text("");
  pen.name("performance_standby").flag(false);
  pen.close_object();
  return plain(200, std::move(body));
}

Route look(std::string_view pattern, TokenUse token, Handler handler) {
  Route route = compatible_row(Method::get, pattern, token, Runs::io, std::move(handler));
  // Some clients send an empty object with a GET.
  route.body_limit = 1024;
  return route;
}

}  // namespace

std::vector<Route> sys_routes(const SysParts& parts) {
  const auto ignored = TokenUse::ignored;
  const auto checked = TokenUse::checked;
  std::vector<Route> routes{
      look("/v1/sys/health", ignored, [parts](Call& call) { return health(parts, call); }),
      look("/v1/sys/seal-status", ignored, [parts](Call&) { return seal_status(parts); }),
      look("/v1/sys/init", ignored, [](Call&) { return init_status(); }),
      look("/v1/sys/leader", ignored, [](Call&) { return leader(); }),
      look("/v1/sys/mounts", checked, [parts](Call& call) { return mounts(parts, call); }),
      look("/v1/sys/auth", checked, [parts](Call& call) { return logins(parts, call); }),
      look("/v1/sys/internal/ui/mounts", ignored, [parts](Call& call) { return ui_mounts(parts, call); }),
  };
  // A path of any length below the last one: patterns have a fixed number of segments.
  std::string pattern = "/v1/sys/internal/ui/mounts";
  for (const char* const segment : kPathSegments) {
    pattern += '/';
    pattern += segment;
    routes.push_back(look(pattern, checked, [parts](Call& call) { return ui_mount(parts, call); }));
  }
  add_write(routes, compatible_row(Method::post, "/v1/sys/capabilities-self", checked, Runs::io,
                                   [parts](Call& call) { return capabilities_self(parts.router(), call); }));
  return routes;
}

}  // namespace sluis::gateway::auth
