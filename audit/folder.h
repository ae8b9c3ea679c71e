// The log's folder: its lock, the files in it, reading them. Mode 0700; files 0600. Stateless and thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/file_ops.h"
#include "audit/segment.h"
#include "crypto/bytes.h"
#include "crypto/result.h"

namespace sluis::audit {

inline constexpr std::string_view kCheckpointName = "checkpoint";
inline constexpr std::string_view kCheckpointTemporary = "checkpoint.tmp";
inline constexpr std::string_view kBlankName = "blank.tmp";  // a zeroed file on its way to become a segment
inline constexpr std::string_view kLockName = "lock";

std::string path_in(const std::string& folder, std::string_view name);

// Makes the folder if it is missing, sets its mode and takes the lock, which lasts as long as the file returned.
// Errors: conflict if another log object or process has it, unavailable if the folder cannot be made or used.
Result<File> lock_folder(FileOps& files, const std::string& folder);

// First indexes of the segments there, ascending.
Result<std::vector<std::uint64_t>> list_segments(const std::string& folder);

// A small file whole; nothing if there is none. Error corrupt if it is over the limit.
Result<std::optional<std::string>> read_small_file(const std::string& path, std::size_t limit);

// Bytes [from, from + size) of a file; zeros stand for what lies behind its end.
struct Image {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0;
  std::uint64_t file_size = 0;
  ByteView view() const noexcept { return {data.get(), size}; }
};
Result<Image> read_image(const std::string& path, std::uint64_t from, std::size_t size);

// The header of a segment file; checks that it is this log's (unless `origin` is null) and stands under its own name.
Result<SegmentHeader> read_segment_header(const std::string& folder, std::uint64_t first, const Digest* origin);

// A file of zeros, allocated and synced, under kBlankName. Error unavailable.
Result<File> make_blank(FileOps& files, const std::string& folder, std::uint64_t bytes);
// Writes the header into a blank file and gives it its name, durably. Error unavailable.
Status publish_segment(FileOps& files, const std::string& folder, const File& blank, const SegmentHeader& header);
// A new segment's header with a random id.
Result<SegmentHeader> new_header(const Digest& origin, std::uint64_t bytes, const Frontier& before);

// Writes a file anew: a temporary name, sync, rename, sync of the folder. Error unavailable.
Status replace_file(FileOps& files, const std::string& folder, std::string_view temporary,
                    std::string_view name_of_file, std::string_view contents);

}  // namespace sluis::audit
