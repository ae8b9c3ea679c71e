// The fuzz targets over a small corpus: seeds of each format, every prefix of them, and every byte of them changed.
#include <gtest/gtest.h>

#include "targets.h"

namespace sluis::fuzz {
namespace {

using Target = void (*)(ByteView);

void run_around(Target target, const Bytes& seed) {
  for (std::size_t size = 0; size <= seed.size(); ++size) target(ByteView(seed).first(size));
  for (std::size_t at = 0; at < seed.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      Bytes changed = seed;
      changed[at] ^= static_cast<std::uint8_t>(change);
      target(changed);
    }
  }
}

Bytes of_text(std::string_view text) {
  const ByteView view = bytes_of(text);
  return {view.begin(), view.end()};
}

// A well-formed header and one field, under no key.
Bytes envelope_seed() {
  Bytes seed;
  for (const std::uint8_t byte : bytes_of("SLRE\x01\x01")) seed.push_back(byte);
  seed.insert(seed.end(), 16, 0xa0);
  append_u32(seed, 3);
  seed.insert(seed.end(), 24 + 32, 0x55);
  append_u16(seed, 1);
  append_u16(seed, 1);
  append_u32(seed, 4);
  seed.insert(seed.end(), 4 + 16, 0x77);
  return seed;
}

TEST(FuzzSeeds, Envelope) {
  envelope({});
  run_around(envelope, envelope_seed());
  run_around(envelope, Bytes(131, 0));  // no change to the good envelope, and all one-byte changes
}

TEST(FuzzSeeds, Reader) {
  run_around(reader, Bytes{0, 1, 2, 3, 7, 11, 255, 0, 0, 0, 0, 2, 1, 1, 0, 0});
  run_around(reader, Bytes(40, 0));
}

TEST(FuzzSeeds, Base64) {
  for (const char* text :
       {"", "Zg==", "Zm8=", "Zm9v", "00ff", "====", "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8="}) {
    run_around(base64, of_text(text));
  }
}

TEST(FuzzSeeds, Normalise) {
  for (const char* text : {"85.07.30-033.28", "  Zoë   VAN den Bôrre ", "Rene\u0301 \u00a0 Æ", "\U0010ffff\u2003x"}) {
    run_around(normalise, of_text(text));
  }
}

}  // namespace
}  // namespace sluis::fuzz
