#include "gateway/cli/age_file.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "gateway/cli/exit.h"

namespace sluis::cli {
namespace {

[[noreturn]] void fail_at(const std::string& what) {
  fail(Exit::local, what + ": " + std::strerror(errno));
}

// The program gets the pipe and the file, and no other descriptor of ours: they are all close-on-exec.
class Actions {
 public:
  Actions(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail_at(folder);
  const int synced = ::fsync(fd);
  ::close(fd);
  if (synced != 0) fail_at(folder);
}

}  // namespace

AgeFile::AgeFile(const std::string& program, const std::string& recipients, std::string path)
    : path_(std::move(path)), part_(path_ + ".part") {
  if (::access(path_.c_str(), F_OK) == 0) fail(Exit::local, path_ + " exists");
  if (::access(recipients.c_str(), R_OK) != 0) fail_at(recipients);
  out_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out_ < 0) fail_at(part_);
  try {
    start(program, recipients);
  } catch (const Failure&) {
    ::close(out_);
    ::unlink(part_.c_str());
    throw;
  }
}

void AgeFile::start(const std::string& program, const std::string& recipients) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail_at("a pipe to " + program);
  // A program that ended is an error of write(), not the end of this one.
  std::signal(SIGPIPE, SIG_IGN);
  const Actions actions(ends[0], out_);
  std::string words[] = {program, "--encrypt", "--recipients-file", recipients};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  const int error = ::posix_spawnp(&child_, program.c_str(), actions.get(), nullptr, arguments, environ);
  ::close(ends[0]);
  input_ = ends[1];
  if (error == 0) return;
  ::close(input_);
  errno = error;
  fail_at(program + " cannot be started (Debian package age)");
}

AgeFile::~AgeFile() {
  if (child_ < 0) return;
  // First the program: at the pipe's end it would close a file that is sound but too short.
  ::kill(child_, SIGKILL);
  ::close(input_);
  wait();
  ::close(out_);
  ::unlink(part_.c_str());
}

int AgeFile::wait() {
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0) {
    if (errno != EINTR) fail_at("age");
  }
  return status;
}

void AgeFile::write(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t put = ::write(input_, piece.data(), piece.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(Exit::local, "age ended early: see what it printed");
    piece.remove_prefix(static_cast<std::size_t>(put));
  }
}

void AgeFile::close() {
  ::close(input_);
  const int status = wait();
  child_ = -1;
  const bool sound = WIFEXITED(status) && WEXITSTATUS(status) == 0 && ::fsync(out_) == 0;
  ::close(out_);
  if (!sound) ::unlink(part_.c_str());
  if (!sound) fail(Exit::local, "age failed: see what it printed");
  if (::link(part_.c_str(), path_.c_str()) != 0) {  // unlike rename, it replaces nothing
    ::unlink(part_.c_str());
    fail_at(path_);
  }
  ::unlink(part_.c_str());
  sync_folder_of(path_);
}

}  // namespace sluis::cli
