#include "audit/tile_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "audit/folder.h"

namespace sluis::audit {
namespace {

constexpr std::size_t kTogether = 64;  // files open at a time: their syncs share the file system's commits
constexpr Error kUnwritable{Code::unavailable, "the log's tiles cannot be written"};
constexpr std::string_view kTemporary = ".tmp";

}  // namespace

// The folder is new where it is missing; then its parent has changed too.
Status TileStore::make_folders(const std::string& folder) {
  if (touched_.contains(folder)) return {};
  if (::mkdir(folder.c_str(), 0700) == 0) {
    touched_.insert(folder.substr(0, folder.rfind('/')));
  } else if (errno == ENOENT && folder.size() > folder_.size()) {
    const Status parent = make_folders(folder.substr(0, folder.rfind('/')));
    return parent ? make_folders(folder) : parent;
  } else if (errno != EEXIST) {
    return kUnwritable;
  }
  touched_.insert(folder);
  return {};
}

Status TileStore::put(const std::string& path, ByteView bytes) {
  std::string whole = path_in(folder_, path);
  const Status made = make_folders(whole.substr(0, whole.rfind('/')));
  if (!made) return made;
  File file(files_.open(whole + std::string(kTemporary), O_WRONLY | O_CREAT | O_TRUNC, 0600));
  if (!file || !write_whole(files_, file.fd(), bytes.data(), bytes.size(), 0)) return kUnwritable;
  written_.push_back({std::move(file), std::move(whole)});
  return written_.size() < kTogether ? Status() : name_written();
}

Status TileStore::name_written() {
  const std::vector<Written> written = std::exchange(written_, {});
  for (const Written& one : written) {
    if (files_.sync_data(one.file.fd()) != 0) return kUnwritable;
  }
  for (const Written& one : written) {
    if (files_.rename(one.path + std::string(kTemporary), one.path) != 0) return kUnwritable;
  }
  return {};
}

Status TileStore::settle() {
  const Status named = name_written();
  const std::set<std::string> touched = std::exchange(touched_, {});
  if (!named) return named;
  for (const std::string& folder : touched) {
    if (files_.sync_folder(folder) != 0) return kUnwritable;
  }
  return {};
}

void TileStore::drop() {
  written_.clear();
  touched_.clear();
}

}  // namespace sluis::audit
