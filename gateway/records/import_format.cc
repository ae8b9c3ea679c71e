#include "gateway/records/import_format.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "crypto/utf8.h"
#include "gateway/records/csv_reader.h"
#include "gateway/records/json_text.h"
#include "gateway/records/line_reader.h"

namespace sluis::gateway {
namespace {

using Form = DocumentReader::Form;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// What a line may have beyond the record's own limit: white space, and CSV's quotes.
constexpr std::size_t kLineSlack = 4096;

std::size_t line_limit(const Collection& collection) {
  return collection.schema().max_record_bytes + kLineSlack;
}

Fault too_long() {
  return {Code::too_large, "line_too_long", "the line is longer than any record may be", {}};
}

bool blank(std::string_view line) noexcept {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Takes a byte order mark off the front of a stream, however it arrives.
class MarkSkipper {
 public:
  // What of the piece is content, once that can be told; `held` are bytes that came before it.
  std::string_view skip(std::string_view piece, std::string_view& held) {
    held = {};
    while (!done_ && !piece.empty()) {
      if (piece.front() != kByteOrderMark[seen_]) {
        held = kByteOrderMark.substr(0, seen_);
        done_ = true;
        break;
      }
      piece.remove_prefix(1);
      done_ = ++seen_ == kByteOrderMark.size();
    }
    return piece;
  }
  std::string_view rest() const noexcept { return done_ ? std::string_view{} : kByteOrderMark.substr(0, seen_); }

 private:
  std::size_t seen_ = 0;
  bool done_ = false;
};

class Ndjson final : public ImportFormat {
 public:
  explicit Ndjson(const Collection& collection) : lines_(line_limit(collection)), document_(collection) {}

  Status feed(std::string_view piece, LineTarget& target) override {
    std::string_view held;
    piece = mark_.skip(piece, held);
    const auto take = [&](std::string_view line, LineReader::Length length) { return take_line(line, length, target); };
    if (const Status fed = lines_.feed(held, take); !fed) return fed;
    return lines_.feed(piece, take);
  }
  Status finish(LineTarget& target) override {
    const auto take = [&](std::string_view line, LineReader::Length length) { return take_line(line, length, target); };
    if (const Status fed = lines_.feed(mark_.rest(), take); !fed) return fed;
    return lines_.finish(take);
  }

 private:
  Status take_line(std::string_view line, LineReader::Length length, LineTarget& target) {
    if (length == LineReader::Length::too_long) return target.refused(too_long());
    if (blank(line)) return target.empty();
    if (const auto fault = document_.read(line, Form::line)) return target.refused(*fault);
    return target.document(document_);
  }

  MarkSkipper mark_;
  LineReader lines_;
  DocumentReader document_;
};

class Csv final : public ImportFormat {
 public:
  Csv(const Collection& collection, CsvHeader header)
      : collection_(collection), header_(header), rows_(line_limit(collection)), document_(collection) {}

  Status feed(std::string_view piece, LineTarget& target) override {
    std::string_view held;
    piece = mark_.skip(piece, held);
    const auto take = [&](CsvReader::Row kind, const Cells& cells) { return take_row(kind, cells, target); };
    if (const Status fed = rows_.feed(held, take); !fed) return fed;
    return rows_.feed(piece, take);
  }
  Status finish(LineTarget& target) override {
    const auto take = [&](CsvReader::Row kind, const Cells& cells) { return take_row(kind, cells, target); };
    if (const Status fed = rows_.feed(mark_.rest(), take); !fed) return fed;
    return rows_.finish(take);
  }

 private:
  using Cells = std::vector<CsvReader::Cell>;
  static constexpr std::size_t kIdColumn = Collection::kNone - 1;

  Status take_row(CsvReader::Row kind, const Cells& cells, LineTarget& target);
  Status take_header(CsvReader::Row kind, const Cells& cells, LineTarget& target);
  MaybeFault read_cells(const Cells& cells);
  MaybeFault add_cell(const CsvReader::Cell& cell, std::size_t column);

  const Collection& collection_;
  const CsvHeader header_;
  MarkSkipper mark_;
  CsvReader rows_;
  DocumentReader document_;
  std::vector<std::size_t> columns_;                        // position of each column's field, or kIdColumn
  SecretBuffer json_;                                       // the row's cells as JSON strings, one after another
  std::vector<std::pair<std::size_t, std::size_t>> spans_;  // begin and size in json_; size 0: no value
};

Status Csv::take_header(CsvReader::Row kind, const Cells& cells, LineTarget& target) {
  constexpr Error malformed{Code::invalid, "the header of the CSV is malformed"};
  if (kind != CsvReader::Row::good) return malformed;
  for (const CsvReader::Cell& cell : cells) {
    const std::size_t position = cell.text == "id" ? kIdColumn : collection_.find(cell.text);
    if (position == Collection::kNone) return Error{Code::invalid, "the header names a field that does not exist"};
    if (std::find(columns_.begin(), columns_.end(), position) != columns_.end()) {
      return Error{Code::invalid, "the header names a field twice"};
    }
    columns_.push_back(position);
  }
  if (std::find(columns_.begin(), columns_.end(), kIdColumn) == columns_.end()) {
    return Error{Code::invalid, "the header has no column 'id'"};
  }
  return header_ == CsvHeader::counts ? target.empty() : Status{};
}

Status Csv::take_row(CsvReader::Row kind, const Cells& cells, LineTarget& target) {
  if (columns_.empty()) return take_header(kind, cells, target);
  if (kind == CsvReader::Row::too_long) return target.refused(too_long());
  // To go on would take the rest of the file for one cell. What came before is written; the client mends the row after
  // the import's lines_done and goes on there.
  if (kind == CsvReader::Row::open_quote) {
    return target.stop(
        Error{Code::invalid, "a quote in the CSV is not closed, in the row after the import's lines_done"});
  }
  if (kind == CsvReader::Row::bad_quote) {
    return target.refused({Code::invalid, "csv_quote", "a quote stands where none may be", {}});
  }
  if (cells.size() == 1 && !cells[0].quoted && blank(cells[0].text)) return target.empty();
  if (const auto fault = read_cells(cells)) return target.refused(*fault);
  return target.document(document_);
}

// Every cell is a JSON string; an empty one without quotes is no value.
MaybeFault Csv::add_cell(const CsvReader::Cell& cell, std::size_t column) {
  const bool is_id = columns_[column] == kIdColumn;
  const std::string field = is_id ? "id" : collection_.field(columns_[column]).name;
  if (!is_utf8(cell.text)) return Fault{Code::invalid, "utf8", "not valid UTF-8", field};
  if (cell.text.find('\0') != std::string_view::npos) {
    return Fault{Code::invalid, "nul", "U+0000 is not accepted", field};
  }
  const std::size_t begin = json_.size();
  if (!cell.text.empty() || cell.quoted) append_quoted(json_, cell.text);
  spans_.emplace_back(begin, json_.size() - begin);
  return std::nullopt;
}

MaybeFault Csv::read_cells(const Cells& cells) {
  if (cells.size() != columns_.size()) {
    return Fault{Code::invalid, "csv_columns", "the row has another number of cells than the header", {}};
  }
  json_.clear();
  spans_.clear();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (auto fault = add_cell(cells[i], i)) return fault;
  }
  if (json_.size() > collection_.schema().max_record_bytes) {
    return Fault{Code::too_large, "record_too_long", "the record is longer than its collection allows", {}};
  }
  document_.begin();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view text = json_.expose_text().substr(spans_[i].first, spans_[i].second);
    if (columns_[i] == kIdColumn) document_.set_id({text, JsonKind::string});
    if (columns_[i] != kIdColumn && !text.empty()) document_.set(columns_[i], {text, JsonKind::string});
  }
  return document_.check(Form::line);
}

bool same_type(std::string_view content_type, std::string_view wanted) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return std::equal(type.begin(), type.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

}  // namespace

Result<std::unique_ptr<ImportFormat>> import_format(std::string_view content_type, const Collection& collection,
                                                    CsvHeader header) {
  if (same_type(content_type, "application/x-ndjson")) return std::unique_ptr<ImportFormat>(new Ndjson(collection));
  if (same_type(content_type, "text/csv")) return std::unique_ptr<ImportFormat>(new Csv(collection, header));
  return Error{Code::invalid, "an import is application/x-ndjson or text/csv"};
}

}  // namespace sluis::gateway
