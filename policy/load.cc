#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "crypto/hash.h"
#include "policy/draft.h"

namespace sluis::policy {
namespace {

constexpr std::size_t largest_file = std::size_t{4} << 20U;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Loaded only_error(std::string_view file, std::string message) {
  Loaded loaded;
  loaded.errors.push_back({std::string(file), 0, 0, std::move(message)});
  return loaded;
}

std::string too_large() {
  return "larger than " + std::to_string(largest_file) + " bytes";
}

// Reads at most one byte more than is allowed. False on an error of the system.
bool read_whole(int fd, std::string& text) {
  text.resize(largest_file + 1);
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(fd, text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return true;
}

}  // namespace

Loaded load_text(std::string_view text, std::string_view file_name) {
  if (text.size() > largest_file) return only_error(file_name, too_large());
  Problems problems(file_name);
  Draft draft(problems);
  if (const auto root = parse_toml(text, problems)) {
    load_purposes(*root, draft);
    load_principals(*root, draft);
    load_grants(*root, draft);
    load_budgets(*root, draft);
    if (!problems.failed()) warn_of_unused(draft);
  }
  Loaded loaded;
  loaded.errors = problems.errors();
  loaded.warnings = problems.warnings();
  if (problems.failed()) return loaded;
  draft.data.file = file_name;
  draft.data.digest = to_hex(sha256(bytes_of(text)));
  loaded.policy = std::make_shared<Rules>(std::move(draft.data));
  return loaded;
}

Loaded load_file(const std::string& path) {
  // O_NONBLOCK: a pipe in the file's place is refused, not waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return only_error(path, errno == ENOENT ? "no such file" : "cannot be opened");
  struct stat about {};
  if (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return only_error(path, "not a regular file");
  std::string text;
  if (!read_whole(file.get(), text)) return only_error(path, "cannot be read");
  Loaded loaded = load_text(text, path);
  if ((about.st_mode & S_IWOTH) != 0)
    loaded.warnings.insert(loaded.warnings.begin(), {path, 0, 0, "everybody on this machine can write this file"});
  return loaded;
}

}  // namespace sluis::policy
