#include "store/terms.h"

#include <gtest/gtest.h>

namespace sluis::store {
namespace {

TEST(Terms, PackFieldVersionAndBytesInThatOrder) {
  EXPECT_EQ(pack_term({0x0102, 0x03040506, {0xaa, 0xbb}}), (Bytes{1, 2, 3, 4, 5, 6, 0xaa, 0xbb}));
}

TEST(Terms, PackedTermsSortByFieldThenVersion) {
  const IndexTerm terms[] = {{2, 1, {0}}, {1, 256, {9}}, {1, 2, {0xff}}, {1, 2, {0xff}}};
  EXPECT_EQ(pack_terms(terms), (std::vector<Bytes>{pack_term(terms[2]), pack_term(terms[1]), pack_term(terms[0])}));
}

TEST(Terms, AListComesBack) {
  const std::vector<std::vector<Bytes>> lists = {{}, {Bytes{1}}, {Bytes{1}, Bytes(300, 7), Bytes{}}};
  for (const auto& list : lists) {
    auto back = unpack_list(pack_list(list));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, list);
  }
}

TEST(Terms, ACutListIsDamage) {
  const std::vector<Bytes> list = {Bytes{1, 2, 3}, Bytes{4, 5, 6}};
  const Bytes whole = pack_list(list);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == 5) continue;  // the first term alone is a list
    const auto cut = unpack_list(ByteView(whole).first(size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, Code::corrupt);
  }
}

TEST(Terms, PackedTermsComeBackWhole) {
  const IndexTerm written{0x0102, 0x03040506, {0xaa, 0xbb}};
  const auto back = unpack_terms(std::vector<Bytes>{pack_term(written)});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->at(0).field_id, written.field_id);
  EXPECT_EQ(back->at(0).key_version, written.key_version);
  EXPECT_EQ(back->at(0).term, written.term);
  for (std::size_t size = 0; size <= 6; ++size) {
    EXPECT_FALSE(unpack_terms(std::vector<Bytes>{Bytes(size, 1)})) << size << " bytes name no term";
  }
}

}  // namespace
}  // namespace sluis::store
