// The gateway's server with routes made for tests: sluis_server_probe FOLDER [name=value...]. The folder holds
// server.pem, server.key, client-ca.pem and client-ca.crl.pem; one line with the port says that it serves. SIGHUP loads
// certificates and revocation lists again, SIGTERM drains.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>

#include "crypto/secret.h"
#include "gateway/server/server.h"
#include "gateway/server/tls_context.h"
#include "tests/integration/server/probe_routes.h"

namespace sluis::test {
namespace {

using namespace gateway;

std::map<std::string, std::uint64_t, std::less<>> numbers;

std::uint64_t number(std::string_view name, std::uint64_t standard) {
  const auto it = numbers.find(name);
  return it == numbers.end() ? standard : it->second;
}

Milliseconds time_of(std::string_view name, std::uint64_t standard) {
  return Milliseconds(static_cast<Milliseconds::rep>(number(name, standard)));
}

TlsConfig tls_config(const std::string& folder) {
  TlsConfig config;
  config.certificate = folder + "/server.pem";
  config.key = folder + "/server.key";
  config.client_cas = {{"clients", folder + "/client-ca.pem", folder + "/client-ca.crl.pem"}};
  return config;
}

// Knows the URIs urn:test:NAME; lets nobody do anything but "backend" read diplomas.
class TestPolicy final : public policy::Policy {
 public:
  const policy::Principal* principal_of(const policy::Identity& identity) const override {
    if (identity.ca != "clients" || identity.uris.size() != 1) return nullptr;
    return identity.uris[0] == "urn:test:backend" ? &backend_
           : identity.uris[0] == "urn:test:other" ? &other_
                                                  : nullptr;
  }
  const policy::Principal* principal_named(std::string_view) const override { return nullptr; }
  policy::Decision decide(const policy::Request& request) const override {
    policy::Decision decision;
    decision.allowed = request.principal == &backend_ && request.collection == "diplomas";
    if (!decision.allowed) decision.reason = "no grant";
    return decision;
  }
  policy::BudgetLimits budget(std::string_view, std::string_view) const override { return {}; }
  std::vector<std::string> principals() const override { return {}; }
  const std::string& digest() const noexcept override { return backend_.name; }

 private:
  policy::Principal backend_{"backend", {policy::Role::backend}}, other_{"other", {policy::Role::backend}};
};

std::shared_ptr<Snapshot> make_snapshot(const std::string& folder, std::uint64_t generation) {
  auto tls = TlsContext::load(tls_config(folder));
  for (const auto& error : tls.errors) std::fprintf(stderr, "%s\n", error.c_str());
  if (!tls.context) return nullptr;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->tls = tls.context;
  snapshot->tls_generation = generation;
  snapshot->policy = std::make_shared<TestPolicy>();
  snapshot->known_collections = {"diplomas"};
  auto& limits = snapshot->limits;
  limits.body_memory = number("body_memory", 64U << 20U);
  limits.requests_in_flight = number("requests", 4096);
  limits.connections = number("connections", 4096);
  limits.connections_per_principal = number("per_principal", 4096);
  limits.body_rate = number("body_rate", 4096);
  limits.handshake_time = time_of("handshake_ms", 5000);
  limits.header_time = time_of("header_ms", 5000);
  limits.idle_time = time_of("idle_ms", 30000);
  limits.body_grace = time_of("body_ms", 5000);
  limits.write_grace = time_of("write_ms", 5000);
  return snapshot;
}

int serve(const std::string& folder) {
  auto snapshot = make_snapshot(folder, 1);
  if (!snapshot) return 2;
  auto oplog = OpLog::open({});
  if (!oplog) return 2;
  FakeLog log(FakeLog::Mode::at_once);
  ReplyGate gate(log);
  WorkerPool workers(static_cast<unsigned>(number("workers", 2)), number("queue", 8));
  const Router router(probe_routes(log));
  Metrics metrics(router.routes());
  Services services{&router, &gate, &workers, &metrics, oplog->get(), {}};
  services.may_run_inline = [](const Route&, const Call&) { return true; };
  ServerConfig config;
  config.listen = "127.0.0.1:0";
  config.probe_listen = "127.0.0.1:0";
  config.threads = static_cast<unsigned>(number("threads", 2));
  auto server = Server::open(config, services, services, snapshot);
  if (!server) return 2;
  (*server)->start();
  std::printf("%u %u\n", unsigned{(*server)->port()}, unsigned{(*server)->probe_port()});
  std::fflush(stdout);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGTERM);
  for (std::uint64_t generation = 2;; ++generation) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGTERM) break;
    if (auto next = make_snapshot(folder, generation)) (*server)->set_snapshot(next);
    std::printf("reloaded\n");
    std::fflush(stdout);
  }
  return (*server)->drain(time_of("drain_ms", 3000)) ? 0 : 3;
}

}  // namespace
}  // namespace sluis::test

int main(int argc, char** argv) {
  if (argc < 2 || !sluis::harden_process()) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto equals = argument.find('=');
    std::uint64_t value = 0;
    std::from_chars(argument.data() + equals + 1, argument.data() + argument.size(), value);
    sluis::test::numbers.emplace(argument.substr(0, equals), value);
  }
  return sluis::test::serve(argv[1]);
}
