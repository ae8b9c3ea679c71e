#include "audit/merkle.h"

#include <gtest/gtest.h>

#include <bit>

namespace sluis::audit {
namespace {

// The leaves and roots that the reference implementations of RFC 6962 use (certificate-transparency's merkle tests).
const std::vector<std::string_view> kLeaves = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string_view> kRoots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                              "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                              "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                              "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                              "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                              "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                              "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, HasTheKnownRootsOfRfc6962) {
  Frontier tree;
  EXPECT_EQ(to_hex(tree.root()), kRoots[0]);
  for (std::size_t i = 0; i < kLeaves.size(); ++i) {
    tree.push(leaf_hash(*from_hex(kLeaves[i])));
    EXPECT_EQ(tree.size(), i + 1);
    EXPECT_EQ(to_hex(tree.root()), kRoots[i + 1]);
  }
}

// MTH of RFC 6962 section 2.1, as it is written there.
Digest by_definition(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  if (leaves.size() == 1) return leaves.front();
  const std::size_t half = std::bit_floor(leaves.size() - 1);
  return node_hash(by_definition(leaves.first(half)), by_definition(leaves.subspan(half)));
}

TEST(Merkle, AgreesWithTheDefinitionAtEverySize) {
  std::vector<Digest> leaves;
  Frontier tree;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(tree.root(), by_definition(leaves)) << leaves.size();
    leaves.push_back(leaf_hash(bytes_of(std::to_string(i))));
    tree.push(leaves.back());
  }
}

TEST(Merkle, GoesOnFromItsSavedEdge) {
  Frontier whole;
  for (int i = 0; i < 100; ++i) {
    auto restored = Frontier::from(whole.size(), whole.subtrees());
    ASSERT_TRUE(restored);
    EXPECT_EQ(*restored, whole);
    whole.push(leaf_hash(bytes_of(std::to_string(i))));
    restored->push(leaf_hash(bytes_of(std::to_string(i))));
    EXPECT_EQ(restored->root(), whole.root());
  }
  EXPECT_FALSE(Frontier::from(5, std::vector<Digest>(3)));
}

}  // namespace
}  // namespace sluis::audit
