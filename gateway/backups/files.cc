#include "gateway/backups/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>

namespace sluis::gateway {
namespace {

namespace fs = std::filesystem;
using audit::File;

constexpr Error kDisk{Code::unavailable, "the backup folder cannot be written: full, failing or not allowed"};
constexpr std::size_t kPiece = std::size_t{1} << 20U;

std::string in(const std::string& folder, std::string_view name) {
  return (fs::path(folder) / name).string();
}

Status sync_folder(const std::string& path) {
  return audit::system_files().sync_folder(path) == 0 ? Status() : kDisk;
}

Status make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return {};
  return errno == EEXIST ? Error{Code::conflict, "the folder is there already"} : kDisk;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t done = write(fd, data, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    data += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

struct Freed {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

Result<Staging> Staging::make(const std::string& parent, std::string_view prefix, std::string_view id) {
  if (const auto made = make_folder(parent); !made && made.error().code != Code::conflict) return made.error();
  std::string folder = in(parent, std::string(prefix) + std::string(id));
  if (const auto made = make_folder(folder); !made) return made.error();
  return Staging(parent, std::move(folder));
}

Staging::Staging(Staging&& other) noexcept
    : parent_(std::move(other.parent_)), folder_(std::exchange(other.folder_, {})) {}

Staging::~Staging() {
  if (folder_.empty()) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Staging::path(std::string_view name) const {
  return in(folder_, name);
}

Status Staging::publish(std::string_view name) {
  if (const auto synced = sync_folder(folder_); !synced) return synced;
  const std::string target = in(parent_, name);
  if (fs::exists(target)) return Error{Code::conflict, "the generation is there already"};
  if (audit::system_files().rename(folder_, target) != 0) return kDisk;
  folder_.clear();
  return sync_folder(parent_);
}

void remove_leftovers(const std::string& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with(".part-") || name.starts_with(".drill-") || name.starts_with(".gone-");
    if (ours) fs::remove_all(entry.path(), ignored);
  }
}

Result<File> make_file(const std::string& path) {
  File file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return errno == EEXIST ? Error{Code::conflict, "the file is there already"} : kDisk;
  return file;
}

Result<File> open_file(const std::string& path) {
  File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file) return file;
  if (errno == ENOENT || errno == ENOTDIR) return Error{Code::not_found, "a file of the backup is missing"};
  return Error{Code::unavailable, "a file of the backup cannot be read"};
}

Status sync_file(const File& file) {
  return fsync(file.fd()) == 0 ? Status() : kDisk;
}

Status write_file(const std::string& path, std::string_view contents) {
  const auto file = make_file(path);
  if (!file) return file.error();
  if (!write_all(file->fd(), contents.data(), contents.size())) return kDisk;
  return sync_file(*file);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const auto file = open_file(path);
  if (!file) return file.error();
  struct stat about {};
  if (fstat(file->fd(), &about) != 0) return Error{Code::unavailable, "a file of the backup cannot be read"};
  if (static_cast<std::uint64_t>(about.st_size) > limit)
    return Error{Code::corrupt, "a file of the backup is too large"};
  std::string out(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t got = read(file->fd(), out.data() + at, out.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{Code::unavailable, "a file of the backup cannot be read"};
    at += static_cast<std::size_t>(got);
  }
  return out;
}

Status copy_file(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error == std::errc::no_such_file_or_directory) return Error{Code::not_found, "a file of the backup is missing"};
  if (error) return kDisk;
  return chmod(to.c_str(), 0600) == 0 ? Status() : kDisk;
}

Result<Measured> measure(const std::string& path) {
  const auto file = open_file(path);
  if (!file) return file.error();
  const std::unique_ptr<EVP_MD_CTX, Freed> context(EVP_MD_CTX_new());
  const auto piece = std::make_unique<std::array<char, kPiece>>();
  Measured out;
  bool sound = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  while (sound) {
    const ssize_t got = read(file->fd(), piece->data(), piece->size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Code::unavailable, "a file of the backup cannot be read"};
    if (got == 0) break;
    out.bytes += static_cast<std::uint64_t>(got);
    sound = EVP_DigestUpdate(context.get(), piece->data(), static_cast<std::size_t>(got)) == 1;
  }
  if (!sound || EVP_DigestFinal_ex(context.get(), out.sha256.data(), nullptr) != 1) {
    return Error{Code::internal, "SHA-256 failed"};
  }
  return out;
}

Status remove_generation(const std::string& parent, std::string_view id) {
  const std::string gone = in(parent, ".gone-" + std::string(id));
  // Renamed first, so that a generation never stands there in part.
  const int renamed = audit::system_files().rename(in(parent, id), gone);
  if (renamed != 0 && renamed != -ENOENT) return kDisk;
  std::error_code error;
  fs::remove_all(gone, error);
  return error ? kDisk : sync_folder(parent);
}

}  // namespace sluis::gateway
