#include "gateway/cli/profile.h"

#include <toml++/toml.h>
#include <filesystem>
#include <string_view>

#include "gateway/cli/exit.h"

namespace sluis::cli {
namespace {

std::string member(const toml::table& table, std::string_view name, const std::string& path) {
  const auto value = table[name].value<std::string>();
  if (!value || value->empty()) fail(Exit::local, path + ": '" + std::string(name) + "' is missing or not a text");
  return *value;
}

std::string file_member(const toml::table& table, std::string_view name, const std::string& path) {
  const std::filesystem::path file = member(table, name, path);
  return file.is_absolute() ? file.string() : (std::filesystem::path(path).parent_path() / file).string();
}

}  // namespace

Profile load_profile(const std::string& path) {
  try {
    const toml::table table = toml::parse_file(path);
    return {member(table, "url", path), file_member(table, "certificate", path), file_member(table, "key", path),
            file_member(table, "ca", path)};
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    fail(Exit::local, path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                          std::string(error.description()));
  }
}

}  // namespace sluis::cli
