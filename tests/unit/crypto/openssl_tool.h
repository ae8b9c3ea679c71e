// The OpenSSL command line over files of a temporary folder: a second opinion on every format that leaves the house.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "crypto/bytes.h"

namespace sluis::test {

class OpensslTool {
 public:
  OpensslTool();
  OpensslTool(const OpensslTool&) = delete;
  OpensslTool& operator=(const OpensslTool&) = delete;
  ~OpensslTool();

  void write(const std::string& file, ByteView bytes) const;
  void write(const std::string& file, std::string_view text) const { write(file, bytes_of(text)); }
  std::string read(const std::string& file) const;  // empty if it is not there
  Bytes read_bytes(const std::string& file) const;

  // Runs `openssl ARGUMENTS` in the folder, through the shell. True if it succeeded; what it printed is in output().
  bool run(const std::string& arguments);
  const std::string& output() const { return output_; }

 private:
  std::filesystem::path folder_;
  std::string output_;
};

}  // namespace sluis::test
