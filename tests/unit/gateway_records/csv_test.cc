#include "gateway/records/csv_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/records/line_reader.h"

namespace sluis::gateway {
namespace {

using Lines = std::vector<std::string>;

template <typename Reader, typename Take>
void feed_in_pieces(Reader& reader, std::string_view text, std::size_t cut, const Take& take) {
  if (!reader.feed(text.substr(0, cut), take)) return;
  if (!reader.feed(text.substr(cut), take)) return;
  static_cast<void>(reader.finish(take));
}

// Rows as "a|b", quoted cells in <>, bad rows by their kind.
Lines rows_of(std::string_view text, std::size_t cut = 0, std::size_t limit = 1000) {
  CsvReader reader(limit);
  Lines rows;
  feed_in_pieces(reader, text, cut, [&](CsvReader::Row kind, const std::vector<CsvReader::Cell>& cells) {
    std::string row = kind == CsvReader::Row::good ? "" : (kind == CsvReader::Row::too_long ? "TOO LONG" : "BAD");
    if (kind == CsvReader::Row::open_quote) {
      rows.push_back("OPEN QUOTE");
      return Status(Error{Code::invalid, "an import ends here"});
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) row += '|';
      row += cells[i].quoted ? "<" + std::string(cells[i].text) + ">" : std::string(cells[i].text);
    }
    rows.push_back(row);
    return Status{};
  });
  return rows;
}

TEST(Csv, ReadsWhatRfc4180Describes) {
  EXPECT_EQ(rows_of("a,b\r\nc,d\r\n"), (Lines{"a|b", "c|d"}));
  EXPECT_EQ(rows_of("a,b\nc,d"), (Lines{"a|b", "c|d"}));
  EXPECT_EQ(rows_of("\"a\",\"b,c\",\"d\"\"e\"\"\"\n"), (Lines{"<a>|<b,c>|<d\"e\">"}));
  EXPECT_EQ(rows_of("\"a\r\nb\",c\r\n"), (Lines{"<a\r\nb>|c"}));
  EXPECT_EQ(rows_of("a,,\"\"\n"), (Lines{"a||<>"}));
  EXPECT_EQ(rows_of(",\n,"), (Lines{"|", "|"}));
  EXPECT_EQ(rows_of("a b, c ,d"), (Lines{"a b| c |d"}));
  EXPECT_EQ(rows_of("\"a\"\r\n\"b\""), (Lines{"<a>", "<b>"}));
  EXPECT_EQ(rows_of(""), (Lines{}));
  EXPECT_EQ(rows_of("\n\r\n\n"), (Lines{"", "", ""}));
}

TEST(Csv, ABadRowDoesNotSpoilTheNext) {
  EXPECT_EQ(rows_of("a\"b,c\nd,e\n"), (Lines{"BAD", "d|e"}));
  EXPECT_EQ(rows_of("\"a\"b,c\nd\n"), (Lines{"BAD", "d"}));
  EXPECT_EQ(rows_of("\"a\" ,c\nd\n"), (Lines{"BAD", "d"}));
  EXPECT_EQ(rows_of("\"a\"\rx\nd\n"), (Lines{"BAD", "d"}));
  EXPECT_EQ(rows_of("a\n\"b"), (Lines{"a", "OPEN QUOTE"}));
  EXPECT_EQ(rows_of("a\"\n\"b\"\n"), (Lines{"BAD", "<b>"}));
}

TEST(Csv, RowsAreBounded) {
  EXPECT_EQ(rows_of("12345,\"123\"\nab\n", 0, 10), (Lines{"12345|<123>", "ab"}));
  EXPECT_EQ(rows_of("12345,12345\nab\n", 0, 10), (Lines{"TOO LONG", "ab"}));
  EXPECT_EQ(rows_of(std::string(100000, 'x') + "\nab", 0, 10), (Lines{"TOO LONG", "ab"}));
  EXPECT_EQ(rows_of("1\n\"" + std::string(100, '\n') + "\",x\nab", 0, 10), (Lines{"1", "OPEN QUOTE"}));
  EXPECT_EQ(rows_of(std::string(100000, ',') + "\nab", 0, 10), (Lines{"TOO LONG", "ab"}));
}

TEST(Csv, DoesNotCareHowTheBytesArrive) {
  const std::string text = "id,\"na\"\"me\"\r\n\"x\r\ny\",\n\n\"bad\"x,1\r\nlast,\"\"";
  const Lines whole = rows_of(text);
  EXPECT_EQ(whole, (Lines{"id|<na\"me>", "<x\r\ny>|", "", "BAD", "last|<>"}));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) EXPECT_EQ(rows_of(text, cut), whole) << cut;
}

Lines lines_of(std::string_view text, std::size_t cut = 0, std::size_t limit = 1000) {
  LineReader reader(limit);
  Lines lines;
  feed_in_pieces(reader, text, cut, [&](std::string_view line, LineReader::Length length) {
    lines.push_back(length == LineReader::Length::too_long ? "TOO LONG" : std::string(line));
    return Status{};
  });
  return lines;
}

TEST(Lines, EndInLfOrCrlfOrWithTheStream) {
  EXPECT_EQ(lines_of("a\nb\r\nc"), (Lines{"a", "b", "c"}));
  EXPECT_EQ(lines_of("a\n\n\r\nb\n"), (Lines{"a", "", "", "b"}));
  EXPECT_EQ(lines_of(""), (Lines{}));
  EXPECT_EQ(lines_of("\n"), (Lines{""}));
  EXPECT_EQ(lines_of("a\rb"), (Lines{"a\rb"}));
}

TEST(Lines, AreBounded) {
  EXPECT_EQ(lines_of("12345\n123456\n1\n", 0, 5), (Lines{"12345", "TOO LONG", "1"}));
  EXPECT_EQ(lines_of(std::string(100, 'x'), 50, 5), (Lines{"TOO LONG"}));
  EXPECT_EQ(lines_of("123456\n1", 3, 5), (Lines{"TOO LONG", "1"}));
}

TEST(Lines, DoNotCareHowTheBytesArrive) {
  const std::string text = "first\r\n\nthird line\nlast";
  const Lines whole = lines_of(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) EXPECT_EQ(lines_of(text, cut), whole) << cut;
}

TEST(Lines, StopAtTheFirstErrorOfTheTaker) {
  LineReader reader(100);
  int taken = 0;
  const auto take = [&](std::string_view, LineReader::Length) -> Status {
    if (++taken == 2) return Error{Code::unavailable, "stop"};
    return {};
  };
  EXPECT_FALSE(reader.feed("a\nb\nc\n", take));
  EXPECT_EQ(taken, 2);
}

}  // namespace
}  // namespace sluis::gateway
