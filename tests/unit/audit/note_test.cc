#include "audit/note.h"

#include <gtest/gtest.h>

#include "tests/support/audit_keys.h"

namespace sluis::audit {
namespace {

using tests::MemorySigner;

// The example of golang.org/x/mod/sumdb/note.
constexpr std::string_view kName = "PeterNeumann";
constexpr std::string_view kVerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr std::string_view kNote =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

Bytes public_key_of(std::string_view verifier_key_text) {
  const Bytes typed = *from_base64(verifier_key_text.substr(verifier_key_text.rfind('+') + 1));
  return {typed.begin() + 1, typed.end()};
}

TEST(Note, AgreesWithAnotherImplementation) {
  const Bytes key = public_key_of(kVerifierKey);
  EXPECT_EQ(to_hex(key_id(kName, key)), "c74f20a3");
  EXPECT_EQ(verifier_key(kName, key), kVerifierKey);
  const auto text = open_note(kNote, kName, key);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, kText);
}

TEST(Note, IsRefusedWithAnyByteChanged) {
  const Bytes key = public_key_of(kVerifierKey);
  for (std::size_t i = 0; i < kNote.size(); ++i) {
    std::string changed(kNote);
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_note(changed, kName, key)) << i;
  }
  for (std::size_t size = 0; size < kNote.size(); ++size) EXPECT_FALSE(open_note(kNote.substr(0, size), kName, key));
}

TEST(Note, LetsUnknownSignaturesThrough) {
  const Bytes key = public_key_of(kVerifierKey);
  const std::string with_another = std::string(kNote) + "\u2014 witness.example/w1 jWbPPwAAAABkGFDLEZMHwSRa\n";
  EXPECT_TRUE(open_note(with_another, kName, key));
  EXPECT_FALSE(open_note(with_another, "witness.example/w1", key));
  EXPECT_FALSE(open_note(std::string(kNote) + "no signature line\n", kName, key));
}

TEST(Checkpoint, IsTheThreeLinesOfTheSpecification) {
  const Checkpoint checkpoint{"example.com/behind-the-sofa", 20852163, sha256(bytes_of("root"))};
  const std::string text = checkpoint_text(checkpoint);
  EXPECT_EQ(text, "example.com/behind-the-sofa\n20852163\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n");
  const auto parsed = parse_checkpoint_text(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->origin, checkpoint.origin);
  EXPECT_EQ(parsed->size, checkpoint.size);
  EXPECT_EQ(parsed->root, checkpoint.root);
}

// The example of the tlog-checkpoint specification.
TEST(Checkpoint, OfTheSpecificationIsRead) {
  const auto parsed = parse_checkpoint_text(
      *unverified_text("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
                       "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/"
                       "5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->size, 20852163U);
  EXPECT_EQ(to_base64(parsed->root), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
}

TEST(Checkpoint, IsRefusedWhereItIsMalformed) {
  const std::string root = to_base64(Digest{}) + "\n";
  EXPECT_TRUE(parse_checkpoint_text("o\n0\n" + root));
  EXPECT_TRUE(parse_checkpoint_text("o\n0\n" + root + "extension\n"));
  for (const std::string& text :
       {std::string(), std::string("o\n0\n"), "o\n\n" + root, "\n0\n" + root, "o\n01\n" + root, "o\n+1\n" + root,
        "o\n-1\n" + root, "o\n1 \n" + root, "o\n18446744073709551616\n" + root, std::string("o\n1\nAAAA\n"),
        "o\n1\n" + root.substr(0, root.size() - 1), "o\n1\n" + root + "\n", "o\n1\n" + root + "no newline"}) {
    EXPECT_FALSE(parse_checkpoint_text(text)) << text;
  }
}

TEST(Checkpoint, IsSignedAndOpened) {
  MemorySigner signer;
  const Bytes key = *signer.public_key();
  const Checkpoint checkpoint{"sluis.example/gateway-1", 5, sha256(bytes_of("root"))};
  const auto note = sign_note(checkpoint_text(checkpoint), checkpoint.origin, key, signer);
  ASSERT_TRUE(note);
  const auto opened = open_checkpoint(*note, checkpoint.origin, key);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, 5U);
  EXPECT_FALSE(open_checkpoint(*note, "sluis.example/gateway-2", key));
  MemorySigner other("another");
  EXPECT_FALSE(open_checkpoint(*note, checkpoint.origin, *other.public_key()));
}

TEST(Checkpoint, OfASignerThatErrsIsNotGivenOut) {
  MemorySigner signer;
  const Bytes key = *signer.public_key();
  signer.set_wrong(true);
  const auto note = sign_note("text\n", "sluis.example/gateway-1", key, signer);
  ASSERT_FALSE(note);
  EXPECT_EQ(note.error().code, Code::corrupt);
}

TEST(Origin, IsPrintableWithoutSpaceOrPlus) {
  EXPECT_TRUE(is_origin("sluis.example/gateway-1"));
  for (const std::string& text : {std::string(), std::string("a b"), std::string("a+b"), std::string("a\nb"),
                                  std::string("\u00e9"), std::string(256, 'a')}) {
    EXPECT_FALSE(is_origin(text)) << text;
  }
}

}  // namespace
}  // namespace sluis::audit
