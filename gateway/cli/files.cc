#include "gateway/cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "gateway/cli/exit.h"

namespace sluis::cli {
namespace {

constexpr std::size_t kMaxDocument = 64U << 20U;

[[noreturn]] void fail_at(const std::string& path) {
  fail(Exit::local, path + ": " + std::strerror(errno));
}

std::size_t read_some(int fd, std::span<char> into, const std::string& path) {
  for (;;) {
    const ssize_t got = ::read(fd, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) fail_at(path);
  }
}

}  // namespace

SecretBuffer read_all(const std::string& path) {
  InputFile file(path);
  SecretBuffer out;
  std::vector<char, WipingAllocator<char>> piece(64U << 10U);
  for (std::size_t got = file.read(piece); got != 0; got = file.read(piece)) {
    if (out.size() + got > kMaxDocument) fail(Exit::invalid, path + ": more than 64 MiB");
    out.append(std::string_view(piece.data(), got));
  }
  return out;
}

InputFile::InputFile(const std::string& path)
    : path_(path), fd_(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_ < 0) fail_at(path_);
  struct stat about {};
  if (::fstat(fd_, &about) != 0) fail_at(path_);
  regular_ = S_ISREG(about.st_mode);
  if (!regular_) return;
  size_ = static_cast<std::uint64_t>(about.st_size);
  changed_ns_ = about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec;
}

InputFile::~InputFile() {
  ::close(fd_);
}

std::size_t InputFile::read(std::span<char> into) {
  return read_some(fd_, into, path_);
}

void InputFile::rewind() {
  if (::lseek(fd_, 0, SEEK_SET) != 0) fail_at(path_);
}

std::string InputFile::fingerprint() const {
  return std::filesystem::absolute(path_).string() + '|' + std::to_string(size_) + '|' + std::to_string(changed_ns_);
}

OutputFile::OutputFile(const std::string& path)
    : path_(path),
      fd_(path == "-" ? ::dup(STDOUT_FILENO) : ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)),
      own_and_empty_(path != "-") {
  if (fd_ < 0) fail_at(path_);
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (own_and_empty_) ::unlink(path_.c_str());
}

void OutputFile::write(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t put = ::write(fd_, piece.data(), piece.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_at(path_);
    own_and_empty_ = false;
    piece.remove_prefix(static_cast<std::size_t>(put));
  }
}

void OutputFile::close() {
  const int fd = fd_;
  fd_ = -1;
  if (::close(fd) != 0) fail_at(path_);
}

}  // namespace sluis::cli
