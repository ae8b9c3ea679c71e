#include "audit/file_ops.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sluis::audit {
namespace {

class SystemFiles final : public FileOps {
 public:
  int open(const std::string& path, int flags, mode_t mode) override {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    return fd < 0 ? -errno : fd;
  }
  int allocate(int fd, std::uint64_t size) override { return -::posix_fallocate(fd, 0, static_cast<off_t>(size)); }
  ssize_t write(int fd, const iovec* pieces, int count, std::uint64_t offset) override {
    const ssize_t written = ::pwritev(fd, pieces, count, static_cast<off_t>(offset));
    return written < 0 ? -errno : written;
  }
  int sync_data(int fd) override { return ::fdatasync(fd) == 0 ? 0 : -errno; }
  int sync_folder(const std::string& path) override {
    const File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return -errno;
    return ::fsync(folder.fd()) == 0 ? 0 : -errno;
  }
  int rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : -errno;
  }
};

}  // namespace

FileOps& system_files() noexcept {
  static SystemFiles files;
  return files;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

bool write_whole(FileOps& files, int fd, const void* data, std::size_t size, std::uint64_t offset) {
  const iovec piece = {const_cast<void*>(data), size};
  return files.write(fd, &piece, 1, offset) == static_cast<ssize_t>(size);
}

}  // namespace sluis::audit
