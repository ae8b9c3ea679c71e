// Runs the fuzz target over its corpus and over damaged copies of it, from a fixed seed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& text) {
  EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), 0);
}

TEST(PolicyFuzz, CorpusAndDamagedCopies) {
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SLUIS_SOURCE_DIR "/tests/fuzz/policy/corpus")) {
    std::stringstream read;
    read << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    const std::string text = read.str();
    run(text);
    ++files;
    for (int i = 0; i < 200 && !text.empty(); ++i) {
      std::string damaged = text;
      damaged[below(damaged.size())] = static_cast<char>(below(256));
      damaged.erase(below(damaged.size()), below(8));
      damaged.insert(below(damaged.size() + 1), text.substr(below(text.size()), below(60)));
      run(damaged);
    }
  }
  EXPECT_GE(files, 5);
}

}  // namespace
