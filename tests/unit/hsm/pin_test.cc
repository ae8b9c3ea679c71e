#include "hsm/pin.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sluis::hsm {
namespace {

class Pin : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sluis-pin-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    ::unsetenv("CREDENTIALS_DIRECTORY");
    std::filesystem::remove_all(folder_);
  }
  std::string file(std::string_view text, mode_t mode = 0600) {
    const std::string path = folder_ / "pin";
    std::ofstream(path, std::ios::binary) << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string text(const Result<SecretKey>& pin) {
    return pin ? std::string(text_of(pin->expose_secret())) : "error: " + std::string(pin.error().what.view());
  }
  static bool refused(const Result<SecretKey>& pin) { return !pin && pin.error().code == Code::invalid; }

  std::filesystem::path folder_;
};

TEST_F(Pin, LosesOneNewlineAndNothingElse) {
  EXPECT_EQ(text(read_pin_file(file("123456"))), "123456");
  EXPECT_EQ(text(read_pin_file(file("123456\n"))), "123456");
  EXPECT_EQ(text(read_pin_file(file("123456\r\n"))), "123456");
  EXPECT_EQ(text(read_pin_file(file("123456\n\n"))), "123456\n");
  EXPECT_EQ(text(read_pin_file(file("123456\r"))), "123456\r");
  EXPECT_EQ(text(read_pin_file(file(" 12 34 \n"))), " 12 34 ");
}

TEST_F(Pin, HasFourTo255Bytes) {
  for (const std::size_t size : {0U, 1U, 3U, 256U, 257U, 258U, 259U, 5000U}) {
    EXPECT_TRUE(refused(read_pin_file(file(std::string(size, '7'))))) << size;
    EXPECT_TRUE(refused(read_pin_file(file(std::string(size, '7') + "\n")))) << size;
  }
  for (const std::size_t size : {4U, 255U}) {
    EXPECT_EQ(text(read_pin_file(file(std::string(size, '7')))), std::string(size, '7'));
    EXPECT_EQ(text(read_pin_file(file(std::string(size, '7') + "\r\n"))), std::string(size, '7'));
  }
}

TEST_F(Pin, HoldsNoZeroByte) {
  EXPECT_TRUE(refused(read_pin_file(file(std::string("12\0456", 6)))));
}

TEST_F(Pin, FileMustBeClosedToOthers) {
  for (const mode_t mode : {0400U, 0600U, 0700U}) EXPECT_EQ(text(read_pin_file(file("123456", mode))), "123456");
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U, 0620U, 0601U, 0610U}) {
    EXPECT_EQ(text(read_pin_file(file("123456", mode))), "error: the PIN file is open to others: chmod 600 it") << mode;
  }
}

TEST_F(Pin, FileMustBelongToTheCallerOrRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const std::string path = file("123456");
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  EXPECT_TRUE(refused(read_pin_file(path)));
}

TEST_F(Pin, FileMustBeARegularFile) {
  const std::string link = folder_ / "link";
  std::filesystem::create_symlink(file("123456"), link);
  EXPECT_EQ(text(read_pin_file(link)), "error: the PIN file must not be a symbolic link");
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(text(read_pin_file(fifo)), "error: the PIN file must be a regular file");
  EXPECT_TRUE(refused(read_pin_file(folder_)));
  EXPECT_TRUE(refused(read_pin_file("/dev/null")));
  EXPECT_EQ(text(read_pin_file(folder_ / "absent")), "error: there is no such PIN file");
}

TEST_F(Pin, ComesFromADescriptor) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "12", 2), 2);
  ASSERT_EQ(::write(ends[1], "3456\n", 5), 5);
  ::close(ends[1]);
  EXPECT_EQ(text(read_pin_fd(ends[0])), "123456");
  EXPECT_EQ(::close(ends[0]), 0) << "the descriptor stays the caller's";
  EXPECT_TRUE(refused(read_pin_fd(ends[0])));
  EXPECT_TRUE(refused(read_pin_fd(-1)));
}

TEST_F(Pin, ComesFromACredential) {
  EXPECT_TRUE(refused(read_pin_credential("pin"))) << "without the variable";
  file("123456\n", 0440);  // as systemd shows a file with an access list
  ::setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_EQ(text(read_pin_credential("pin")), "123456");
  for (const char* name : {"", ".", "..", "../pin", "/etc/hostname", "a/pin"}) {
    EXPECT_TRUE(refused(read_pin_credential(name))) << name;
  }
  file("123456\n", 0444);
  EXPECT_TRUE(refused(read_pin_credential("pin")));
  ::setenv("CREDENTIALS_DIRECTORY", "relative", 1);
  EXPECT_TRUE(refused(read_pin_credential("pin")));
}

}  // namespace
}  // namespace sluis::hsm
