#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support.h"

namespace sluis::policy {
namespace {

class LoadFile : public testing::Test {
 protected:
  LoadFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluis-policy-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~LoadFile() override { std::filesystem::remove_all(folder); }
  std::string write(const std::string& text) const {
    const std::string path = folder / "policy.toml";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::filesystem::path folder;
};

TEST_F(LoadFile, IsLoadTextOfItsBytes) {
  const std::string path = write(std::string(small_policy));
  const Loaded loaded = load_file(path);
  EXPECT_EQ(all_text(loaded.errors), "");
  ASSERT_NE(loaded.policy, nullptr);
  EXPECT_EQ(loaded.policy->digest(), load_good(small_policy)->digest());
}

TEST_F(LoadFile, ErrorsNameThePath) {
  const std::string path = write("x = 1\n");
  EXPECT_EQ(all_text(load_file(path).errors), path + ":1:1: unknown key 'x' in the policy\n");
}

TEST_F(LoadFile, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  const std::string absent = folder / "absent";
  EXPECT_EQ(all_text(load_file(absent).errors), absent + ": no such file\n");
  EXPECT_EQ(all_text(load_file(folder).errors), folder.string() + ": not a regular file\n");
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(all_text(load_file(pipe).errors), pipe + ": not a regular file\n");
  EXPECT_EQ(load_file("/dev/zero").errors.size(), 1U);
}

TEST_F(LoadFile, OverTheLimitIsRefused) {
  const std::string path = write(std::string((std::size_t{4} << 20U) + 1, '\n'));
  EXPECT_EQ(all_text(load_file(path).errors), path + ": larger than 4194304 bytes\n");
}

TEST_F(LoadFile, AFileThatAnybodyCanWriteIsWarnedOf) {
  const std::string path = write("");
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(all_text(load_file(path).warnings), path + ": everybody on this machine can write this file\n");
  ASSERT_EQ(::chmod(path.c_str(), 0664), 0);
  EXPECT_EQ(all_text(load_file(path).warnings), "");
}

}  // namespace
}  // namespace sluis::policy
