// Files for tests of the audit log: folders that vanish, and file operations that break on demand.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>

#include "audit/file_ops.h"

namespace sluis::tests {

// A folder of its own, removed when it goes out of scope: in memory where there is a file system for that, unless what
// a disk does is asked for.
class ScratchFolder {
 public:
  enum class On { memory, disk };
  explicit ScratchFolder(On on = On::memory) {
    const std::filesystem::path memory = "/dev/shm";
    const bool in_memory = on == On::memory && std::filesystem::is_directory(memory);
    const auto parent = in_memory ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "sluis-audit-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string contents_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_contents(const std::filesystem::path& path, const std::string& contents) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
}

// The system's files, with one operation broken: the `after`th call of a kind from then on, once or for good, of the
// files whose path has a given part.
class BrokenFiles final : public audit::FileOps {
 public:
  enum class Kind { none, open, allocate, write, short_write, sync_data, sync_folder, rename };
  enum class Lasting { once, for_good };

  void break_on(Kind kind, int after, int error, Lasting lasting = Lasting::once, std::string path_part = {}) {
    const std::lock_guard lock(mutex_);
    kind_ = kind;
    after_ = after;
    error_ = error;
    lasting_ = lasting;
    path_part_ = std::move(path_part);
    broken_ = 0;
  }
  int broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }

  int open(const std::string& path, int flags, mode_t mode) override {
    return breaks(Kind::open, path) ? -error_ : audit::system_files().open(path, flags, mode);
  }
  int allocate(int fd, std::uint64_t size) override {
    return breaks(Kind::allocate, path_of(fd)) ? -error_ : audit::system_files().allocate(fd, size);
  }
  ssize_t write(int fd, const iovec* pieces, int count, std::uint64_t offset) override {
    const std::string path = path_of(fd);
    if (breaks(Kind::write, path)) return -error_;
    if (!breaks(Kind::short_write, path)) return audit::system_files().write(fd, pieces, count, offset);
    // What a full disk leaves: the first piece and a part of the second.
    iovec cut[2] = {pieces[0], count > 1 ? pieces[1] : iovec{pieces[0].iov_base, 0}};
    cut[1].iov_len /= 2;
    if (count == 1) cut[0].iov_len /= 2;
    return audit::system_files().write(fd, cut, 2, offset);
  }
  int sync_data(int fd) override {
    return breaks(Kind::sync_data, path_of(fd)) ? -error_ : audit::system_files().sync_data(fd);
  }
  int sync_folder(const std::string& path) override {
    return breaks(Kind::sync_folder, path) ? -error_ : audit::system_files().sync_folder(path);
  }
  int rename(const std::string& from, const std::string& to) override {
    return breaks(Kind::rename, to) ? -error_ : audit::system_files().rename(from, to);
  }

 private:
  // Where the file is now: a rename is followed.
  static std::string path_of(int fd) {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored).string();
  }
  bool breaks(Kind kind, const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (kind != kind_ || path.find(path_part_) == std::string::npos || --after_ >= 0) return false;
    if (lasting_ == Lasting::once) kind_ = Kind::none;
    ++broken_;
    return true;
  }
  mutable std::mutex mutex_;
  Kind kind_ = Kind::none;
  Lasting lasting_ = Lasting::once;
  int after_ = 0;
  int error_ = 0;
  int broken_ = 0;
  std::string path_part_;
};

}  // namespace sluis::tests
