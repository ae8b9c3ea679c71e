// A temporary PostgreSQL cluster for a test program, made by tests/support/postgres.sh (which see) and ended with the
// object, or with the process. Header-only, so that any suite may include it; needs SLUIS_SOURCE_DIR.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace sluis::test {

class PostgresCluster {
 public:
  PostgresCluster() {
    const std::string printed = run("--watch " + std::to_string(::getpid()));
    dir_ = variable(printed, "PG_DIR");
    socket_dsn_ = variable(printed, "PG_SOCKET_DSN");
    tls_dsn_ = variable(printed, "PG_TLS_DSN");
    open_dsn_ = variable(printed, "PG_OPEN_DSN");
  }
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;
  ~PostgresCluster() {
    if (std::system(command("--stop " + dir_).c_str()) != 0) std::fputs("a test cluster was not stopped\n", stderr);
  }

  const std::string& socket_dsn() const noexcept { return socket_dsn_; }
  const std::string& tls_dsn() const noexcept { return tls_dsn_; }    // sslmode=verify-full
  const std::string& open_dsn() const noexcept { return open_dsn_; }  // sslmode=disable: refused by the server

  // Stops the server as a crash does, and starts it again.
  void halt() const { run("--halt " + dir_); }
  void resume() const { run("--resume " + dir_); }

 private:
  static std::string command(const std::string& arguments) {
    std::string command = SLUIS_SOURCE_DIR "/tests/support/postgres.sh ";
    return command.append(arguments);
  }

  static std::string run(const std::string& arguments) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command(arguments).c_str(), "r"), &::pclose);
    if (!pipe) throw std::runtime_error("tests/support/postgres.sh cannot be run");
    std::string out;
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) out += buffer.data();
    return out;
  }

  // The value of NAME='value' in the script's answer.
  static std::string variable(const std::string& printed, const std::string& name) {
    const std::string start = name + "='";
    const std::size_t at = printed.find(start);
    if (at == std::string::npos) throw std::runtime_error("tests/support/postgres.sh failed");
    const std::size_t from = at + start.size();
    return printed.substr(from, printed.find('\'', from) - from);
  }

  std::string dir_;
  std::string socket_dsn_;
  std::string tls_dsn_;
  std::string open_dsn_;
};

}  // namespace sluis::test
