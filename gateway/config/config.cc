#include "gateway/config/config.h"
#include "crypto/hash.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/backups/window.h"
#include "gateway/config/collections.h"
#include "gateway/config/data_sources.h"
#include "gateway/config/options.h"
#include "gateway/config/periods.h"
#include "policy/names.h"
#include "policy/toml_document.h"

namespace sluis::gateway {
namespace {

using policy::Member;
using policy::Node;
using policy::Problems;
namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 4U << 20U;

std::string absolute(const fs::path& base, const std::string& path) {
  if (path.empty() || fs::path(path).is_absolute()) return path;
  return (base / path).lexically_normal().string();
}

bool chosen(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == text) return true;
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return false;
}

Node::Kind node_kind(Option::Kind kind) {
  if (kind == Option::Kind::number) return Node::Kind::integer;
  if (kind == Option::Kind::list) return Node::Kind::array;
  return kind == Option::Kind::flag ? Node::Kind::boolean : Node::Kind::string;
}

bool good_mount(std::string_view mount) {
  constexpr std::string_view kOwn[] = {"adopted", "approvals", "audit",   "auth",      "backups", "keys",
                                       "moves",   "policy",    "records", "rollovers", "sys",     "tlog"};
  const bool own = std::find(std::begin(kOwn), std::end(kOwn), mount) != std::end(kOwn);
  return !own && policy::well_formed(mount) && mount.find('.') == std::string_view::npos;
}

// Reads one file: options by the table, then the lists.
class ConfigReader {
 public:
  ConfigReader(const Node& root, const std::string& path, Problems& problems)
      : root_(root), base_(fs::absolute(path).parent_path()), problems_(problems) {
    config_.file = path;
  }

  Config read() {
    check_names();
    for (const Option& option : options()) apply(option);
    read_lists();
    check_together();
    return std::move(config_);
  }

 private:
  const Member* find(const Option& option) const {
    const Member* section = root_.find(option.section);
    return section == nullptr ? nullptr : section->value.find(option.name);
  }

  policy::Place place_of(std::string_view section) const {
    const Member* found = root_.find(section);
    return found == nullptr ? root_.at : found->at;
  }

  void check_names() {
    std::vector<std::string_view> sections{"collection", "data_source", "period"};
    for (const Option& option : options()) {
      if (sections.back() != option.section) sections.push_back(option.section);
    }
    for (const Member& member : root_.members) {
      if (std::find(sections.begin(), sections.end(), member.key) == sections.end()) {
        unknown(member, "section", sections);
        continue;
      }
      const bool listed = member.key == "collection" || member.key == "data_source" || member.key == "period";
      if (!listed) check_section(member);
    }
  }

  void check_section(const Member& section) {
    if (section.value.kind != Node::Kind::table) {
      return problems_.error(section.at, "write [" + section.key + "] and its options below");
    }
    std::vector<std::string_view> names;
    for (const Option& option : options()) {
      if (option.section == section.key) names.push_back(option.name);
    }
    if (section.key == "tls") names.push_back("client_ca");
    for (const Member& member : section.value.members) {
      if (std::find(names.begin(), names.end(), member.key) == names.end()) unknown(member, "option", names);
    }
  }

  void unknown(const Member& member, const std::string& what, std::span<const std::string_view> known) {
    problems_.error(member.at,
                    "unknown " + what + ' ' + policy::quoted(member.key) + suggester_.for_word(member.key, known));
  }

  void apply(const Option& option) {
    const Member* given = find(option);
    if (given == nullptr) return apply_default(option);
    const Node::Kind wanted = node_kind(option.kind);
    if (given->value.kind != wanted) {
      return problems_.error(given->value.at, std::string(option.name) + " is " + std::string(policy::name(wanted)));
    }
    OptionValue value{given->value.text, static_cast<std::uint64_t>(given->value.integer), given->value.truth, {}};
    if (option.kind == Option::Kind::list && !read_list(option, *given, value)) return;
    if (option.kind == Option::Kind::number && !in_bounds(option, *given)) return;
    if (option.kind == Option::Kind::choice && !chosen(option.unit, value.text)) {
      return problems_.error(given->value.at, std::string(option.name) + " is one of " + std::string(option.unit));
    }
    if (option.kind == Option::Kind::path) value.text = absolute(base_, value.text);
    option.set(config_, value);
  }

  bool read_list(const Option& option, const Member& given, OptionValue& value) {
    for (const Node& item : given.value.items) {
      if (item.kind != Node::Kind::string || item.text.empty()) {
        problems_.error(item.at, std::string(option.name) + " is a list of texts, none of them empty");
        return false;
      }
      value.list.push_back(item.text);
    }
    return true;
  }

  bool in_bounds(const Option& option, const Member& given) {
    const std::int64_t number = given.value.integer;
    const bool fits = number >= 0 && static_cast<std::uint64_t>(number) >= option.least &&
                      static_cast<std::uint64_t>(number) <= option.most;
    if (!fits) {
      problems_.error(given.value.at, std::string(option.name) + " is " + std::to_string(option.least) + " to " +
                                          std::to_string(option.most) + ' ' + std::string(option.unit));
    }
    return fits;
  }

  void apply_default(const Option& option) {
    if (option.standard == "!") {
      const std::string name = std::string(option.section) + '.' + std::string(option.name);
      return problems_.error(place_of(option.section), "option " + name + " is missing: " + std::string(option.text));
    }
    OptionValue value{std::string(option.standard), 0, option.standard == "true", {}};
    std::from_chars(option.standard.data(), option.standard.data() + option.standard.size(), value.number);
    option.set(config_, value);
  }

  void read_lists() {
    config_.collections = read_collections(root_, problems_, config_.periods);
    read_periods(root_, problems_, config_.periods);
    config_.data_sources = read_data_sources(root_, problems_);
    for (DataSourceSettings& source : config_.data_sources) {
      source.dsn_from.file = absolute(base_, source.dsn_from.file);
    }
    const Member* tls = root_.find("tls");
    if (tls == nullptr || tls->value.kind != Node::Kind::table) return;
    config_.tls.client_cas = read_client_cas(tls->value, problems_);
    for (ClientCa& ca : config_.tls.client_cas) {
      ca.file = absolute(base_, ca.file);
      ca.crl = absolute(base_, ca.crl);
    }
  }

  // What no single option can say.
  void check_together() {
    if (!good_mount(config_.transit.mount)) {
      problems_.error(place_of("transit"),
                      "transit.mount has 1 to 64 letters, digits, '_' and '-', and is not a word of Sluis' own");
    }
    if (config_.hsm.pin.file.empty() == config_.hsm.pin.credential.empty()) {
      problems_.error(place_of("hsm"), "give exactly one of hsm.pin_file and hsm.pin_credential");
    }
    const StoreSettings& store = config_.store;
    const auto given = static_cast<int>(!store.dsn.empty()) + static_cast<int>(!store.dsn_from.file.empty()) +
                       static_cast<int>(!store.dsn_from.credential.empty());
    if (store.kind == "sqlite" && store.path.empty())
      problems_.error(place_of("store"), "a sqlite store needs store.path");
    if (store.kind == "postgresql" && given != 1) {
      problems_.error(place_of("store"), "a postgresql store needs exactly one of dsn, dsn_file and dsn_credential");
    }
    check_backup();
    if (config_.tokens.max_ttl < config_.tokens.ttl) {
      problems_.error(place_of("auth"), "auth.token_max_ttl_seconds is less than auth.token_ttl_seconds");
    }
    const bool crl_missing = std::any_of(config_.tls.client_cas.begin(), config_.tls.client_cas.end(),
                                         [](const ClientCa& ca) { return ca.crl.empty(); });
    if (config_.tls.crl_check != CrlCheck::none && crl_missing) {
      problems_.error(place_of("tls"), "each [[tls.client_ca]] needs a crl, unless tls.crl_check is \"none\"");
    }
  }

  void check_backup() {
    const BackupSettings& backup = config_.backup;
    const auto say = [&](const std::string& what) { problems_.error(place_of("backup"), what); };
    if (!BackupWindow::parse(backup.window)) say("backup.window is empty, or HH:MM-HH:MM in UTC, as \"01:00-05:30\"");
    if (!backup.scratch_dsn.empty() && backup.scratch_dsn_from.given()) {
      say("give at most one of backup.scratch_dsn and backup.scratch_dsn_file");
    }
    for (const auto* command : {&backup.command, &backup.fetch_command, &backup.expire_command}) {
      if (command->empty()) continue;
      if (backup.folder.empty()) say("backup.command needs backup.folder too: manifests are kept there");
      if (command->front().front() != '/') say("commands of [backup] begin with the absolute path of a program");
    }
    if (backup.command.empty() && !(backup.fetch_command.empty() && backup.expire_command.empty())) {
      say("backup.fetch_command and backup.expire_command belong to backup.command");
    }
  }

  const Node& root_;
  fs::path base_;
  Problems& problems_;
  policy::Suggester suggester_;
  Config config_;
};

}  // namespace

LoadedConfig load_config_text(std::string_view text, const std::string& path) {
  Problems problems(path);
  LoadedConfig loaded;
  const auto root = policy::parse_toml(text, problems);
  if (root) loaded.config = ConfigReader(*root, path, problems).read();
  if (problems.failed()) loaded.config.reset();
  if (loaded.config) loaded.config->digest = to_hex(sha256(bytes_of(text)));
  loaded.errors = problems.errors();
  return loaded;
}

LoadedConfig load_config(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file)
    return {std::nullopt, {{path, 0, 0, "cannot be read: " + (error ? error.message() : "open failed")}}};
  if (size > kMaxFile) return {std::nullopt, {{path, 0, 0, "is over 4 MiB"}}};
  std::ostringstream text;
  text << file.rdbuf();
  return load_config_text(text.str(), path);
}

}  // namespace sluis::gateway
