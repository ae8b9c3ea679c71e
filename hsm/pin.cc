#include "hsm/pin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace sluis::hsm {

namespace {

constexpr std::size_t kMinPin = 4;
constexpr std::size_t kMaxPin = 255;

class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const noexcept { return fd_; }

 private:
  const int fd_;
};

// Fills `out` as far as it goes; more bytes than that are too many anyway.
Result<std::size_t> read_all(int fd, ByteSpan out) {
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t count = ::read(fd, out.data() + size, out.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{Code::invalid, "the PIN cannot be read from this descriptor"};
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  return size;
}

std::size_t without_newline(ByteView text) noexcept {
  std::size_t size = text.size();
  if (size > 0 && text[size - 1] == '\n') --size;
  if (size < text.size() && size > 0 && text[size - 1] == '\r') --size;
  return size;
}

Status check_file(int fd, mode_t forbidden, Literal advice) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Error{Code::invalid, "the PIN file cannot be examined"};
  if (!S_ISREG(info.st_mode)) return Error{Code::invalid, "the PIN file must be a regular file"};
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return Error{Code::invalid, "the PIN file must belong to the user who runs this, or to root"};
  }
  if ((info.st_mode & forbidden) != 0) return Error{Code::invalid, advice};
  return {};
}

Result<SecretKey> read_checked(const std::string& path, mode_t forbidden, Literal advice) {
  // O_NONBLOCK: opening a FIFO must not hang before it can be refused.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.fd() < 0 && errno == ELOOP) return Error{Code::invalid, "the PIN file must not be a symbolic link"};
  if (file.fd() < 0 && errno == ENOENT) return Error{Code::invalid, "there is no such PIN file"};
  if (file.fd() < 0) return Error{Code::invalid, "the PIN file cannot be opened"};
  if (Status status = check_file(file.fd(), forbidden, advice); !status) return status.error();
  return read_pin_fd(file.fd());
}

}  // namespace

Result<SecretKey> read_pin_fd(int fd) {
  auto buffer = SecretKey::make(kMaxPin + 3);  // CR, LF and one byte that shows that it is too long
  if (!buffer) return buffer.error();
  const auto size = read_all(fd, buffer->expose_secret_mutable());
  if (!size) return size.error();
  const ByteView read = buffer->expose_secret().first(*size);
  const ByteView pin = read.first(without_newline(read));
  if (pin.size() < kMinPin) return Error{Code::invalid, "the PIN is too short: it has 4 to 255 bytes"};
  if (pin.size() > kMaxPin) return Error{Code::invalid, "the PIN is too long: it has 4 to 255 bytes"};
  if (std::find(pin.begin(), pin.end(), 0) != pin.end())
    return Error{Code::invalid, "the PIN must not hold a zero byte"};
  return SecretKey::copy_of(pin);
}

Result<SecretKey> read_pin_file(const std::string& path) {
  return read_checked(path, S_IRWXG | S_IRWXO, "the PIN file is open to others: chmod 600 it");
}

Result<SecretKey> read_pin_credential(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    return Error{Code::invalid, "a credential's name is a plain file name"};
  }
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder != '/') {
    return Error{Code::invalid, "there are no systemd credentials: add LoadCredential= to the unit"};
  }
  return read_checked(std::string(folder) + "/" + name, S_IRWXO, "the credential is open to others");
}

}  // namespace sluis::hsm
