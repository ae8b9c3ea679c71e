#include "gateway/adopted/pages.h"

#include <algorithm>
#include <utility>

namespace sluis::gateway::adopted {
namespace {

constexpr std::size_t kLeastRows = 64;  // of a thread of its own

// The rows [begin, end) of a page. Faults and cells go to places of their own, so that threads do not meet.
struct Part {
  std::size_t begin, end;
  std::vector<CellFault> faults{};
  Status status{};
};

Status renew_row(CellCipher& cipher, CellPage& page, std::size_t row, std::vector<CellFault>& faults) {
  const auto cells = page.rows.cells(row);
  cipher.begin_row(page.rows.values(row));
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (!cells[column]) continue;
    const auto fault = cipher.renew(*cells[column], page.renewed[row * cells.size() + column]);
    if (!fault) return fault.error();
    if (*fault) faults.push_back({row, column, **fault});
  }
  return {};
}

void renew_part(const CellPages::Source& source, CellPage& page, Part& part) {
  const std::size_t items = (part.end - part.begin) * source.declaration.cell_columns.size();
  CellCipher cipher(source.declaration, source.key, source.to, items);
  for (std::size_t row = part.begin; row < part.end && part.status; ++row) {
    part.status = renew_row(cipher, page, row, part.faults);
  }
}

}  // namespace

std::vector<std::string> key_of(const store::CipherPage& page, std::size_t row) {
  std::vector<std::string> out;
  for (const store::CellText& part : page.keys(row)) out.emplace_back(part.value_or(std::string_view()));
  return out;
}

CellPages::CellPages(Source source, std::vector<std::string> after, std::size_t limit) : source_(std::move(source)) {
  begin(std::move(after), limit);
}

void CellPages::begin(std::vector<std::string> after, std::size_t limit) {
  last_ = after;
  next_ = std::async(std::launch::async, [this, after = std::move(after), limit] { return read(after, limit); });
}

Result<CellPage> CellPages::read(const std::vector<std::string>& after, std::size_t limit) const {
  auto rows = source_.table.scan(after, "vault:v" + std::to_string(source_.to) + ':', limit);
  if (!rows) return rows.error();
  CellPage page{*std::move(rows), {}, {}, false};
  page.last = page.rows.rows() < limit;
  if (const Status done = renew(page); !done) return done.error();
  return page;
}

Status CellPages::renew(CellPage& page) const {
  const std::size_t rows = page.rows.rows();
  page.renewed.resize(rows * source_.declaration.cell_columns.size());
  const std::size_t parts = std::clamp<std::size_t>(rows / kLeastRows, 1, source_.threads);
  std::vector<Part> all;
  for (std::size_t i = 0; i < parts; ++i) all.push_back({rows * i / parts, rows * (i + 1) / parts});
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < parts; ++i) {
    others.push_back(std::async(std::launch::async, [&, i] { renew_part(source_, page, all[i]); }));
  }
  renew_part(source_, page, all.front());
  for (auto& other : others) other.get();
  for (Part& part : all) {
    if (!part.status) return part.status;
    page.faults.insert(page.faults.end(), part.faults.begin(), part.faults.end());
  }
  return {};
}

Result<CellPage> CellPages::take(std::size_t limit) {
  ahead();
  Result<CellPage> page = std::move(*ready_);
  ready_.reset();
  if (page && !page->last) begin(key_of(page->rows, page->rows.rows() - 1), limit);
  return page;
}

std::vector<std::string> CellPages::ahead() {
  if (!ready_) ready_ = std::make_unique<Result<CellPage>>(next_.get());
  const Result<CellPage>& page = *ready_;
  if (!page || page->rows.rows() == 0) return last_;
  return key_of(page->rows, page->rows.rows() - 1);
}

}  // namespace sluis::gateway::adopted
