// The formats an import can have: a stream of bytes into numbered lines, each a document or a fault.
#pragma once

#include <memory>
#include <string_view>

#include "gateway/records/document.h"

namespace sluis::gateway {

// What an import does with its lines, in order. An error ends the import.
class LineTarget {
 public:
  // A line that is a document; the reader's values and id are valid for the duration of the call.
  virtual Status document(const DocumentReader& document) = 0;
  virtual Status refused(const Fault& fault) = 0;
  // Counts, and nothing else: an empty line, the header of CSV.
  virtual Status empty() = 0;
  // The rest cannot be read: what came before is kept, and the import ends with the error, to be gone on with.
  virtual Status stop(const Error& why) = 0;

 protected:
  ~LineTarget() = default;
};

class ImportFormat {
 public:
  ImportFormat() = default;
  ImportFormat(const ImportFormat&) = delete;
  ImportFormat& operator=(const ImportFormat&) = delete;
  virtual ~ImportFormat() = default;
  virtual Status feed(std::string_view piece, LineTarget& target) = 0;
  virtual Status finish(LineTarget& target) = 0;
};

// Whether the header of a CSV stream is its line 1, or comes before the lines that an import goes on with.
enum class CsvHeader : std::uint8_t { counts, repeated };

// Error invalid for another content type than application/x-ndjson and text/csv. The collection must outlive it.
Result<std::unique_ptr<ImportFormat>> import_format(std::string_view content_type, const Collection& collection,
                                                    CsvHeader header);

}  // namespace sluis::gateway
