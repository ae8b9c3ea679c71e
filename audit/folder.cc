#include "audit/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "audit/catalog.h"

namespace sluis::audit {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr Error kUnwritable{Code::unavailable, "the audit log's folder cannot be written"};
constexpr Error kUnreadable{Code::unavailable, "the audit log's folder cannot be read"};

struct FolderCloser {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/', path.find_last_not_of('/'));
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status make_folder(FileOps& files, const std::string& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) == 0) {
    if (files.sync_folder(parent_of(folder)) != 0) return kUnwritable;
  } else if (errno != EEXIST) {
    return Error{Code::unavailable, "the audit log's folder cannot be made"};
  }
  if (::chmod(folder.c_str(), kFolderMode) != 0) return kUnwritable;
  return {};
}

// As many bytes as there are, up to `size`.
Result<std::size_t> read_fully(int fd, std::uint8_t* to, std::size_t size, std::uint64_t from) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, to + done, size - done, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return kUnreadable;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool write_zeros(FileOps& files, int fd, std::uint64_t bytes) {
  static constexpr std::size_t kPiece = 1U << 20U;
  const std::vector<std::uint8_t> zeros(std::min<std::uint64_t>(bytes, kPiece));
  for (std::uint64_t at = 0; at < bytes; at += zeros.size()) {
    if (!write_whole(files, fd, zeros.data(), std::min<std::uint64_t>(zeros.size(), bytes - at), at)) return false;
  }
  return true;
}

}  // namespace

std::string path_in(const std::string& folder, std::string_view name) {
  std::string path = folder;
  return path.append("/").append(name);
}

Result<File> lock_folder(FileOps& files, const std::string& folder) {
  const Status made = make_folder(files, folder);
  if (!made) return made.error();
  File lock(files.open(path_in(folder, kLockName), O_RDWR | O_CREAT, kFileMode));
  if (!lock) return kUnwritable;
  if (::flock(lock.fd(), LOCK_EX | LOCK_NB) == 0) return lock;
  return Error{Code::conflict, "the audit log is in use by another process"};
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& folder) {
  const std::unique_ptr<DIR, FolderCloser> open(::opendir(folder.c_str()));
  if (open == nullptr) return kUnreadable;
  std::vector<std::uint64_t> firsts;
  while (const dirent* const file = ::readdir(open.get())) {
    if (const auto first = first_of_segment(file->d_name)) firsts.push_back(*first);
  }
  std::sort(firsts.begin(), firsts.end());
  return firsts;
}

Result<std::optional<std::string>> read_small_file(const std::string& path, std::size_t limit) {
  const File file(system_files().open(path, O_RDONLY, 0));
  if (!file) {
    if (file.fd() == -ENOENT) return std::optional<std::string>();
    return kUnreadable;
  }
  struct stat about {};
  if (::fstat(file.fd(), &about) != 0) return kUnreadable;
  std::string text(std::min(limit, static_cast<std::size_t>(about.st_size)) + 1, '\0');
  const auto size = read_fully(file.fd(), reinterpret_cast<std::uint8_t*>(text.data()), text.size(), 0);
  if (!size) return size.error();
  if (*size == text.size()) return Error{Code::corrupt, "a file of the audit log is larger than it may be"};
  text.resize(*size);
  return std::optional<std::string>(std::move(text));
}

Result<Image> read_image(const std::string& path, std::uint64_t from, std::size_t size) {
  const File file(system_files().open(path, O_RDONLY, 0));
  struct stat about {};
  if (!file || ::fstat(file.fd(), &about) != 0) return kUnreadable;
  Image image{std::make_unique_for_overwrite<std::uint8_t[]>(size), size, static_cast<std::uint64_t>(about.st_size)};
  const auto got = read_fully(file.fd(), image.data.get(), size, from);
  if (!got) return got.error();
  std::fill(image.data.get() + *got, image.data.get() + size, std::uint8_t{0});
  return image;
}

Result<SegmentHeader> read_segment_header(const std::string& folder, std::uint64_t first, const Digest* origin) {
  const auto image = read_image(path_in(folder, segment_name(first)), 0, kHeaderSize);
  if (!image) return image.error();
  auto header = parse_segment_header(image->view());
  if (!header) return header;
  if (header->first() != first) return Error{Code::corrupt, "the segment stands under another's name"};
  if (origin != nullptr && header->origin != *origin) return Error{Code::corrupt, "the segment is of another log"};
  return header;
}

Result<File> make_blank(FileOps& files, const std::string& folder, std::uint64_t bytes) {
  File file(files.open(path_in(folder, kBlankName), O_RDWR | O_CREAT | O_TRUNC, kFileMode));
  if (!file || files.allocate(file.fd(), bytes) != 0) return kUnwritable;
  // Written, not only allocated: an overwrite needs no change of the file system's own records, so a sync is one write.
  if (!write_zeros(files, file.fd(), bytes) || files.sync_data(file.fd()) != 0) return kUnwritable;
  return file;
}

Status publish_segment(FileOps& files, const std::string& folder, const File& blank, const SegmentHeader& header) {
  const Bytes bytes = encode(header);
  const bool written =
      write_whole(files, blank.fd(), bytes.data(), bytes.size(), 0) && files.sync_data(blank.fd()) == 0;
  const std::string path = path_in(folder, segment_name(header.first()));
  if (!written || files.rename(path_in(folder, kBlankName), path) != 0) return kUnwritable;
  if (files.sync_folder(folder) != 0) return kUnwritable;
  return {};
}

Result<SegmentHeader> new_header(const Digest& origin, std::uint64_t bytes, const Frontier& before) {
  SegmentHeader header{bytes, origin, {}, before};
  const Status drawn = random_bytes(header.id);
  if (!drawn) return drawn.error();
  return header;
}

Status replace_file(FileOps& files, const std::string& folder, std::string_view temporary,
                    std::string_view name_of_file, std::string_view contents) {
  const std::string from = path_in(folder, temporary);
  const File file(files.open(from, O_WRONLY | O_CREAT | O_TRUNC, kFileMode));
  if (!file || !write_whole(files, file.fd(), contents.data(), contents.size(), 0)) return kUnwritable;
  if (files.sync_data(file.fd()) != 0 || files.rename(from, path_in(folder, name_of_file)) != 0) return kUnwritable;
  if (files.sync_folder(folder) != 0) return kUnwritable;
  return {};
}

}  // namespace sluis::audit
