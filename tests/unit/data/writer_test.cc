// Lines of the register: a JSON parser and a CSV reader understand all of them.
#include "tests/data/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <boost/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace sluis::registry {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string text_of(std::uint64_t seed, Format format, std::uint64_t first, std::uint64_t count,
                    const std::string& markers = {}) {
  Register diplomas(seed);
  const Writer writer(format, markers);
  std::string text;
  writer.header(text);
  for (std::uint64_t i = first; i < first + count; ++i) writer.append(text, diplomas.at(i));
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// RFC 4180 fields of one line; the register has no double quotes and no line breaks in values.
std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  EXPECT_FALSE(quoted) << line;
  return fields;
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr), 1);
  std::ostringstream hex;
  for (unsigned i = 0; i < size; ++i) hex << std::hex << (digest[i] >> 4U) << (digest[i] & 15U);
  return hex.str();
}

// Pinned: a benchmark or a test that names a seed means these very bytes.
TEST(Writer, SameSeedSameBytes) {
  EXPECT_EQ(sha256(text_of(1, Format::ndjson, 1, 10'000)),
            "2b9747c5ad3375915cb5946828cfdf80ec3acfbbd240015d7e5460a4ab26f4fb");
  EXPECT_NE(sha256(text_of(2, Format::ndjson, 1, 10'000)), sha256(text_of(1, Format::ndjson, 1, 10'000)));
}

TEST(Writer, ContinuationIsASliceOfTheWhole) {
  const auto whole = text_of(4, Format::ndjson, 1, 3'000);
  EXPECT_EQ(text_of(4, Format::ndjson, 1, 1'234) + text_of(4, Format::ndjson, 1'235, 3'000 - 1'234), whole);
}

TEST(Writer, EveryLineIsJson) {
  for (const auto& line : lines_of(text_of(1, Format::ndjson, 1, 20'000))) {
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    ASSERT_FALSE(error) << line;
    ASSERT_EQ(value.as_object().size(), 9U);
    ASSERT_GE(value.at("level").as_int64(), 4);
  }
}

TEST(Writer, CsvHasTheValuesOfNdjson) {
  const auto json = lines_of(text_of(1, Format::ndjson, 1, 2'000));
  const auto csv = lines_of(text_of(1, Format::csv, 1, 2'000));
  ASSERT_THAT(csv, SizeIs(json.size() + 1));
  const auto names = csv_fields(csv[0]);
  ASSERT_THAT(names, SizeIs(9));
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto record = boost::json::parse(json[i]).as_object();
    const auto fields = csv_fields(csv[i + 1]);
    ASSERT_THAT(fields, SizeIs(9)) << csv[i + 1];
    for (std::size_t f = 0; f + 1 < names.size(); ++f) ASSERT_EQ(record.at(names[f]).as_string(), fields[f]);
    ASSERT_EQ(std::to_string(record.at("level").as_int64()), fields[8]);
  }
}

TEST(Writer, MarkersAreUniqueAndInSealedValuesOnly) {
  const auto line = lines_of(text_of(1, Format::ndjson, 42, 1, "MARK"))[0];
  const auto record = boost::json::parse(line).as_object();
  EXPECT_THAT(std::string(record.at("holder_name").as_string()), EndsWith(" MARK-name-0000000042"));
  EXPECT_THAT(std::string(record.at("grade").as_string()), EndsWith(" MARK-grade-0000000042"));
  for (const auto* open : {"id", "qualification", "institution", "awarded_on"}) {
    EXPECT_THAT(std::string(record.at(open).as_string()), ::testing::Not(HasSubstr("MARK"))) << open;
  }
}

TEST(Writer, IdsSortByNumber) {
  EXPECT_EQ(diploma_id(1), "d-0000000001");
  EXPECT_EQ(diploma_id(12'345'678'901), "d-12345678901");
  EXPECT_LT(diploma_id(99), diploma_id(100));
}

}  // namespace
}  // namespace sluis::registry
