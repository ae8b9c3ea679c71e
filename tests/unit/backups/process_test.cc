#include "gateway/backups/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "gateway/backups/files.h"
#include "tests/unit/gateway_records/world.h"

namespace sluis::gateway {
namespace {

using std::chrono::seconds;

Program shell(const std::string& script) {
  Program out;
  out.argv = {"/bin/sh", "-c", script};
  out.environment = program_environment();
  out.limit = seconds(20);
  return out;
}

std::string said;
Status run(const Program& program, const std::stop_token& stop = {}) {
  said.clear();
  return run_program(program, stop, [](const std::string& text) { said = text; });
}

TEST(Process, TakesAndGivesBytesAndKeepsItsWords) {
  const test::Folder folder;
  const std::string in = (folder.path() / "in").string(), out = (folder.path() / "out").string();
  ASSERT_TRUE(write_file(in, "the bytes"));
  {
    const auto input = open_file(in);
    const auto output = make_file(out);
    Program program = shell("cat; echo words >&2");
    program.input = input->fd();
    program.output = output->fd();
    ASSERT_TRUE(run(program));
  }
  EXPECT_EQ(*read_file(out, 100), "the bytes");
  EXPECT_EQ(said, "words ");
}

TEST(Process, FailsWithItsStatusItsSignalAndItsAbsence) {
  EXPECT_EQ(run(shell("exit 3")).error().code, Code::unavailable);
  EXPECT_EQ(run(shell("kill -9 $$")).error().code, Code::unavailable);
  Program missing = shell("");
  missing.argv = {"/nowhere/program"};
  EXPECT_EQ(run(missing).error().code, Code::not_found);
}

TEST(Process, IsKilledWithItsChildrenWhenItsTimeIsOver) {
  const test::Folder folder;
  const std::string mark = (folder.path() / "mark").string();
  Program program = shell("(sleep 3; touch " + mark + ") & sleep 600");
  program.limit = seconds(1);
  EXPECT_EQ(run(program).error().what.view(), "a program was killed: its time was over");
  std::this_thread::sleep_for(seconds(4));
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST(Process, IsKilledByAStop) {
  std::stop_source source;
  const std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.request_stop();
  });
  EXPECT_EQ(run(shell("sleep 600"), source.get_token()).error().what.view(), "stopped");
}

TEST(Process, WordsAreBoundedAndHaveNoControlCharacters) {
  ASSERT_TRUE(run(shell("head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; printf '\\033[31m' >&2")));
  EXPECT_EQ(said.size(), kMaxComplaint);
  ASSERT_TRUE(run(shell("printf '\\033[31m' >&2")));
  EXPECT_EQ(said, "?[31m");
}

TEST(Process, InheritsNeitherDescriptorsNorPasswords) {
  const int inherited = open("/etc/passwd", O_RDONLY);  // without O_CLOEXEC
  setenv("PGPASSWORD", "secret-word", 1);
  setenv("OTHER_SECRET", "secret-word", 1);
  setenv("PGSSLROOTCERT", "/ca.pem", 1);
  ASSERT_TRUE(run(shell("ls /proc/self/fd | wc -l >&2; env >&2")));
  close(inherited);
  unsetenv("PGPASSWORD");
  unsetenv("OTHER_SECRET");
  EXPECT_THAT(said, ::testing::StartsWith("4 "));  // three and that of ls itself
  EXPECT_THAT(said, ::testing::Not(::testing::HasSubstr("secret-word")));
  EXPECT_THAT(said, ::testing::HasSubstr("PGSSLROOTCERT=/ca.pem"));
  unsetenv("PGSSLROOTCERT");
}

}  // namespace
}  // namespace sluis::gateway
