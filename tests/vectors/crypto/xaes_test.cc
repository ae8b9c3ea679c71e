// c2sp.org/XAES-256-GCM: its two cases and accumulated hashes; and the three commitment cases of AWS-LC.
#include <openssl/evp.h>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "crypto/aead.h"
#include "crypto/evp.h"
#include "vector_file.h"

namespace sluis::test {
namespace {

XaesNonceKey derive(ByteView key, ByteView nonce) {
  XaesNonce n;
  EXPECT_EQ(nonce.size(), n.size());
  std::copy(nonce.begin(), nonce.end(), n.begin());
  return *XaesNonceKey::derive(*XaesKey::make(*SecretKey::copy_of(key)), n);
}

Bytes seal(ByteView key, ByteView nonce, ByteView ad, ByteView plaintext) {
  Bytes out(plaintext.size() + kTagSize);
  EXPECT_TRUE(derive(key, nonce).seal(0, ad, plaintext, out));
  return out;
}

#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool kReleaseBuild = true;
#else
constexpr bool kReleaseBuild = false;
#endif

TEST(Xaes, CasesOfTheSpecification) {
  const ByteView nonce = bytes_of("ABCDEFGHIJKLMNOPQRSTUVWX");
  const ByteView text = bytes_of("XAES-256-GCM");
  EXPECT_EQ(to_hex(seal(Bytes(32, 1), nonce, {}, text)), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  EXPECT_EQ(to_hex(seal(Bytes(32, 3), nonce, bytes_of("c2sp.org/XAES-256-GCM"), text)),
            "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

// The stream of SHAKE-128 of the empty input. OpenSSL 3.0 gives an output once, so it is taken whole at the start.
class Stream {
 public:
  explicit Stream(std::size_t size) : bytes_(size) {
    const evp::DigestContext context(EVP_MD_CTX_new());
    EXPECT_EQ(EVP_DigestInit_ex2(context.get(), EVP_shake128(), nullptr), 1);
    EXPECT_EQ(EVP_DigestFinalXOF(context.get(), bytes_.data(), bytes_.size()), 1);
  }
  ByteView take(std::size_t count) {
    at_ += count;
    return ByteView(bytes_).subspan(at_ - count, count);
  }
  ByteView take_counted() { return take(take(1)[0]); }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

std::string accumulate(unsigned cases) {
  Stream stream(std::size_t{cases} * 314 + 200'000);  // 313 bytes a case on average
  const evp::DigestContext sum(EVP_MD_CTX_new());
  EXPECT_EQ(EVP_DigestInit_ex2(sum.get(), EVP_shake128(), nullptr), 1);
  for (unsigned i = 0; i < cases; ++i) {
    const ByteView key = stream.take(32);
    const ByteView nonce = stream.take(24);
    const ByteView plaintext = stream.take_counted();
    const ByteView ad = stream.take_counted();
    auto derived = derive(key, nonce);
    Bytes sealed(plaintext.size() + kTagSize);
    Bytes opened(plaintext.size());
    const bool both = derived.seal(0, ad, plaintext, sealed) && derived.open(0, ad, sealed, opened);
    EXPECT_TRUE(both && std::equal(opened.begin(), opened.end(), plaintext.begin())) << i;
    EXPECT_EQ(EVP_DigestUpdate(sum.get(), sealed.data(), sealed.size()), 1);
  }
  Bytes digest(32);
  EXPECT_EQ(EVP_DigestFinalXOF(sum.get(), digest.data(), digest.size()), 1);
  return to_hex(digest);
}

TEST(Xaes, AccumulatedHashOf10000) {
  EXPECT_EQ(accumulate(10'000), "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
}

TEST(Xaes, AccumulatedHashOf1000000) {
  if (!kReleaseBuild) GTEST_SKIP() << "a million cases run in release builds, without sanitizers";
  EXPECT_EQ(accumulate(1'000'000), "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15");
}

using Record = std::map<std::string, Bytes>;

// "NAME: hex" lines; an empty line ends a case.
std::vector<Record> records_of(const std::string& text) {
  std::vector<Record> records(1);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) {
      if (!records.back().empty()) records.emplace_back();
      continue;
    }
    std::string hex = line.substr(colon + 1);
    std::erase_if(hex, [](char c) { return c == ' ' || c == '\r'; });
    records.back()[line.substr(0, colon)] = *from_hex(hex);
  }
  if (records.back().empty()) records.pop_back();
  return records;
}

TEST(XaesKeyCommitment, CasesOfAwsLc) {
  SLUIS_VECTORS_OR_SKIP(text, std::string("xaes/kc.txt"));
  const auto records = records_of(*text);
  ASSERT_EQ(records.size(), 3U);
  for (const Record& record : records) {
    auto derived = derive(record.at("KEY"), record.at("NONCE"));
    Bytes sealed = record.at("CT");
    const Bytes& tag = record.at("TAG");
    sealed.insert(sealed.end(), tag.begin(), tag.begin() + kTagSize);
    EXPECT_EQ(seal(record.at("KEY"), record.at("NONCE"), record.at("AD"), record.at("IN")), sealed);
    EXPECT_EQ(to_hex(derived.commitment()), to_hex(ByteView(tag).subspan(kTagSize)));
    Bytes opened(record.at("IN").size());
    EXPECT_TRUE(derived.open(0, record.at("AD"), sealed, opened));
    EXPECT_EQ(opened, record.at("IN"));
  }
  std::cout << "xaes/kc.txt: " << records.size() << " of " << records.size() << " cases run\n";
}

}  // namespace
}  // namespace sluis::test
