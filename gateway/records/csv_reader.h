// Reads CSV (RFC 4180) as it arrives: cells in double quotes may hold commas, line ends and doubled quotes; rows end in
// LF or CRLF, the last one with or without. Strict and bounded: a quote where none may be, or a row that is too long,
// makes that row bad, and reading goes on with the next. For one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "crypto/secret.h"

namespace sluis::gateway {

class CsvReader {
 public:
  // Valid until the next row.
  struct Cell {
    std::string_view text;
    bool quoted = false;  // an empty cell in quotes is an empty text, without quotes it is no value
  };
  // open_quote: a quote has no end within the limit, or within the text; nothing after it can be told apart.
  enum class Row : std::uint8_t { good, bad_quote, too_long, open_quote };

  explicit CsvReader(std::size_t limit) : limit_(limit) {}

  // Calls `take(kind, cells)` for each row that ends in this piece; there are no cells unless it is good. An empty line
  // is a row of one empty cell. Stops at the first error that `take` returns.
  template <typename Take>
  Status feed(std::string_view piece, Take&& take) {
    for (const char c : piece) {
      if (!step(c) && kind_ != Row::open_quote) continue;
      const Status taken = give(take);
      if (!taken) return taken;
    }
    return {};
  }

  // The last row, if it had no end.
  template <typename Take>
  Status finish(Take&& take) {
    if (state_ == State::cell_start && spans_.empty() && kind_ == Row::good) return {};
    if (state_ == State::quoted) fail(Row::open_quote);
    end_row();
    return give(take);
  }

 private:
  enum class State : std::uint8_t { cell_start, plain, quoted, quote_in_quoted, cr_after_quote };
  struct Span {
    std::size_t begin, size;
    bool quoted;
  };

  template <typename Take>
  Status give(Take&& take) {
    cells_.clear();
    if (kind_ == Row::good) {
      for (const Span& span : spans_)
        cells_.push_back({text_.expose_text().substr(span.begin, span.size), span.quoted});
    }
    const Status taken = take(kind_, cells_);
    reset();
    return taken;
  }

  bool step(char c);  // true when the row has ended
  bool step_cell_start(char c);
  bool step_plain(char c);
  bool step_after_quote(char c);
  void put(char c);
  void end_cell(std::size_t size);
  void end_row();
  void fail(Row kind);
  void reset();

  std::size_t limit_;
  State state_ = State::cell_start;
  Row kind_ = Row::good;
  SecretBuffer text_;
  std::size_t cell_begin_ = 0;
  bool cell_quoted_ = false;
  std::vector<Span> spans_;
  std::vector<Cell> cells_;
};

}  // namespace sluis::gateway
