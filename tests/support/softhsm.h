// A SoftHSM token for tests: its own folder, its own configuration named by SOFTHSM2_CONF, random PINs, removed at the
// end. SOFTHSM2_CONF belongs to the process, so a process has one such token at a time; programs it starts inherit it.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "hsm/config.h"

namespace sluis::test {

struct SoftHsmToken {
  std::string module_path = find_module();
  std::string label = "sluis-test";
  std::string pin = random_digits();
  std::string so_pin = random_digits();
  std::filesystem::path dir;  // holds softhsm2.conf and tokens/

  enum class Token { initialised, absent };

  // Throws where SoftHSM is not installed or does not work: a test cannot go on then. See available().
  explicit SoftHsmToken(Token token = Token::initialised) {
    std::string name = (scratch() / "sluis-softhsm-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    dir = name;
    std::filesystem::create_directory(tokens());
    std::ofstream(conf()) << "directories.tokendir = " << tokens().string() << "\nobjectstore.backend = file\n"
                          << "log.level = ERROR\nslots.removable = false\n";
    ::setenv("SOFTHSM2_CONF", conf().c_str(), 1);
    if (token == Token::initialised) initialise();
  }
  SoftHsmToken(const SoftHsmToken&) = delete;
  SoftHsmToken& operator=(const SoftHsmToken&) = delete;
  ~SoftHsmToken() {
    ::unsetenv("SOFTHSM2_CONF");
    std::error_code ignored;
    std::filesystem::remove_all(dir, ignored);
    std::filesystem::remove_all(dir.string() + ".away", ignored);
  }

  static bool available() { return !find_module().empty(); }
  static std::string installed_module() { return find_module(); }

  std::filesystem::path conf() const { return dir / "softhsm2.conf"; }
  std::filesystem::path tokens() const { return dir / "tokens"; }

  // The token disappears, and comes back.
  void move_away() const { std::filesystem::rename(tokens(), dir.string() + ".away"); }
  void move_back() const { std::filesystem::rename(dir.string() + ".away", tokens()); }

  // How a Pkcs11Token reaches it: short pauses, so that tests need not wait, and much patience, so that a loaded
  // machine fails none.
  hsm::Pkcs11Config config() const {
    hsm::Pkcs11Config config;
    config.module_path = module_path;
    config.token_label = label;
    config.profile = *hsm::builtin_profile("softhsm");
    config.session_wait = std::chrono::minutes(2);
    config.backoff_first = std::chrono::milliseconds(1);
    config.backoff_max = std::chrono::milliseconds(20);
    return config;
  }

  // Runs a program with the given arguments, its output discarded; its exit status, or -1.
  static int run(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (error != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
  }

 private:
  // SoftHSM syncs every file it writes: memory is quicker than a disk, and what is tested here is not the disk.
  static std::filesystem::path scratch() {
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK | X_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }

  static std::string find_module() {
    for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                             "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"}) {
      if (std::filesystem::exists(path)) return path;
    }
    return {};
  }

  static std::string random_digits() {
    unsigned char raw[16];
    if (::getrandom(raw, sizeof raw, 0) != sizeof raw) throw std::runtime_error("no random bytes");
    std::string digits;
    for (const unsigned char byte : raw) digits.push_back(static_cast<char>('0' + byte % 10));
    return digits;
  }

  // The PINs of a throw-away token may stand in an argument list; no program of Sluis takes them so.
  void initialise() const {
    const int status = run({"softhsm2-util", "--module", module_path, "--init-token", "--free", "--label", label,
                            "--so-pin", so_pin, "--pin", pin});
    if (status != 0) throw std::runtime_error("softhsm2-util cannot initialise a token");
  }
};

}  // namespace sluis::test
