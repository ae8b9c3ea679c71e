#include "gateway/auth/mounts.h"

#include "crypto/hash.h"
#include "gateway/auth/replies.h"

namespace sluis::gateway::auth {
namespace {

using transit::JsonPen;

struct Mount {
  std::string path;  // "transit/"
  std::string_view type, description;
};

constexpr std::string_view kTransit = "encryption as a service, under keys that an HSM protects";
constexpr Error kNobody{Code::denied, "no principal has this certificate"};

std::vector<Mount> engines(const SysParts& parts) {
  const Mount system{"sys/", "system", "state of the service"};
  if (parts.transit_mount.empty()) return {system};
  return {{parts.transit_mount + "/", "transit", kTransit}, system};
}

const Mount kLogin{"cert/", "cert", "login by client certificate"};

// The same on every gateway of the house and after every restart.
std::string name_of(const Mount& mount) {
  return to_hex(sha256({bytes_of("sluis mount "), bytes_of(mount.path)}));
}

std::string uuid_of(const Mount& mount) {
  const std::string hex = name_of(mount);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20, 12);
}

void append_members(JsonPen& pen, const Mount& mount) {
  pen.name("accessor").text(std::string(mount.type) + '_' + name_of(mount).substr(0, 8));
  pen.name("config").open_object();
  pen.name("default_lease_ttl").number(0).name("max_lease_ttl").number(0).name("force_no_cache").flag(false);
  pen.close_object();
  pen.name("deprecation_status").text("supported");
  pen.name("description").text(mount.description);
  pen.name("external_entropy_access").flag(true);
  pen.name("local").flag(false);
  pen.name("options").null();
  pen.name("plugin_version").text("");
  pen.name("seal_wrap").flag(true);
  pen.name("type").text(mount.type);
  pen.name("uuid").text(uuid_of(mount));
}

void append_brief(JsonPen& pen, const Mount& mount) {
  pen.name(mount.path).open_object();
  pen.name("description").text(mount.description).name("options").null().name("type").text(mount.type);
  pen.close_object();
}

// What there is, by path, in `data` and beside it.
Outcome listed(const Call& call, const std::vector<Mount>& mounts) {
  if (call.principal == nullptr) return refuse(kNobody);
  transit::Answer answer;
  JsonPen pen(answer.data);
  pen.open_object();
  for (const Mount& mount : mounts) {
    pen.name(mount.path).open_object();
    append_members(pen, mount);
    pen.close_object();
  }
  pen.close_object();
  const SecretBuffer beside = answer.data.clone();
  return answer_twice(call, std::move(answer), beside.expose_text());
}

std::string path_of(const Call& call) {
  std::string path;
  for (const auto& [name, value] : call.params) path += value + '/';
  return path;
}

}  // namespace

Outcome mounts(const SysParts& parts, Call& call) {
  return listed(call, engines(parts));
}
Outcome logins(const SysParts&, Call& call) {
  return listed(call, {kLogin});
}

Outcome ui_mounts(const SysParts& parts, Call& call) {
  transit::Answer out;
  JsonPen pen(out.data);
  pen.open_object();
  pen.name("auth").open_object();
  append_brief(pen, kLogin);
  pen.close_object();
  pen.name("secret").open_object();
  if (call.principal != nullptr) {
    for (const Mount& mount : engines(parts)) append_brief(pen, mount);
  }
  pen.close_object().close_object();
  return answer(call, std::move(out));
}

Outcome ui_mount(const SysParts& parts, Call& call) {
  if (call.principal == nullptr) return refuse(kNobody);
  const std::string path = path_of(call);
  for (const Mount& mount : engines(parts)) {
    if (!path.starts_with(mount.path)) continue;
    transit::Answer out;
    JsonPen pen(out.data);
    pen.open_object();
    append_members(pen, mount);
    pen.name("path").text(mount.path);
    pen.close_object();
    return answer(call, std::move(out));
  }
  return refuse(transit::Refusal{403,
                                 "preflight capability check returned 403, please ensure client's policies grant "
                                 "access to path \"" +
                                     path + '"'});
}

}  // namespace sluis::gateway::auth
