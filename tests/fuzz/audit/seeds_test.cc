// The fuzz targets over their seeds: every prefix, and every byte changed.
#include <gtest/gtest.h>

#include "tests/fuzz/audit/targets.h"

namespace sluis::fuzz {
namespace {

void run_around(void (*target)(ByteView), const Bytes& seed, std::size_t from) {
  target({});
  for (std::size_t size = from; size <= seed.size(); ++size) target(ByteView(seed).first(size));
  for (std::size_t at = 0; at < seed.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      Bytes changed = seed;
      changed[at] ^= static_cast<std::uint8_t>(change);
      target(changed);
    }
  }
}

TEST(FuzzSeeds, Segment) {
  run_around(segment, segment_seed(), 4000);
}
TEST(FuzzSeeds, Checkpoint) {
  run_around(checkpoint, checkpoint_seed(), 0);
}
TEST(FuzzSeeds, Leaf) {
  run_around(leaf, leaf_seed(), 0);
}

}  // namespace
}  // namespace sluis::fuzz
