// One import under way: parses and seals lines into chunks, while the chunk before is being written by the store.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/records/caller.h"
#include "gateway/records/import_format.h"
#include "gateway/records/sealer.h"
#include "gateway/records/service.h"

namespace sluis::gateway {

class ImportSink final : public BodySink, private LineTarget {
 public:
  // `state` is where the import stands; its lines_done is what the store has.
  ImportSink(const RecordParts& parts, Caller caller, store::ImportState state, std::unique_ptr<ImportFormat> format,
             ImportLimits limits);
  ~ImportSink() override;

  Status feed(std::string_view piece) override;
  Outcome finish() override;
  void abandon() noexcept override;

 private:
  struct Chunk {
    std::vector<store::Record> records;
    std::vector<store::ImportError> errors;
    std::uint64_t lines = 0;
    std::size_t bytes = 0;
  };
  enum class Last : std::uint8_t { no, yes };

  Status document(const DocumentReader& document) override;
  Status refused(const Fault& fault) override;
  Status empty() override;
  Status stop(const Error& why) override;

  std::uint64_t next_line() const noexcept { return state_.lines_done + in_flight_lines_ + chunk_.lines + 1; }
  Status need_sealer();
  Status flush(Last last);
  Status settle();  // waits for the chunk that is being written, and takes over its state
  Result<store::ImportState> write(Chunk chunk, store::ImportState after, std::uint64_t expected_lines_done);
  Result<bool> seal_again(Chunk& chunk) const;
  std::vector<audit::Event> entries_of(const Chunk& chunk, const store::ChunkResult& result,
                                       const store::ImportState& after) const;
  Status log_one(const audit::Event& event) const;
  Status log_chunk(const Chunk& chunk, const store::ChunkResult& result, const store::ImportState& after);

  const RecordParts parts_;
  const Caller caller_;
  const ImportLimits limits_;
  store::ImportState state_;  // as the store has it, but for the chunk in flight
  std::unique_ptr<ImportFormat> format_;
  std::optional<Sealer> sealer_;  // renewed each chunk, so that a key is not held for longer than its time
  Chunk chunk_;
  std::uint64_t in_flight_lines_ = 0;
  std::future<Result<store::ImportState>> in_flight_;
};

// {"import":…,"lines_done":…,"records":…,"errors":…,"finished":…}
SecretBuffer json_of(const store::ImportState& state);

}  // namespace sluis::gateway
