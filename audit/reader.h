// Reads durable entries while the writer goes on. Thread-safe; opens files for each page.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "audit/catalog.h"
#include "audit/log.h"

namespace sluis::audit {

class Reader {
 public:
  Reader(std::string folder, Catalog& catalog, PeriodKeys& keys);

  // `end`: the number of durable entries. See Log::read.
  Result<std::vector<Log::Entry>> read(std::uint64_t first, std::size_t limit, std::uint64_t end,
                                       Log::Payloads payloads);

 private:
  struct Page;
  Result<Span> find(std::uint64_t index);
  Status walk(const SegmentEntry& segment);
  Status read_span(const Span& span, Page& page);

  const std::string folder_;
  Catalog& catalog_;
  PeriodKeys& keys_;
  std::mutex walking_;  // a segment that is walked is in memory whole: one at a time
};

}  // namespace sluis::audit
