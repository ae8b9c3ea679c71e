#include "tests/contract/hsm/token_contract.h"

#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace sluis::hsm {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TokenContract);

SecretKey test_secret(std::size_t size) {
  auto key = SecretKey::random(size);
  if (!key) throw std::runtime_error("no locked memory for a test key");
  return std::move(*key);
}

bool ed25519_verifies(ByteView public_key, ByteView message, ByteView signature) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()),
                &EVP_PKEY_free);
  const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!key || !digest || EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(digest.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

namespace {

const ByteView kContext = bytes_of("domain|records|key 7|v1|m1");

bool same(const SecretKey& a, const SecretKey& b) {
  return equal_constant_time(a.expose_secret(), b.expose_secret());
}

TEST_P(TokenContract, StartsEmptyAndDescribesItself) {
  const auto keys = token().list();
  ASSERT_TRUE(keys) << keys.error().what.view();
  EXPECT_TRUE(keys->empty());
  const auto info = token().probe();
  ASSERT_TRUE(info) << info.error().what.view();
  EXPECT_FALSE(info->label.empty());
  EXPECT_FALSE(info->profile.empty());
  EXPECT_GE(info->sessions_open, 1U);
  EXPECT_LE(info->sessions_open, info->sessions_limit);
}

TEST_P(TokenContract, MakesListsAndDestroysKeys) {
  make(KeyKind::master, 1);
  make(KeyKind::master, 2);
  make(KeyKind::pseudonym, 1);
  if (signs()) make(KeyKind::audit, 1);
  const auto keys = token().list();
  ASSERT_TRUE(keys);
  std::set<std::string> labels;
  for (const KeyInfo& key : *keys) {
    labels.insert(key.label);
    EXPECT_EQ(key.id.size(), 16U);
    EXPECT_EQ(key.label, label_of(key.kind, key.version));
  }
  std::set<std::string> expected{"sluis-master-m1", "sluis-master-m2", "sluis-pseudonym-p1"};
  if (signs()) expected.insert("sluis-audit-a1");
  EXPECT_EQ(labels, expected);
  ASSERT_TRUE(token().destroy(KeyKind::master, 1));
  if (signs()) {
    ASSERT_TRUE(token().destroy(KeyKind::audit, 1));
  }
  const auto left = token().list();
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), 2U);
  EXPECT_EQ(code_of(token().destroy(KeyKind::master, 1)), Code::not_found);
}

TEST_P(TokenContract, DestroyedKeyOpensNothingAnyMore) {
  make(KeyKind::master, 1);
  const auto wrapped = token().wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  ASSERT_TRUE(token().destroy(KeyKind::master, 1));
  EXPECT_EQ(code_of(token().unwrap(1, kContext, *wrapped)), Code::not_found);
  make(KeyKind::master, 1);  // the name may be used again; the key is another one
  EXPECT_EQ(code_of(token().unwrap(1, kContext, *wrapped)), Code::corrupt);
}

TEST_P(TokenContract, LastKeyCanBeDestroyed) {
  make(KeyKind::pseudonym, 3);
  ASSERT_TRUE(token().destroy(KeyKind::pseudonym, 3));
  const auto keys = token().list();
  ASSERT_TRUE(keys) << keys.error().what.view();
  EXPECT_TRUE(keys->empty());
}

TEST_P(TokenContract, LabelInUseIsAConflict) {
  make(KeyKind::master, 1);
  const auto wrapped = token().wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(code_of(token().make(KeyKind::master, 1)), Code::conflict);
  EXPECT_TRUE(token().unwrap(1, kContext, *wrapped)) << "the first key must be untouched";
  EXPECT_EQ(code_of(token().make(KeyKind::master, 0)), Code::invalid);
}

TEST_P(TokenContract, UnknownKeysAreNotFound) {
  make(KeyKind::master, 1);
  const auto wrapped = token().wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(code_of(token().wrap(9, kContext, test_secret())), Code::not_found);
  EXPECT_EQ(code_of(token().unwrap(9, kContext, *wrapped)), Code::not_found);
  EXPECT_EQ(code_of(token().mac(9, kContext)), Code::not_found);
  EXPECT_EQ(code_of(token().destroy(KeyKind::pseudonym, 9)), Code::not_found);
  if (!signs()) return;
  EXPECT_EQ(code_of(token().sign(9, kContext)), Code::not_found);
  EXPECT_EQ(code_of(token().public_key(9)), Code::not_found);
}

TEST_P(TokenContract, WrapsAndUnwraps) {
  make(KeyKind::master, 1);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{16}, std::size_t{32}, std::size_t{33}, std::size_t{2400}, std::size_t{4000}}) {
    const SecretKey key = test_secret(size);
    const auto wrapped = token().wrap(1, kContext, key);
    ASSERT_TRUE(wrapped) << wrapped.error().what.view();
    EXPECT_EQ(wrapped->size(), 12 + size + 16);
    const auto opened = token().unwrap(1, kContext, *wrapped);
    ASSERT_TRUE(opened) << opened.error().what.view();
    EXPECT_TRUE(same(key, *opened));
  }
  EXPECT_EQ(code_of(token().wrap(1, kContext, SecretKey{})), Code::invalid);
  EXPECT_EQ(code_of(token().wrap(1, kContext, test_secret(4001))), Code::invalid);
}

TEST_P(TokenContract, WrapIsNeverTheSameTwice) {
  make(KeyKind::master, 1);
  const SecretKey key = test_secret();
  std::set<Bytes> nonces;
  for (int i = 0; i < 64; ++i) {
    const auto wrapped = token().wrap(1, kContext, key);
    ASSERT_TRUE(wrapped);
    nonces.insert(Bytes(wrapped->begin(), wrapped->begin() + 12));
  }
  EXPECT_EQ(nonces.size(), 64U);
}

TEST_P(TokenContract, WrappedKeyOpensInItsContextAlone) {
  make(KeyKind::master, 1);
  make(KeyKind::master, 2);
  const auto wrapped = token().wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(code_of(token().unwrap(1, bytes_of("domain|records|key 7|v2|m1"), *wrapped)), Code::corrupt);
  EXPECT_EQ(code_of(token().unwrap(1, {}, *wrapped)), Code::corrupt);
  EXPECT_EQ(code_of(token().unwrap(2, kContext, *wrapped)), Code::corrupt);
  EXPECT_TRUE(token().unwrap(1, kContext, *wrapped));
}

TEST_P(TokenContract, EveryFlippedBitIsRefused) {
  make(KeyKind::master, 1);
  const auto wrapped = token().wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  for (std::size_t bit = 0; bit < wrapped->size() * 8; ++bit) {
    Bytes spoiled = *wrapped;
    spoiled[bit / 8] = static_cast<std::uint8_t>(spoiled[bit / 8] ^ (1U << (bit % 8)));
    ASSERT_EQ(code_of(token().unwrap(1, kContext, spoiled)), Code::corrupt) << "bit " << bit;
  }
  EXPECT_TRUE(token().unwrap(1, kContext, *wrapped));
}

TEST_P(TokenContract, EveryOtherLengthIsRefused) {
  make(KeyKind::master, 1);
  const auto wrapped = token().wrap(1, kContext, test_secret());
  ASSERT_TRUE(wrapped);
  for (std::size_t size = 0; size < wrapped->size(); ++size) {
    ASSERT_EQ(code_of(token().unwrap(1, kContext, ByteView(*wrapped).first(size))), Code::corrupt) << "length " << size;
  }
  Bytes longer = *wrapped;
  longer.push_back(0);
  EXPECT_EQ(code_of(token().unwrap(1, kContext, longer)), Code::corrupt);
  EXPECT_EQ(code_of(token().unwrap(1, kContext, Bytes(100000))), Code::corrupt);
}

TEST_P(TokenContract, MacDependsOnKeyAndData) {
  make(KeyKind::pseudonym, 1);
  make(KeyKind::pseudonym, 2);
  const auto first = token().mac(1, bytes_of("2024-05"));
  const auto again = token().mac(1, bytes_of("2024-05"));
  const auto other_data = token().mac(1, bytes_of("2024-06"));
  const auto other_key = token().mac(2, bytes_of("2024-05"));
  ASSERT_TRUE(first && again && other_data && other_key);
  EXPECT_EQ(first->size(), 32U);
  EXPECT_TRUE(same(*first, *again));
  EXPECT_FALSE(same(*first, *other_data));
  EXPECT_FALSE(same(*first, *other_key));
}

TEST_P(TokenContract, SignaturesVerifyWithOpenSsl) {
  if (!signs()) {
    EXPECT_EQ(code_of(token().make(KeyKind::audit, 1)), Code::invalid);
    EXPECT_EQ(code_of(token().sign(1, kContext)), Code::invalid);
    return;
  }
  make(KeyKind::audit, 1);
  make(KeyKind::audit, 2);
  const auto public_key = token().public_key(1);
  const auto other_key = token().public_key(2);
  ASSERT_TRUE(public_key && other_key);
  ASSERT_EQ(public_key->size(), 32U);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{200}, std::size_t{5000}}) {
    const Bytes message(size, 0x42);
    const auto signature = token().sign(1, message);
    ASSERT_TRUE(signature) << signature.error().what.view();
    ASSERT_EQ(signature->size(), 64U);
    EXPECT_TRUE(ed25519_verifies(*public_key, message, *signature)) << size;
    EXPECT_FALSE(ed25519_verifies(*other_key, message, *signature));
  }
}

TEST_P(TokenContract, RandomKeysDiffer) {
  std::set<Bytes> seen;
  for (int i = 0; i < 16; ++i) {
    const auto key = token().random(32);
    ASSERT_TRUE(key) << key.error().what.view();
    const ByteView bytes = key->expose_secret();
    seen.emplace(bytes.begin(), bytes.end());
  }
  EXPECT_EQ(seen.size(), 16U);
  EXPECT_EQ(code_of(token().random(0)), Code::invalid);
}

// Eight threads use, list, make and destroy at once: nothing fails, and no key is lost or left in halves.
TEST_P(TokenContract, ManyThreadsAtOnce) {
  constexpr std::uint32_t kThreads = 8;
  constexpr std::uint32_t kRounds = 8;
  make(KeyKind::master, 1);
  std::atomic<int> failures{0};
  const auto count = [&](bool good) { failures += good ? 0 : 1; };
  const auto work = [&](std::uint32_t thread) {
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      const SecretKey key = test_secret();
      const auto wrapped = token().wrap(1, kContext, key);
      count(bool{wrapped});
      const auto opened = wrapped ? token().unwrap(1, kContext, *wrapped) : Result<SecretKey>(wrapped.error());
      count(opened && same(key, *opened));
      const std::uint32_t version = 100 + thread * kRounds + round;
      count(bool{token().make(KeyKind::master, version)});
      count(bool{token().wrap(version, kContext, key)});
      count(bool{token().list()});
      if (round % 2 == 0) count(bool{token().destroy(KeyKind::master, version)});
    }
  };
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  const auto keys = token().list();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 1 + kThreads * kRounds / 2);
  const auto info = token().probe();
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->orphans.empty()) << info->orphans.front();
}

}  // namespace
}  // namespace sluis::hsm
