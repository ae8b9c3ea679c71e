// What the HSM does bare: data keys opened under one master key and wrapped under another, over as many sessions as a
// rollover of the master key uses:
//   bench-hsm-rewrap SECONDS THREADS
// Needs SoftHSM. Prints {"per_second": N}.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hsm/pkcs11_token.h"
#include "hsm/provision.h"
#include "tests/support/softhsm.h"

namespace {

using namespace sluis;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().what.view()));
  return std::move(*result);
}

void rewrap(hsm::Token& token, const Bytes& wrapped, const std::atomic<bool>& stop, std::atomic<std::uint64_t>& done) {
  const Bytes context(64, 7);
  while (!stop) {
    const SecretKey key = must(token.unwrap(1, context, wrapped));
    static_cast<void>(must(token.wrap(2, context, key)));
    ++done;
  }
}

double measure(double seconds, unsigned threads) {
  const sluis::test::SoftHsmToken softhsm;
  const auto token = must(hsm::Pkcs11Token::open(softhsm.config(), must(SecretKey::copy_of(bytes_of(softhsm.pin)))));
  static_cast<void>(hsm::make_first_keys(*token));
  static_cast<void>(must(token->make(hsm::KeyKind::master, 2)));
  const Bytes wrapped = must(token->wrap(1, Bytes(64, 7), must(SecretKey::random(32))));
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> done{0};
  std::vector<std::thread> workers;
  const auto began = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < threads; ++i) workers.emplace_back([&] { rewrap(*token, wrapped, stop, done); });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& worker : workers) worker.join();
  return static_cast<double>(done) / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    if (const auto hardened = harden_process(); !hardened) return 1;
    std::printf("{\"per_second\": %.0f}\n", measure(std::atof(argv[1]), static_cast<unsigned>(std::atoi(argv[2]))));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-hsm-rewrap: %s\n", error.what());
    return 1;
  }
  return 0;
}
