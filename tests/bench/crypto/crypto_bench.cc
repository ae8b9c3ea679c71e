// What the ground floor costs a call: a record of four fields sealed and opened, and the parts of that.
#include <benchmark/benchmark.h>

#include "crypto/aead_cipher.h"
#include "crypto/blind_index.h"
#include "crypto/envelope.h"
#include "crypto/hash.h"
#include "crypto/private_key.h"

namespace {

using namespace sluis;

constexpr std::string_view kNames[] = {"name", "nrn", "grade", "issued"};
constexpr std::string_view kValues[] = {"Peeters, Zoë Maria", "85.07.30-033.28", "magna cum laude", "1999-07-01"};

XaesKey bench_key() {
  return *XaesKey::make(*SecretKey::copy_of(Bytes(32, 7)));
}
EnvelopeContext bench_context() {
  return {kRecordDomain, "diplomas", "0190a7f2-diploma-001", KeyId{}, 1};
}
Bytes sealed_record(const XaesKey& key) {
  PlainField fields[4];
  for (std::uint16_t i = 0; i < 4; ++i) {
    fields[i] = {static_cast<std::uint16_t>(i + 1), kNames[i], bytes_of(kValues[i])};
  }
  return *seal_envelope(key, bench_context(), fields);
}

void seal_four_fields(benchmark::State& state) {
  const XaesKey key = bench_key();
  for (auto _ : state) benchmark::DoNotOptimize(sealed_record(key));
}

void open_fields(benchmark::State& state) {
  const XaesKey key = bench_key();
  const Bytes envelope = sealed_record(key);
  const auto count = static_cast<std::uint16_t>(state.range(0));
  SecretBuffer out;
  for (auto _ : state) {
    const auto view = parse_envelope(envelope);
    auto opener = EnvelopeOpener::make(key, bench_context(), *view);
    out.clear();
    for (std::uint16_t i = 0; i < count; ++i) {
      const Status opened = opener->open(static_cast<std::uint16_t>(i + 1), kNames[i], out);
      if (!opened) state.SkipWithError("does not open");
    }
  }
}

void parse(benchmark::State& state) {
  const Bytes envelope = sealed_record(bench_key());
  for (auto _ : state) benchmark::DoNotOptimize(parse_envelope(envelope));
}

void derive_nonce_key(benchmark::State& state) {
  const XaesKey key = bench_key();
  const XaesNonce nonce{};
  for (auto _ : state) benchmark::DoNotOptimize(XaesNonceKey::derive(key, nonce));
}

void seal_one_field(benchmark::State& state) {
  auto key = XaesNonceKey::derive(bench_key(), XaesNonce{});
  const Bytes plain(static_cast<std::size_t>(state.range(0)));
  const Bytes ad(96);
  Bytes out(plain.size() + kTagSize);
  for (auto _ : state) benchmark::DoNotOptimize(static_cast<bool>(key->seal(1, ad, plain, out)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void gcm_seal_once(benchmark::State& state) {
  const SecretKey key = *SecretKey::random(32);
  const Bytes plain(32);
  const Bytes nonce(12);
  Bytes out(48);
  for (auto _ : state) benchmark::DoNotOptimize(static_cast<bool>(gcm_seal(key, nonce, {}, plain, out)));
}

AeadCipher bench_cipher(AeadKind kind) {
  return *AeadCipher::make(kind, Bytes(key_size(kind), 7));
}

void cipher_seal(benchmark::State& state) {
  const auto kind = static_cast<AeadKind>(state.range(0));
  AeadCipher cipher = bench_cipher(kind);
  const Bytes nonce(nonce_size(kind));
  const Bytes plain(64);
  Bytes out(plain.size() + kTagSize);
  for (auto _ : state) benchmark::DoNotOptimize(static_cast<bool>(cipher.seal(nonce, {}, plain, out)));
  state.SetItemsProcessed(state.iterations());
}

void cipher_open(benchmark::State& state) {
  const auto kind = static_cast<AeadKind>(state.range(0));
  AeadCipher cipher = bench_cipher(kind);
  const Bytes nonce(nonce_size(kind));
  Bytes out(64);
  Bytes sealed(out.size() + kTagSize);
  bool good = static_cast<bool>(cipher.seal(nonce, {}, out, sealed));
  for (auto _ : state) good = good && static_cast<bool>(cipher.open(nonce, {}, sealed, out));
  if (!good) state.SkipWithError("does not open");
  state.SetItemsProcessed(state.iterations());
}

void cipher_make(benchmark::State& state) {
  const auto kind = static_cast<AeadKind>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(bench_cipher(kind));
}

void sign_text(benchmark::State& state) {
  const PrivateKey pair = *PrivateKey::generate(static_cast<PairKind>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(pair.sign(bytes_of("text"), {}));
}

void open_own_pair(benchmark::State& state) {
  const auto der = PrivateKey::generate(static_cast<PairKind>(state.range(0)))->to_pkcs8();
  for (auto _ : state) benchmark::DoNotOptimize(PrivateKey::from_own_pkcs8(der->expose_secret()));
}

void draw_nonce(benchmark::State& state) {
  XaesNonce nonce;
  for (auto _ : state) benchmark::DoNotOptimize(static_cast<bool>(random_bytes(nonce)));
}

void index_value(benchmark::State& state) {
  const SecretKey key = *SecretKey::random(32);
  for (auto _ : state) {
    const auto value = normalise(Normaliser::digits, "85.07.30-033.28");
    benchmark::DoNotOptimize(blind_index(key, 64, value->expose_secret()));
  }
}

void normalise_text(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(normalise(Normaliser::text, "Peeters, Zoë Maria"));
}

void digest_64_bytes(benchmark::State& state) {
  const Bytes data(64);
  for (auto _ : state) benchmark::DoNotOptimize(sha256(data));
}

void make_secret_key(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(SecretKey::make(32));
}

void base64_of_1_kib(benchmark::State& state) {
  const Bytes data(1024, 0x5a);
  const std::string text = to_base64(data);
  for (auto _ : state) {
    SecretBuffer coded;
    append_base64(coded, data);
    SecretBuffer plain;
    benchmark::DoNotOptimize(static_cast<bool>(append_from_base64(plain, coded.expose_text())));
  }
}

BENCHMARK(seal_four_fields)->ThreadRange(1, 2);
BENCHMARK(open_fields)->Arg(4)->Arg(1)->ThreadRange(1, 2);
BENCHMARK(parse);
BENCHMARK(derive_nonce_key);
BENCHMARK(seal_one_field)->Arg(16)->Arg(1024)->Arg(65536);
BENCHMARK(gcm_seal_once);
BENCHMARK(cipher_seal)->DenseRange(0, 3);  // each AeadKind
BENCHMARK(cipher_open)->DenseRange(0, 3);
BENCHMARK(cipher_make)->DenseRange(0, 3);
BENCHMARK(sign_text)->DenseRange(0, 4, 2);  // Ed25519, P-384, RSA-2048
BENCHMARK(open_own_pair)->DenseRange(0, 4, 2);
BENCHMARK(draw_nonce);
BENCHMARK(index_value);
BENCHMARK(normalise_text);
BENCHMARK(digest_64_bytes);
BENCHMARK(make_secret_key);
BENCHMARK(base64_of_1_kib);

}  // namespace

int main(int argc, char** argv) {
  if (!sluis::harden_process()) return 1;  // with the wiping heap, as the gateway runs
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
