// The cells of one adopted table, opened and encrypted anew with the associated data and context that the row gives
// them: the code of the Transit interface does both. For one thread at a time.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/adopted/declaration.h"
#include "gateway/transit/api/item_cipher.h"

namespace sluis::gateway::adopted {

// The columns of the declaration as the store reads them: those of both templates together are its values.
store::CipherColumns columns_of(const Declaration& declaration);

// Why a cell is left alone: a literal, for the log. None: it is not.
using Fault = std::optional<Literal>;

class CellCipher {
 public:
  // Cells below `to` become cells of that version. `items`: how many are expected.
  CellCipher(const Declaration& declaration, transit::TransitKeys::Key key, std::uint32_t to, std::size_t items);
  CellCipher(const CellCipher&) = delete;
  CellCipher& operator=(const CellCipher&) = delete;

  // Renders the templates for the row whose cells come next; a fault is that of each of them.
  void begin_row(std::span<const store::CellText> values);
  // Whether the cell opens. Errors, here and below, are failures of the machine.
  Result<Fault> open(std::string_view cell);
  // Replaces `out` by the new cell; empty where the cell is of that version or a later one already, or at fault.
  Result<Fault> renew(std::string_view cell, std::string& out);

 private:
  Status render(const Template& text, const std::vector<std::size_t>& places, std::span<const store::CellText> values,
                std::string& out);
  transit::ItemContext context() const;
  Result<Fault> opened(const transit::Versioned& cell);

  const Declaration& declaration_;
  const std::uint32_t to_;
  transit::ItemCipher cipher_;
  std::vector<std::size_t> data_places_, context_places_;  // of the templates' columns among the values
  std::vector<store::CellText> picked_;
  std::string associated_data_, context_;
  Fault row_fault_;
  SecretBuffer plaintext_, text_;
};

}  // namespace sluis::gateway::adopted
