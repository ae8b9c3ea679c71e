// A file in the age format (age-encryption.org/v1), written by the program `age`: plaintext goes to it through a pipe
// and nowhere else. The file appears under its name only when all of it is there and the program ended well; until then
// it is NAME.part, which is removed again. Throws Failure. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace sluis::cli {

class AgeFile {
 public:
  // `recipients`: file of age recipients (public keys), one a line. Never overwrites.
  AgeFile(const std::string& program, const std::string& recipients, std::string path);
  AgeFile(const AgeFile&) = delete;
  AgeFile& operator=(const AgeFile&) = delete;
  ~AgeFile();  // without close(): ends the program and removes what there is

  void write(std::string_view piece);
  // Waits for the program, syncs, and gives the file its name.
  void close();

 private:
  void start(const std::string& program, const std::string& recipients);
  int wait();

  std::string path_, part_;
  int out_ = -1;    // the .part file
  int input_ = -1;  // the pipe's end
  pid_t child_ = -1;
};

}  // namespace sluis::cli
