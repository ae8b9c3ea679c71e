#include "gateway/backups/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>

#include "audit/file_ops.h"

namespace sluis::gateway {
namespace {

using audit::File;
using Clock = std::chrono::steady_clock;
constexpr int kLookMs = 50;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// What the new process starts with: its three streams and nothing else that is open here, its own group, no signal
// held back.
class Setting {
 public:
  Setting(const Program& program, int complaints) {
    posix_spawn_file_actions_init(&actions_);
    stream(program.input, 0, O_RDONLY);
    stream(program.output, 1, O_WRONLY);
    posix_spawn_file_actions_adddup2(&actions_, complaints, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    posix_spawnattr_init(&attributes_);
    sigset_t none, usual;
    sigemptyset(&none);
    sigfillset(&usual);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  ~Setting() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  std::optional<pid_t> spawn(const Program& program) const {
    const auto argv = pointers(program.argv);
    const auto environment = pointers(program.environment);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, argv.front(), &actions_, &attributes_, argv.data(), environment.data());
    return error == 0 ? std::optional(pid) : std::nullopt;
  }

 private:
  void stream(int given, int number, int flags) {
    if (given >= 0) posix_spawn_file_actions_adddup2(&actions_, given, number);
    if (given < 0) posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", flags, 0);
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Reads on past the bound, so that the program never waits for its reader.
class Complaints {
 public:
  explicit Complaints(File end) : end_(std::move(end)) {}

  void look(int milliseconds) {
    pollfd what{open_ ? end_.fd() : -1, POLLIN, 0};
    if (poll(&what, 1, milliseconds) <= 0) return;
    std::array<char, 1024> piece{};
    const ssize_t got = read(end_.fd(), piece.data(), piece.size());
    if (got <= 0) open_ = got < 0 && (errno == EINTR || errno == EAGAIN);
    for (ssize_t i = 0; i < got && text_.size() < kMaxComplaint; ++i) {
      const char c = piece[static_cast<std::size_t>(i)];
      text_ += c == '\n' ? ' ' : c >= ' ' && c < 0x7f ? c : '?';
    }
  }
  bool open() const noexcept { return open_; }
  const std::string& text() const noexcept { return text_; }

 private:
  File end_;
  bool open_ = true;
  std::string text_;
};

void kill_group(pid_t pid) noexcept {
  kill(-pid, SIGKILL);
}

// The exit status as the kernel gives it; -1 after a kill of ours.
int wait_for(pid_t pid, const Program& program, const std::stop_token& stop, Complaints& complaints) {
  const auto deadline = Clock::now() + program.limit;
  int status = 0;
  for (;;) {
    complaints.look(kLookMs);
    if (waitpid(pid, &status, WNOHANG) == pid) break;
    if (!stop.stop_requested() && Clock::now() < deadline) continue;
    kill_group(pid);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return -1;
  }
  kill_group(pid);  // whatever it has left behind
  for (int i = 0; i < 64 && complaints.open(); ++i) complaints.look(1);
  return status;
}

}  // namespace

Status run_program(const Program& program, const std::stop_token& stop, const OnComplaint& on_complaint) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error{Code::unavailable, "no pipe can be made for a program"};
  Complaints complaints{File(ends[0])};
  std::optional<pid_t> pid;
  {
    const File their_end(ends[1]);
    pid = Setting(program, their_end.fd()).spawn(program);
  }
  if (!pid) return Error{Code::not_found, "a program that the configuration names cannot be run"};
  const int status = wait_for(*pid, program, stop, complaints);
  if (!complaints.text().empty() && on_complaint) on_complaint(complaints.text());
  if (status == -1) {
    return stop.stop_requested() ? Error{Code::unavailable, "stopped"}
                                 : Error{Code::unavailable, "a program was killed: its time was over"};
  }
  if (!WIFEXITED(status)) return Error{Code::unavailable, "a program was ended by a signal"};
  if (WEXITSTATUS(status) == 127) return Error{Code::not_found, "a program that the configuration names cannot be run"};
  if (WEXITSTATUS(status) != 0) return Error{Code::unavailable, "a program failed: the operational log has its words"};
  return {};
}

std::vector<std::string> program_environment() {
  std::vector<std::string> out{"LC_ALL=C"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool libpq = text.starts_with("PG") && !text.starts_with("PGPASSWORD=") && !text.starts_with("PGPASSFILE=");
    if (libpq || text.starts_with("PATH=") || text.starts_with("HOME=")) out.emplace_back(text);
  }
  return out;
}

}  // namespace sluis::gateway
