#include "audit/crc32c.h"

#include <gtest/gtest.h>

namespace sluis::audit {
namespace {

// RFC 3720 appendix B.4.
TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
  const Bytes zeros(32, 0x00);
  const Bytes ones(32, 0xFF);
  Bytes rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(crc32c(zeros), 0x8A9136AAU);
  EXPECT_EQ(crc32c(ones), 0x62A8AB43U);
  EXPECT_EQ(crc32c(rising), 0x46DD794EU);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
}

TEST(Crc32c, IsTheSameByTableAndByInstructionAndInPieces) {
  Bytes bytes(300);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const ByteView whole = ByteView(bytes).first(size);
    EXPECT_EQ(crc32c(whole), crc32c_by_table(whole));
    EXPECT_EQ(crc32c(whole), crc32c(whole.subspan(size / 3), crc32c(whole.first(size / 3))));
  }
}

}  // namespace
}  // namespace sluis::audit
