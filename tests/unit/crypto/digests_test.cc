#include "crypto/digests.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/hash.h"

namespace sluis {
namespace {

struct Known {
  DigestKind kind;
  std::string_view abc;         // the digest of "abc": FIPS 180-4 and FIPS 202 examples
  std::string_view hi_there;    // RFC 4231 test case 1, and the same for SHA-3
  std::size_t long_key;         // bytes 0xaa, more than a block
  std::string_view larger_key;  // RFC 4231 test case 6, and the same for SHA-3 (from CPython's hmac)
};

constexpr Known kKnown[] = {
    {DigestKind::sha2_224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
     "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22", 131,
     "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e"},
    {DigestKind::sha2_256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 131,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {DigestKind::sha2_384,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6", 131,
     "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"},
    {DigestKind::sha2_512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
     "be9d914eeb61f1702e696c203a126854",
     131,
     "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
     "95e64f73f63f0aec8b915a985d786598"},
    {DigestKind::sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
     "3b16546bbc7be2706a031dcafd56373d9884367641d8c59af3c860f7", 147,
     "b96d730c148c2daad8649d83defaa3719738d34775397b7571c38515"},
    {DigestKind::sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
     "ba85192310dffa96e2a3a40e69774351140bb7185e1202cdcc917589f95e16bb", 147,
     "a6072f86de52b38bb349fe84cd6d97fb6a37c4c0f62aae93981193a7229d3467"},
    {DigestKind::sha3_384,
     "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
     "68d2dcf7fd4ddd0a2240c8a437305f61fb7334cfb5d0226e1bc27dc10a2e723a20d370b47743130e26ac7e3d532886bd", 131,
     "0fc19513bf6bd878037016706a0e57bc528139836b9a42c3d419e498e0e1fb9616fd669138d33a1105e07c72b6953bcc"},
    {DigestKind::sha3_512,
     "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e39340"
     "57340b4cf408d5a56592f8274eec53f0",
     "eb3fbd4b2eaab8f5c504bd3a41465aacec15770a7cabac531e482f860b5ec7ba47ccb2c6f2afce8f88d22b6dc61380f2"
     "3a668fd3888bb80537c0a0b86407689e",
     131,
     "00f751a9e50695b090ed6911a4b65524951cdc15a73a5d58bb55215ea2cd839ac79d2b44a39bafab27e83fde9e11f634"
     "0b11d991b1b91bf2eee7fc872426c3a4"},
};

TEST(Digests, HaveTheKnownValues) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(to_hex(*digest_of(known.kind, bytes_of("abc"))), known.abc);
    EXPECT_EQ(digest_size(known.kind), known.abc.size() / 2) << name(known.kind);
  }
}

TEST(Digests, HmacHasTheKnownValues) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(to_hex(*hmac_of(known.kind, Bytes(20, 0x0b), bytes_of("Hi There"))), known.hi_there);
    EXPECT_EQ(to_hex(*hmac_of(known.kind, Bytes(known.long_key, 0xaa),
                              bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))),
              known.larger_key);
  }
}

// RFC 2104: a key longer than a block stands for its digest, any other for itself padded with zeros.
TEST(Digests, HmacTakesKeysOfEverySize) {
  for (const Known& known : kKnown) {
    std::set<Bytes> seen;
    for (std::size_t size = 1; size <= 300; ++size) {
      const Bytes key(size, 0x61);
      const Bytes mac = *hmac_of(known.kind, key, bytes_of("data"));
      EXPECT_TRUE(seen.insert(mac).second) << name(known.kind) << ' ' << size;
      const bool shortened = mac == *hmac_of(known.kind, *digest_of(known.kind, key), bytes_of("data"));
      Bytes padded = key;
      padded.push_back(0);
      const bool as_it_is = mac == *hmac_of(known.kind, padded, bytes_of("data"));
      EXPECT_TRUE(shortened || as_it_is || size == 64 || size == 72 || size == 104 || size == 128 || size == 136 ||
                  size == 144);
    }
  }
}

TEST(Digests, AgreeWithTheRecordFloor) {
  const Digest expected = hmac_sha256(bytes_of("key"), {bytes_of("data")});
  EXPECT_EQ(*hmac_of(DigestKind::sha2_256, bytes_of("key"), bytes_of("data")), Bytes(expected.begin(), expected.end()));
}

TEST(Digests, AreNamed) {
  for (const Known& known : kKnown) EXPECT_EQ(digest_named(name(known.kind)), known.kind);
  for (const char* other : {"", "sha1", "sha2", "SHA2-256", "sha2-256 ", "sha3-255", "none"}) {
    EXPECT_FALSE(digest_named(other)) << other;
  }
}

TEST(Digests, RefuseSha1AndEmptyKeys) {
  EXPECT_EQ(digest_of(DigestKind::sha1, bytes_of("abc")).error().code, Code::invalid);
  EXPECT_EQ(hmac_of(DigestKind::sha1, bytes_of("key"), bytes_of("abc")).error().code, Code::invalid);
  EXPECT_EQ(hmac_of(DigestKind::sha2_256, {}, bytes_of("abc")).error().code, Code::invalid);
  EXPECT_TRUE(digest_of(DigestKind::sha2_256, {}));
  EXPECT_TRUE(hmac_of(DigestKind::sha2_256, bytes_of("key"), {}));
}

}  // namespace
}  // namespace sluis
