// Files of the command that hold plaintext of records: read into wiped memory, written for their owner alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crypto/secret.h"

namespace sluis::cli {

// The whole file, at most 64 MiB; "-" is standard input. Throws Failure.
SecretBuffer read_all(const std::string& path);

// A file that is read front to back; "-" is standard input. Throws Failure.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  std::size_t read(std::span<char> into);
  void rewind();  // throws for a pipe
  bool regular() const noexcept { return regular_; }
  std::uint64_t size() const noexcept { return size_; }  // 0 if it is no regular file
  // Tells this file's content from another's without reading it: path, size and time of change.
  std::string fingerprint() const;

 private:
  std::string path_;
  int fd_;
  bool regular_ = false;
  std::uint64_t size_ = 0;
  std::int64_t changed_ns_ = 0;
};

// "-" is standard output. Never overwrites: an existing file is a Failure. A file that was neither written to nor
// closed is removed again, so that a refused command can be repeated.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void write(std::string_view piece);
  void close();

 private:
  std::string path_;
  int fd_;
  bool own_and_empty_;  // made by us, nothing written
};

}  // namespace sluis::cli
