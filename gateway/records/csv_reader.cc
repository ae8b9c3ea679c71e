#include "gateway/records/csv_reader.h"

namespace sluis::gateway {

void CsvReader::reset() {
  state_ = State::cell_start;
  kind_ = Row::good;
  text_.clear();
  cell_begin_ = 0;
  cell_quoted_ = false;
  spans_.clear();
}

// The rest of the row is read only to find its end.
void CsvReader::fail(Row kind) {
  if (kind_ == Row::good) kind_ = kind;
  text_.clear();
  cell_begin_ = 0;
  spans_.clear();
}

void CsvReader::put(char c) {
  if (kind_ != Row::good) return;
  if (text_.size() + spans_.size() >= limit_) return fail(state_ == State::quoted ? Row::open_quote : Row::too_long);
  text_.push_back(c);
}

void CsvReader::end_cell(std::size_t size) {
  if (kind_ != Row::good) return;
  if (text_.size() + spans_.size() >= limit_) return fail(Row::too_long);
  spans_.push_back({cell_begin_, size, cell_quoted_});
  cell_begin_ = text_.size();
  cell_quoted_ = false;
}

// A carriage return before the row's end is part of that end.
void CsvReader::end_row() {
  std::size_t size = text_.size() - cell_begin_;
  const bool cr = state_ == State::plain && size > 0 && text_.expose_text().back() == '\r';
  end_cell(cr ? size - 1 : size);
}

bool CsvReader::step(char c) {
  switch (state_) {
    case State::cell_start:
      return step_cell_start(c);
    case State::plain:
      return step_plain(c);
    case State::quoted:
      if (c == '"') {
        state_ = State::quote_in_quoted;
        return false;
      }
      put(c);
      return false;
    case State::quote_in_quoted:
    case State::cr_after_quote:
      return step_after_quote(c);
  }
  return false;
}

bool CsvReader::step_cell_start(char c) {
  if (c == '"') {
    cell_quoted_ = true;
    state_ = State::quoted;
    return false;
  }
  state_ = State::plain;
  return step_plain(c);
}

bool CsvReader::step_plain(char c) {
  if (c == '\n') {
    end_row();
    return true;
  }
  if (c == ',') {
    end_cell(text_.size() - cell_begin_);
    state_ = State::cell_start;
    return false;
  }
  if (c == '"') fail(Row::bad_quote);
  put(c);
  return false;
}

bool CsvReader::step_after_quote(char c) {
  if (c == '\n') {
    end_row();
    return true;
  }
  if (c == '"' && state_ == State::quote_in_quoted) {
    put(c);
    state_ = State::quoted;
    return false;
  }
  if (c == '\r' && state_ == State::quote_in_quoted) {
    state_ = State::cr_after_quote;
    return false;
  }
  if (c == ',' && state_ == State::quote_in_quoted) {
    end_cell(text_.size() - cell_begin_);
    state_ = State::cell_start;
    return false;
  }
  fail(Row::bad_quote);
  state_ = State::plain;
  return false;
}

}  // namespace sluis::gateway
