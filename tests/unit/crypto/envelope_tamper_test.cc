// Whatever the host does to an envelope, it does not open: bits, lengths, whole cells, other keys.
#include <algorithm>

#include "envelope_fixture.h"

namespace sluis {
namespace {

using test::NamedValue;

class EnvelopeTamperTest : public test::EnvelopeTest {
 protected:
  Bytes good_ = seal(context(), values_);
};

TEST_F(EnvelopeTamperTest, EverySingleBitFlipOf200BytesIsRefused) {
  ASSERT_EQ(good_.size(), 200U);
  ASSERT_TRUE(open_all(good_, context(), values_));
  unsigned refused = 0;
  for (std::size_t bit = 0; bit < good_.size() * 8; ++bit) {
    Bytes bad = good_;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto opened = open_all(bad, context(), values_);
    EXPECT_FALSE(opened) << "byte " << bit / 8 << " bit " << bit % 8;
    if (!opened) ++refused;
  }
  EXPECT_EQ(refused, 1600U);
}

// The same with a context taken from the changed header itself, as a caller that trusts it would have it.
TEST_F(EnvelopeTamperTest, FlipsAreRefusedEvenByAContextReadFromTheHeader) {
  for (std::size_t bit = 0; bit < good_.size() * 8; ++bit) {
    Bytes bad = good_;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto view = parse_envelope(bad);
    if (!view) continue;
    EnvelopeContext believed = context();
    believed.key_id = view->key_id;
    believed.key_version = view->key_version;
    EXPECT_FALSE(open_all(bad, believed, values_)) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST_F(EnvelopeTamperTest, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size < good_.size(); ++size) {
    const auto view = parse_envelope(ByteView(good_).first(size));
    ASSERT_FALSE(view) << size;
    EXPECT_EQ(view.error().code, Code::corrupt);
  }
}

TEST_F(EnvelopeTamperTest, EveryInsertedOrAppendedByteIsRefused) {
  for (std::size_t at = 0; at <= good_.size(); ++at) {
    for (const std::uint8_t byte : std::initializer_list<std::uint8_t>{0x00, 0x01, 0xff}) {
      Bytes bad = good_;
      bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(at), byte);
      EXPECT_FALSE(open_all(bad, context(), values_)) << at;
    }
  }
  for (std::size_t more = 1; more < 64; ++more) {
    Bytes bad = good_;
    bad.resize(good_.size() + more);
    EXPECT_FALSE(parse_envelope(bad)) << more;
  }
}

TEST_F(EnvelopeTamperTest, ACellMovedToAnotherPlaceDoesNotOpen) {
  const auto refused = [this](const EnvelopeContext& elsewhere) {
    const auto opened = open_all(good_, elsewhere, values_);
    return !opened && opened.error().code == Code::corrupt;
  };
  EnvelopeContext elsewhere = context();
  elsewhere.record_id = "record-0002";
  EXPECT_TRUE(refused(elsewhere));
  elsewhere = context();
  elsewhere.collection = "licences";
  EXPECT_TRUE(refused(elsewhere));
  elsewhere = context();
  elsewhere.domain = "sluis/other/1";
  EXPECT_TRUE(refused(elsewhere));
  elsewhere = context();
  elsewhere.key_version = 4;
  EXPECT_TRUE(refused(elsewhere));
  elsewhere = context();
  elsewhere.key_id[0] ^= 1;
  EXPECT_TRUE(refused(elsewhere));
  elsewhere = context();  // the same letters, cut elsewhere
  elsewhere.collection = "diplomasr";
  elsewhere.record_id = "ecord-0001";
  EXPECT_TRUE(refused(elsewhere));
}

TEST_F(EnvelopeTamperTest, FieldsThatChangePlacesDoNotOpen) {
  const std::vector<NamedValue> pair = {{1, "a", "same size"}, {2, "b", "size same"}};
  Bytes swapped = seal(context(), pair);
  ASSERT_TRUE(open_all(swapped, context(), pair));
  constexpr std::size_t first = kEnvelopeHeaderSize + 6;
  constexpr std::size_t cell = 9 + kTagSize;
  const auto begin = swapped.begin() + first;
  std::swap_ranges(begin, begin + cell, begin + cell + 6);
  EXPECT_FALSE(open_all(swapped, context(), {pair[0]}));
  EXPECT_FALSE(open_all(swapped, context(), {pair[1]}));
}

TEST_F(EnvelopeTamperTest, ACellFromAnOlderEnvelopeOfTheSameRecordDoesNotOpen) {
  Bytes mixed = good_;
  const Bytes older = seal(context(), values_);
  std::copy(older.begin() + kEnvelopeHeaderSize, older.begin() + kEnvelopeHeaderSize + 6 + 7 + kTagSize,
            mixed.begin() + kEnvelopeHeaderSize);
  EXPECT_FALSE(open_all(mixed, context(), {values_[0]}));
  EXPECT_TRUE(open_all(mixed, context(), {values_[1]})) << "the others still stand alone";
}

TEST_F(EnvelopeTamperTest, AFieldTakenOutClosesAllTheOthers) {
  Bytes shorter = good_;
  shorter.resize(good_.size() - (6 + 10 + kTagSize));  // the last field
  shorter[kEnvelopeHeaderSize - 1] = 3;
  ASSERT_TRUE(parse_envelope(shorter));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(open_all(shorter, context(), {values_[i]})) << i;
}

TEST_F(EnvelopeTamperTest, AnotherKeyIsStoppedByTheCommitment) {
  const XaesKey other = *XaesKey::make(*SecretKey::copy_of(Bytes(32, 0x43)));
  const auto view = parse_envelope(good_);
  const auto opener = EnvelopeOpener::make(other, context(), *view);
  ASSERT_FALSE(opener);
  EXPECT_EQ(opener.error().code, Code::corrupt);
}

TEST_F(EnvelopeTamperTest, AHugeFieldCountOrLengthAllocatesNothing) {
  Bytes bad = good_;
  bad[82] = 0xff;  // the count
  bad[83] = 0xff;
  EXPECT_FALSE(parse_envelope(bad));
  bad = good_;
  std::fill_n(bad.begin() + kEnvelopeHeaderSize + 2, 4, std::uint8_t{0xff});  // the first field's length
  EXPECT_FALSE(parse_envelope(bad));
}

TEST_F(EnvelopeTamperTest, FailureAppendsNothing) {
  Bytes bad = good_;
  bad.back() ^= 1;
  const auto view = parse_envelope(bad);
  auto opener = EnvelopeOpener::make(key_, context(), *view);
  SecretBuffer out("kept");
  out.reserve(100);
  const char* const data = out.expose_text().data();
  EXPECT_EQ(opener->open(300, "issued", out).error().code, Code::corrupt);
  EXPECT_EQ(out.expose_text(), "kept");
  out.resize(14);  // within the capacity: what the failed call left behind
  ASSERT_EQ(out.expose_text().data(), data);
  EXPECT_EQ(out.expose_text().substr(4), std::string_view("\0\0\0\0\0\0\0\0\0\0", 10));
}

}  // namespace
}  // namespace sluis
