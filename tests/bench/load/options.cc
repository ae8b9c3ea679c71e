#include "tests/bench/load/options.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>

namespace sluis::load {

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// A template written by hand has LF; HTTP has CRLF. Only the head is touched.
std::string with_crlf(const std::string& text) {
  if (text.find("\r\n") != std::string::npos) return text;
  const auto end = text.find("\n\n");
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (end == std::string::npos || i <= end + 1)) out += '\r';
    out += text[i];
  }
  return out;
}

}  // namespace

std::optional<Options> parse(int argc, char** argv, int& exit_code) {
  CLI::App app{"Load over TLS 1.3 with a client certificate; prints one line of JSON."};
  Options o;
  std::string request_file, id_file, prefix;
  std::uint64_t id_count = 0;
  app.add_option("--host", o.host);
  app.add_option("--port", o.port)->required();
  app.add_option("--connections", o.connections)->check(CLI::Range(1, 20000));
  app.add_option("--threads", o.threads)->check(CLI::Range(1, 64));
  app.add_option("--seconds", o.seconds);
  app.add_option("--warm-up", o.warm_up);
  app.add_option("--rate", o.rate, "requests a second over all connections; 0: as fast as they are answered")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--ca", o.ca, "PEM that the server's certificate is checked against; none: it is not checked");
  app.add_option("--cert", o.certificate);
  app.add_option("--key", o.key);
  app.add_option("--server-name", o.server_name);
  app.add_option("--request", request_file, "file with the whole request; {id} is replaced")->required();
  app.add_option("--ids", id_file, "file with one id a line");
  app.add_option("--id-prefix", prefix, "ids PREFIX0 to PREFIX(count-1)");
  app.add_option("--id-count", id_count);
  app.add_option("--expect", o.expect, "status that counts as success");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return std::nullopt;
  }
  o.request = with_crlf(read_file(request_file));
  if (!id_file.empty()) o.ids = read_lines(id_file);
  for (std::uint64_t i = 0; i < id_count; ++i) o.ids.push_back(prefix + std::to_string(i));
  return o;
}

}  // namespace sluis::load
