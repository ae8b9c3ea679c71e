// A text over the columns of a row, "diplomas/{id}/{year}": the associated data, or the context, that an application
// gave when it had a cell encrypted. A column stands in braces, literal braces are doubled. Values are the texts that
// PostgreSQL writes (store/cipher_table.h fixes the settings of the session), so that a row renders to the same bytes
// each time. Immutable and thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace sluis::gateway::adopted {

inline constexpr std::size_t kMaxTemplateBytes = 1024;
inline constexpr std::size_t kMaxTemplateColumns = 16;
inline constexpr std::size_t kMaxRenderedBytes = std::size_t{16} << 10U;
inline constexpr std::size_t kMaxColumnBytes = 63;  // of a name: PostgreSQL's NAMEDATALEN - 1

class Template {
 public:
  using Values = std::span<const std::optional<std::string_view>>;  // by place in columns(); none: NULL

  Template() = default;  // renders to nothing
  // Error invalid for a brace that is neither doubled nor part of a pair, a name that no column can have, and two
  // columns side by side, since their values could not be told apart.
  static Result<Template> parse(std::string_view text);

  // Replaces `out`. Error invalid where a value is NULL, too_large past kMaxRenderedBytes.
  Status render(Values values, std::string& out) const;

  const std::string& text() const noexcept { return text_; }
  const std::vector<std::string>& columns() const noexcept { return columns_; }  // each once, as they first appear
  bool empty() const noexcept { return pieces_.empty(); }

 private:
  static constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);
  struct Piece {
    std::string literal;  // before the column
    std::size_t column = kNoColumn;
  };
  Status add_column(std::string_view name);

  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::string> columns_;
};

// 1 to 63 bytes without NUL, brace or double quote.
bool is_column_name(std::string_view name) noexcept;

}  // namespace sluis::gateway::adopted
