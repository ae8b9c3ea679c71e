// The file operations that durability rests on, behind one interface so that tests can break them one by one. Each
// returns what the system call does, with -errno in place of -1 and errno. Thread-safe.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <string>
#include <utility>

namespace sluis::audit {

class FileOps {
 public:
  FileOps() = default;
  FileOps(const FileOps&) = delete;
  FileOps& operator=(const FileOps&) = delete;
  virtual ~FileOps() = default;

  virtual int open(const std::string& path, int flags, mode_t mode) = 0;                    // O_CLOEXEC is added
  virtual int allocate(int fd, std::uint64_t size) = 0;                                     // posix_fallocate from 0
  virtual ssize_t write(int fd, const iovec* pieces, int count, std::uint64_t offset) = 0;  // pwritev
  virtual int sync_data(int fd) = 0;                                                        // fdatasync
  virtual int sync_folder(const std::string& path) = 0;                                     // fsync of a folder
  virtual int rename(const std::string& from, const std::string& to) = 0;
};

FileOps& system_files() noexcept;

// A file descriptor with an owner.
class File {
 public:
  File() = default;
  explicit File(int fd) noexcept : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~File();
  int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Writes all of it at once: false for an error and for a short write, which are the same to a log.
bool write_whole(FileOps& files, int fd, const void* data, std::size_t size, std::uint64_t offset);

}  // namespace sluis::audit
