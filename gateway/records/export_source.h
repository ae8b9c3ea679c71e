// One export under way: pages of the collection, opened and written as NDJSON.
#pragma once

#include <string>

#include "gateway/records/caller.h"
#include "gateway/records/release.h"
#include "gateway/records/service.h"

namespace sluis::gateway {

class ExportSource final : public BodySource {
 public:
  ExportSource(const RecordParts& parts, Caller caller, std::vector<std::size_t> positions, std::string after);

  Reply head() override;
  // Error unavailable where the store or the HSM is away: the stream breaks off without its end mark.
  Result<Piece> next() override;

 private:
  std::uint64_t page_size() const;
  // Takes as many records of the page from the budget as it has left.
  policy::BudgetAnswer take(std::vector<store::Record>& records);
  Status append_line(const store::Record& record, Piece& piece);
  void end_over_budget(const policy::BudgetAnswer& answer, Piece& piece);

  const RecordParts parts_;
  const Caller caller_;
  Release release_;
  bool prepared_ = false;
  std::string after_;  // the last record that has been given out
};

}  // namespace sluis::gateway
