#include "store/pg_dsn.h"

#include <array>
#include <cstdlib>
#include <string_view>

#include "store/postgres_store.h"

namespace sluis::store {
namespace {

struct Freed {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Parsed = std::unique_ptr<PQconninfoOption, Freed>;

Parsed parse(const std::string& dsn) {
  char* message = nullptr;
  Parsed options(PQconninfoParse(dsn.c_str(), &message));
  PQfreemem(message);
  return options;
}

// What the string says, else what the environment says, as libpq itself looks; else empty.
std::string_view value_of(const Parsed& options, std::string_view keyword) {
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (keyword != option->keyword) continue;
    if (option->val != nullptr) return option->val;
    const char* fallback = option->envvar == nullptr ? nullptr : std::getenv(option->envvar);
    return fallback == nullptr ? std::string_view() : fallback;
  }
  return {};
}

bool is_socket(std::string_view host) noexcept {
  return host.starts_with('/') || host.starts_with('@');
}

// No host at all means libpq's default socket folder, unless a service file may name one.
bool stays_on_sockets(const Parsed& options) {
  if (!value_of(options, "hostaddr").empty()) return false;
  std::string_view hosts = value_of(options, "host");
  if (hosts.empty()) return value_of(options, "service").empty();
  for (;;) {
    const std::size_t comma = hosts.find(',');
    if (!is_socket(hosts.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    hosts.remove_prefix(comma + 1);
  }
}

}  // namespace

Status require_tls(const std::string& dsn, Transport transport) {
  const Parsed options = parse(dsn);
  if (!options) return Error{Code::invalid, "the database's connection string is malformed"};
  if (transport == Transport::may_be_open) return {};
  const std::string_view mode = value_of(options, "sslmode");
  if (mode == "verify-full" || mode == "verify-ca" || stays_on_sockets(options)) return {};
  return Error{Code::invalid, "the database's connection string needs sslmode=verify-full"};
}

PGconn* pg_connect(const std::string& dsn) {
  // What stands before dbname are defaults that the string may change; what stands after it holds whatever it says.
  // A dead peer is noticed after 10 + 3 * 5 s of silence, or 15 s of unacknowledged bytes.
  constexpr std::array<const char*, 11> kKeywords = {"connect_timeout",
                                                     "keepalives_idle",
                                                     "keepalives_interval",
                                                     "keepalives_count",
                                                     "tcp_user_timeout",
                                                     "fallback_application_name",
                                                     "gssencmode",
                                                     "target_session_attrs",
                                                     "dbname",
                                                     "client_encoding",
                                                     nullptr};
  const std::array<const char*, 11> values = {"5",       "10",         "5",         "3",    "15000", "sluisd",
                                              "disable", "read-write", dsn.c_str(), "UTF8", nullptr};
  return PQconnectdbParams(kKeywords.data(), values.data(), 1);
}

}  // namespace sluis::store
