#include "openssl_tool.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sluis::test {

OpensslTool::OpensslTool() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluis-openssl-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
}

OpensslTool::~OpensslTool() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void OpensslTool::write(const std::string& file, ByteView bytes) const {
  std::ofstream out(folder_ / file, std::ios::binary);
  out << text_of(bytes);
}

std::string OpensslTool::read(const std::string& file) const {
  std::ifstream in(folder_ / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Bytes OpensslTool::read_bytes(const std::string& file) const {
  const std::string text = read(file);
  return {text.begin(), text.end()};
}

bool OpensslTool::run(const std::string& arguments) {
  const std::string command = "cd '" + folder_.string() + "' && openssl " + arguments + " </dev/null >tool.output 2>&1";
  const int status = std::system(command.c_str());
  output_ = read("tool.output");
  return status == 0;
}

}  // namespace sluis::test
