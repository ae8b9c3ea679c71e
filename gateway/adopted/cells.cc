#include "gateway/adopted/cells.h"

#include <algorithm>

namespace sluis::gateway::adopted {
namespace {

std::vector<std::string> values_of(const Declaration& declaration) {
  std::vector<std::string> out = declaration.associated_data.columns();
  for (const std::string& column : declaration.context.columns()) {
    if (std::find(out.begin(), out.end(), column) == out.end()) out.push_back(column);
  }
  return out;
}

std::vector<std::size_t> places_of(const Template& text, const std::vector<std::string>& values) {
  std::vector<std::size_t> out;
  for (const std::string& column : text.columns()) {
    out.push_back(static_cast<std::size_t>(std::find(values.begin(), values.end(), column) - values.begin()));
  }
  return out;
}

// What the cell's bytes are to blame for; the rest is the machine's.
bool is_of_the_cell(const Error& error) noexcept {
  return error.code == Code::invalid || error.code == Code::corrupt || error.code == Code::too_large;
}

}  // namespace

store::CipherColumns columns_of(const Declaration& declaration) {
  return {declaration.schema, declaration.table, declaration.key_columns, declaration.cell_columns,
          values_of(declaration)};
}

CellCipher::CellCipher(const Declaration& declaration, transit::TransitKeys::Key key, std::uint32_t to,
                       std::size_t items)
    : declaration_(declaration), to_(to), cipher_(std::move(key), items) {
  const auto values = values_of(declaration);
  data_places_ = places_of(declaration.associated_data, values);
  context_places_ = places_of(declaration.context, values);
}

Status CellCipher::render(const Template& text, const std::vector<std::size_t>& places,
                          std::span<const store::CellText> values, std::string& out) {
  picked_.clear();
  for (const std::size_t place : places) picked_.push_back(values[place]);
  return text.render(picked_, out);
}

void CellCipher::begin_row(std::span<const store::CellText> values) {
  row_fault_.reset();
  const Status data = render(declaration_.associated_data, data_places_, values, associated_data_);
  const Status context = render(declaration_.context, context_places_, values, context_);
  if (!data) row_fault_ = data.error().what;
  if (!context) row_fault_ = context.error().what;
}

transit::ItemContext CellCipher::context() const {
  return {bytes_of(context_), bytes_of(associated_data_)};
}

Result<Fault> CellCipher::opened(const transit::Versioned& cell) {
  if (row_fault_) return row_fault_;
  const Status done = cipher_.decrypt(cell, context(), plaintext_);
  if (done) return Fault();
  if (!is_of_the_cell(done.error())) return done.error();
  return Fault(done.error().what);
}

Result<Fault> CellCipher::open(std::string_view cell) {
  const auto split = transit::split_versioned(cell, transit::kCiphertextWords);
  if (!split) return Fault(split.error().what);
  auto fault = opened(*split);
  plaintext_.clear();
  return fault;
}

Result<Fault> CellCipher::renew(std::string_view cell, std::string& out) {
  out.clear();
  const auto split = transit::split_versioned(cell, transit::kCiphertextWords);
  if (!split) return Fault(split.error().what);
  if (split->version > cipher_.key().latest()) return Fault(transit::kCiphertextWords.too_new);
  if (split->version >= to_) return Fault();
  auto fault = opened(*split);
  if (!fault || *fault) return fault;
  text_.clear();
  if (const Status done = cipher_.encrypt(to_, context(), plaintext_.expose_secret(), text_); !done)
    return done.error();
  out.assign(text_.expose_text());  // a ciphertext
  return fault;
}

}  // namespace sluis::gateway::adopted
