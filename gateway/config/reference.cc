#include "gateway/config/collections.h"
#include "gateway/config/config.h"
#include "gateway/config/data_sources.h"
#include "gateway/config/options.h"

namespace sluis::gateway {
namespace {

std::string standard_of(const Option& option) {
  if (option.standard == "!") return "**needed**";
  if (option.standard.empty()) return "none";
  return '`' + std::string(option.standard) + '`';
}

std::string values_of(const Option& option) {
  switch (option.kind) {
    case Option::Kind::text:
      return "text";
    case Option::Kind::path:
      return "path";
    case Option::Kind::flag:
      return "true or false";
    case Option::Kind::list:
      return "list of texts";
    case Option::Kind::choice:
      break;
    case Option::Kind::number:
      return std::to_string(option.least) + " to " + std::to_string(option.most) + ' ' + std::string(option.unit);
  }
  std::string out;
  for (const char c : option.unit) out += c == '|' ? std::string(", ") : std::string(1, c);
  return out;
}

}  // namespace

std::string config_reference() {
  std::string out =
      "# Configuration\n\nMade by `sluisd --print-config-reference`; do not edit.\n\n"
      "One TOML file, read and checked whole at start and on SIGHUP; an unknown option or a bad value is an error with "
      "its\n"
      "line and column, and a bad file changes nothing. Paths are relative to the file's folder. *Reload* says whether "
      "SIGHUP\n"
      "brings a new value into use; the others need a restart.\n";
  std::string_view section;
  for (const Option& option : options()) {
    if (option.section != section) {
      section = option.section;
      out += "\n## [" + std::string(section) + "]\n\n| option | values | default | reload | |\n|---|---|---|---|---|\n";
    }
    out += "| `" + std::string(option.name) + "` | " + values_of(option) + " | " + standard_of(option) + " | " +
           (option.applies == Option::Applies::at_reload ? "yes" : "no") + " | " + std::string(option.text) + " |\n";
  }
  section = {};
  auto listed = listed_keys();
  for (const ListedKey& key : data_source_keys()) listed.push_back(key);
  for (const ListedKey& key : listed) {
    if (key.section != section) {
      section = key.section;
      out += "\n## [[" + std::string(section) + "]]\n\n| key | |\n|---|---|\n";
    }
    out += "| `" + std::string(key.name) + "` | " + std::string(key.text) + " |\n";
  }
  return out;
}

}  // namespace sluis::gateway
