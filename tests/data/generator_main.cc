// register-generator: writes a made-up register of diplomas to standard output, in constant memory.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "tests/data/diploma.h"
#include "tests/data/writer.h"

namespace {

using sluis::registry::Format;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t first = 1;
  std::uint64_t count = 1000;
  Format format = Format::ndjson;
  std::string markers;
};

bool write_all(std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const auto wrote = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  text.clear();
  return true;
}

int generate(const Options& options) {
  constexpr std::size_t chunk = 1U << 18U;
  sluis::registry::Register diplomas(options.seed);
  const sluis::registry::Writer writer(options.format, options.markers);
  std::string text;
  text.reserve(chunk + 4096);
  writer.header(text);
  bool ok = true;
  for (std::uint64_t i = 0; ok && i < options.count; ++i) {
    writer.append(text, diplomas.at(options.first + i));
    if (text.size() >= chunk) ok = write_all(text);
  }
  if (ok && write_all(text)) return 0;
  if (errno == EPIPE) return 0;  // the reader has had enough
  std::fprintf(stderr, "register-generator: cannot write: %s\n", std::strerror(errno));
  return 1;
}

std::string only_word_characters(const std::string& text) {
  const auto bad = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
  return bad == std::string::npos ? std::string() : std::string("only letters, digits, '-', '_' and '.'");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Writes a made-up register of Belgian diplomas: the same one for the same seed, of any size."};
  app.add_option("--seed", options.seed, "Which register")->capture_default_str();
  app.add_option("--count", options.count, "Diplomas to write")->capture_default_str();
  app.add_option("--first", options.first, "Number of the first one")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--format", options.format, "ndjson or csv")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, Format>{{"ndjson", Format::ndjson}, {"csv", Format::csv}}));
  app.add_option("--markers", options.markers, "Put a unique text that starts with this in sealed values")
      ->check(CLI::Validator(only_word_characters, "WORD"));
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  return generate(options);
}
