// Pages of an adopted table on their way through a sweep: while one is written, the next is read and encrypted anew, on
// several threads. No more than that is in memory. For one thread at a time.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gateway/adopted/cells.h"

namespace sluis::gateway::adopted {

struct CellFault {
  std::size_t row, column;  // by place in the page and in cell_columns
  Literal why;
};

// A page, and what its cells are to become.
struct CellPage {
  store::CipherPage rows;
  std::vector<std::string> renewed;  // row by row, a cell each; empty: stays
  std::vector<CellFault> faults;
  bool last = false;  // nothing comes after it
};

class CellPages {
 public:
  struct Source {
    store::CipherTable& table;
    const Declaration& declaration;
    transit::TransitKeys::Key key;
    std::uint32_t to = 0;
    unsigned threads = 2;
  };
  // Begins to read after that key; empty: from the first row. What `source` refers to outlives this.
  CellPages(Source source, std::vector<std::string> after, std::size_t limit);
  CellPages(const CellPages&) = delete;
  CellPages& operator=(const CellPages&) = delete;
  ~CellPages() = default;  // waits for what is under way

  // The next page, and begins with the one after it. Not to be called after the last page or an error.
  Result<CellPage> take(std::size_t limit);
  // Waits for the page that take() gives next; the key of its last row, empty if it has none.
  std::vector<std::string> ahead();

 private:
  Result<CellPage> read(const std::vector<std::string>& after, std::size_t limit) const;
  Status renew(CellPage& page) const;
  void begin(std::vector<std::string> after, std::size_t limit);

  const Source source_;
  std::vector<std::string> last_;  // key of the last row that was given out
  std::future<Result<CellPage>> next_;
  std::unique_ptr<Result<CellPage>> ready_;
};

// The key of a row, as texts.
std::vector<std::string> key_of(const store::CipherPage& page, std::size_t row);

}  // namespace sluis::gateway::adopted
