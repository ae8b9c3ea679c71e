#include "gateway/cli/profile.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "gateway/cli/exit.h"
#include "policy/toml_document.h"

namespace sluis::cli {
namespace {

using policy::Node;

constexpr std::size_t kLargest = std::size_t{64} << 10U;  // bytes
constexpr std::string_view kMembers[] = {"url", "certificate", "key", "ca"};

Node read_toml(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kLargest + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || in.gcount() == 0) fail(Exit::local, path + ": cannot be read, or is empty");
  if (static_cast<std::size_t>(in.gcount()) > kLargest) fail(Exit::local, path + ": a profile has at most 64 KiB");
  text.resize(static_cast<std::size_t>(in.gcount()));
  policy::Problems problems(path);
  auto root = policy::parse_toml(text, problems);
  if (!root) fail(Exit::local, problems.errors().front().text());
  return *std::move(root);
}

void refuse_unknown(const Node& root, const std::string& path) {
  for (const policy::Member& member : root.members) {
    if (std::find(std::begin(kMembers), std::end(kMembers), member.key) != std::end(kMembers)) continue;
    fail(Exit::local, path + ":" + std::to_string(member.at.line) + ":" + std::to_string(member.at.column) +
                          ": unknown member; a profile has url, certificate, key and ca");
  }
}

std::string member(const Node& root, std::string_view name, const std::string& path) {
  const policy::Member* const found = root.find(name);
  if (found == nullptr || found->value.kind != Node::Kind::string || found->value.text.empty()) {
    fail(Exit::local, path + ": '" + std::string(name) + "' is missing or not a text");
  }
  return found->value.text;
}

std::string file_member(const Node& root, std::string_view name, const std::string& path) {
  const std::filesystem::path file = member(root, name, path);
  return file.is_absolute() ? file.string() : (std::filesystem::path(path).parent_path() / file).string();
}

}  // namespace

Profile load_profile(const std::string& path) {
  const Node root = read_toml(path);
  refuse_unknown(root, path);
  return {member(root, "url", path), file_member(root, "certificate", path), file_member(root, "key", path),
          file_member(root, "ca", path)};
}

}  // namespace sluis::cli
