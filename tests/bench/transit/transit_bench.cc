// Measures batches of the Transit interface within one process and one thread, without the server: the handlers of
// encrypt and decrypt on 1000 items of 64 bytes, decrypt with a durable entry each, beside raw AES-256-GCM of the same
// sizes with the same kind of nonces:
//   transit_bench FOLDER [seconds-a-round] [rounds]
// Needs SoftHSM. Prints one line a figure: name, items a second, and the ratio to raw AES-256-GCM.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <vector>

#include "audit/log.h"
#include "crypto/aead_cipher.h"
#include "crypto/hash.h"
#include "gateway/server/admission.h"
#include "gateway/transit/api/handlers.h"
#include "hsm/pkcs11_token.h"
#include "hsm/provision.h"
#include "store/sqlite_store.h"
#include "tests/support/audit_keys.h"
#include "tests/support/softhsm.h"

namespace {

using namespace sluis;
using namespace sluis::gateway;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kItems = 1000;
constexpr std::size_t kBytes = 64;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(result.error().what.view()));
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) throw std::runtime_error(std::string(status.error().what.view()));
}

// Items a second, the median of the rounds.
double rate(double seconds, int rounds, const std::function<void()>& batch) {
  std::vector<double> rates;
  batch();
  for (int round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    double done = 0, took = 0;
    while (took < seconds) {
      batch();
      done += kItems;
      took = std::chrono::duration<double>(Clock::now() - start).count();
    }
    rates.push_back(done / took);
  }
  std::sort(rates.begin(), rates.end());
  return rates[rates.size() / 2];
}

std::string body_of(std::string_view member, const std::vector<std::string>& values) {
  std::string body = R"({"batch_input":[)";
  for (const auto& value : values) {
    body += body.back() == '[' ? "" : ",";
    body += "{\"" + std::string(member) + "\":\"" + value + "\"}";
  }
  return body + "]}";
}

std::vector<std::string> ciphertexts_of(std::string_view reply) {
  std::vector<std::string> out;
  for (auto at = reply.find("vault:"); at != std::string_view::npos; at = reply.find("vault:", at + 1)) {
    out.emplace_back(reply.substr(at, reply.find('"', at) - at));
  }
  return out;
}

struct Bench {
  double seconds;
  int rounds;
  double raw = 0;

  void print(const char* name, double items) const {
    std::printf("%-28s %12.0f items/s %8.2f of raw AES-256-GCM\n", name, items, items / raw);
  }

  void measure_raw() {
    const auto key = must(SecretKey::random(32));
    auto cipher = must(AeadCipher::make(AeadKind::aes256_gcm, key.expose_secret()));
    Bytes plaintext(kBytes, 'x'), out(kBytes + 16), nonces(12 * kItems);
    raw = rate(seconds, rounds, [&] {
      must(random_bytes(nonces));
      for (std::size_t i = 0; i < kItems; ++i)
        must(cipher.seal(ByteView(nonces).subspan(12 * i, 12), {}, plaintext, out));
    });
    print("raw seal", raw);
  }

  void measure(const transit::Parts& parts, audit::Log& log) {
    Call call;
    call.params.emplace_back("key", "bench");
    call.request_id = "6e8bc430-9c3a-8000-8000-000000000001";
    call.client_address = "192.0.2.17";
    const std::string plaintext = to_base64(Bytes(kBytes, 'x'));
    call.body = SecretBuffer(body_of("plaintext", std::vector<std::string>(kItems, plaintext)));
    Outcome made;
    print("encrypt", rate(seconds, rounds, [&] { made = transit::encrypt(parts, call); }));
    call.body = SecretBuffer(body_of("ciphertext", ciphertexts_of(made.reply.body.expose_text())));
    const auto decrypt = [&] {
      Outcome outcome = transit::decrypt(parts, call);
      if (outcome.events.size() != kItems) throw std::runtime_error("not all were opened");
      return outcome;
    };
    print("decrypt, entries not written", rate(seconds, rounds, [&] { decrypt(); }));
    print("decrypt, entries durable", rate(seconds, rounds, [&] {
            Outcome outcome = decrypt();
            complete_events(outcome.events, call);
            must(log.append_and_wait(std::move(outcome.events)));
          }));
    print("rewrap", rate(seconds, rounds, [&] { made = transit::rewrap(parts, call); }));
  }
};

int run(const std::filesystem::path& folder, Bench bench) {
  test::SoftHsmToken softhsm;
  auto token = must(hsm::Pkcs11Token::open(softhsm.config(), must(SecretKey::copy_of(bytes_of(softhsm.pin)))));
  must(hsm::make_first_keys(*token));
  const auto store = must(store::open_sqlite({(folder / "store.db").string(), 4}));
  must(store->migrate());
  tests::MemoryPeriodKeys periods;
  tests::MemorySigner signer;
  audit::LogConfig config;
  config.folder = (folder / "audit").string();
  config.origin = "bench.example/log";
  config.gateway = "gateway-1";
  const auto log = must(audit::Log::open(config, periods, signer));
  transit::TransitKeys keys(*store, *token, {});
  must(keys.start());
  must(keys.create("bench", {}));
  transit::Summary summary(*log, std::chrono::milliseconds(0));
  policy::Budgets budgets;
  bench.measure_raw();
  bench.measure({keys, *store, summary, budgets, {}}, *log);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("transit_bench FOLDER [seconds-a-round] [rounds]\n", stderr);
    return 2;
  }
  const Bench bench{argc > 2 ? std::atof(argv[2]) : 2.0, argc > 3 ? std::atoi(argv[3]) : 3};
  return run(argv[1], bench);
}
