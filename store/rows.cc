#include "store/rows.h"

#include <algorithm>
#include <limits>

namespace sluis::store {

Result<KeyState> key_state_of(std::int64_t number) {
  if (number < 0 || number > static_cast<std::int64_t>(KeyState::compromised)) {
    return Error{Code::corrupt, "a key version in an unknown state"};
  }
  return static_cast<KeyState>(number);
}

Status copy_key_id(ByteView bytes, KeyId& out) {
  if (bytes.size() != out.size()) return Error{Code::corrupt, "a key id of the wrong length"};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return {};
}

Status copy_digest(ByteView bytes, Digest& out) {
  if (bytes.size() != out.size()) return Error{Code::corrupt, "a digest of the wrong length"};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return {};
}

ImportError existing_error(const Record& record) {
  return {record.line, "exists", "id"};
}

ImportState state_after(ImportState after, const ChunkResult& result) {
  after.records -= std::min<std::uint64_t>(after.records, result.existing.size());
  after.errors += result.existing.size();
  return after;
}

std::uint32_t oldest_key(std::span<const Record> records) noexcept {
  std::uint32_t oldest = std::numeric_limits<std::int32_t>::max();
  for (const Record& record : records) oldest = std::min(oldest, record.key_version);
  return oldest;
}

std::vector<std::string> sorted(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::uint64_t clamp_line(std::uint64_t line) noexcept {
  return std::min(line, std::uint64_t{std::numeric_limits<std::int64_t>::max()});
}

std::size_t page_rows(std::size_t limit) noexcept {
  return std::min(limit, kMaxPageRecords);
}

}  // namespace sluis::store
