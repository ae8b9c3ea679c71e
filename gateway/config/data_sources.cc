#include "gateway/config/data_sources.h"

#include <algorithm>
#include <array>

#include "policy/names.h"
#include "policy/table_reader.h"

namespace sluis::gateway {
namespace {

using policy::Node;
using policy::Problems;
using policy::TableReader;

constexpr ListedKey kKeys[] = {
    {"data_source", "name", "What declarations of adopted tables call this database: see adopted-tables.md."},
    {"data_source", "dsn_file", "File of mode 0600 with its libpq connection string."},
    {"data_source", "dsn_credential", "Or the systemd credential with it."},
    {"data_source", "connections", "Connections to it at a time, 2 to 64. Default 4."},
    {"data_source", "allow_plain_tcp",
     "Accept a connection string that does not check the server's certificate. For tests only. Default false."}};

DataSourceSettings read_one(const Node& item, Problems& problems, policy::Suggester& suggester) {
  constexpr std::uint64_t kLeast = 2, kMost = 64;
  std::array<std::string_view, std::size(kKeys)> names;
  std::transform(std::begin(kKeys), std::end(kKeys), names.begin(), [](const ListedKey& key) { return key.name; });
  TableReader table(item, "data_source", names, problems, suggester);
  DataSourceSettings out;
  out.name = table.need_name("name").value_or(policy::Text{}).text;
  out.dsn_from.file = table.text("dsn_file").value_or(policy::Text{}).text;
  out.dsn_from.credential = table.text("dsn_credential").value_or(policy::Text{}).text;
  if (out.dsn_from.file.empty() == out.dsn_from.credential.empty()) {
    problems.error(item.at, "give exactly one of dsn_file and dsn_credential");
  }
  const auto connections = table.count("connections").value_or(out.connections);
  if (connections < kLeast || connections > kMost) {
    problems.error(table.at("connections"), "connections is 2 to 64");
  }
  out.connections = static_cast<unsigned>(connections);
  out.allow_plain_tcp = table.flag("allow_plain_tcp").value_or(false);
  return out;
}

}  // namespace

std::vector<DataSourceSettings> read_data_sources(const Node& root, Problems& problems) {
  std::vector<DataSourceSettings> out;
  policy::Suggester suggester;
  policy::for_each_table(root, "data_source", 100, problems, [&](const Node& item) {
    DataSourceSettings source = read_one(item, problems, suggester);
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.name == source.name; });
    if (known) problems.error(item.at, "there are two data sources named " + policy::quoted(source.name));
    out.push_back(std::move(source));
  });
  return out;
}

std::vector<ListedKey> data_source_keys() {
  return {std::begin(kKeys), std::end(kKeys)};
}

}  // namespace sluis::gateway
