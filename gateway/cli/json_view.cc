#include "gateway/cli/json_view.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/cli/exit.h"
#include "gateway/cli/print.h"

namespace sluis::cli {

namespace json = boost::json;

json::value parse_reply(const Response& response, WipingResource& memory) {
  boost::system::error_code error;
  json::value value = json::parse(response.body.expose_text(), error, &memory);
  if (error) fail(Exit::unavailable, "the gateway's answer is not JSON");
  return value;
}

std::string cell(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return json::serialize(value);
}

void print_object(const json::object& object) {
  Table table({"MEMBER", "VALUE"});
  for (const auto& member : object) table.row({member.key(), cell(member.value())});
  table.print();
}

void print_rows(const json::array& rows) {
  std::vector<std::string> columns;
  for (const auto& row : rows) {
    for (const auto& member : row.as_object()) {
      const std::string name(member.key());
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    }
  }
  Table table(columns);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      const auto* value = row.as_object().if_contains(column);
      cells.push_back(value == nullptr ? "" : cell(*value));
    }
    table.row(std::move(cells));
  }
  table.print();
}

}  // namespace sluis::cli
