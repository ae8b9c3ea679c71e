#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>

#include "tests/bench/load/client.h"

namespace sluis::load {
namespace {

SSL_CTX* make_context(const Options& options) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  bool good = true;
  if (!options.certificate.empty()) {
    good = SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) == 1;
  }
  if (!options.ca.empty()) {
    good = good && SSL_CTX_load_verify_file(context, options.ca.c_str()) == 1;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (good) return context;
  std::fprintf(stderr, "sluis_load: certificate, key or CA cannot be read\n");
  SSL_CTX_free(context);
  return nullptr;
}

double percentile(const std::vector<std::uint32_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[at]) / 1000.0;
}

void print(const Options& options, Tally& tally) {
  auto& times = tally.microseconds;
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"connections\":%u,\"seconds\":%.3f,\"requests\":%llu,\"rps\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
      "\"unexpected\":%llu,\"broken\":%llu,\"bytes\":%llu,\"statuses\":{",
      options.connections, options.seconds, static_cast<unsigned long long>(tally.done),
      static_cast<double>(tally.done) / options.seconds, percentile(times, 0.5), percentile(times, 0.99),
      static_cast<unsigned long long>(tally.unexpected), static_cast<unsigned long long>(tally.broken),
      static_cast<unsigned long long>(tally.bytes));
  const char* comma = "";
  for (const auto& [status, count] : tally.statuses) {
    std::printf("%s\"%u\":%llu", comma, status, static_cast<unsigned long long>(count));
    comma = ",";
  }
  std::printf("}}\n");
}

void merge(Tally& into, const Tally& from) {
  into.done += from.done;
  into.unexpected += from.unexpected;
  into.broken += from.broken;
  into.bytes += from.bytes;
  for (const auto& [status, count] : from.statuses) into.statuses[status] += count;
  into.microseconds.insert(into.microseconds.end(), from.microseconds.begin(), from.microseconds.end());
}

int run(const Options& options) {
  SSL_CTX* const context = make_context(options);
  if (context == nullptr) return 2;
  const auto start = Clock::now();
  const auto count_from =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.warm_up));
  const auto until =
      count_from + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  std::vector<Tally> tallies(options.threads);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.threads; ++i) {
      const unsigned share =
          options.connections / options.threads + (i < options.connections % options.threads ? 1 : 0);
      threads.emplace_back([&options, &tallies, context, share, i, count_from, until] {
        tallies[i] = Client(options, context, share, i + 1).run(count_from, until);
      });
    }
  }
  SSL_CTX_free(context);
  Tally all;
  for (const auto& tally : tallies) merge(all, tally);
  print(options, all);
  return all.broken == 0 && all.unexpected == 0 && all.done > 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluis::load

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int exit_code = 0;
  const auto options = sluis::load::parse(argc, argv, exit_code);
  return options ? sluis::load::run(*options) : exit_code;
}
