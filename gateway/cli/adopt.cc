// `sluis adopt …`: tables of the user's own whose ciphertext cells are re-encrypted.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string name, source, table, transit_key, associated_data, context, after;
  std::vector<std::string> keys, cells;
  std::uint64_t limit = 50;
  bool count = false;
};
using GivenPtr = std::shared_ptr<Given>;

json::value ask(const Shared& shared, const Ask& what, WipingResource& memory) {
  Client client = shared.client();
  const Response response = client.call(what);
  require_success(response);
  return response.body.empty() ? json::value(nullptr) : parse_reply(response, memory);
}

void print(const Shared& shared, const json::value& value) {
  if (shared.json) std::cout << json::serialize(value) << '\n';
  if (!shared.json && value.is_object()) print_object(value.get_object());
}

std::string path_of(const Given& given) {
  return "/v1/adopted/" + encode_segment(given.name);
}

// "schema.table", or "table" of the schema public.
json::object body_of(const Given& given) {
  json::object body{{"name", given.name},
                    {"source", given.source},
                    {"key_columns", json::array(given.keys.begin(), given.keys.end())},
                    {"ciphertext_columns", json::array(given.cells.begin(), given.cells.end())},
                    {"transit_key", given.transit_key}};
  const auto dot = given.table.find('.');
  if (dot != std::string::npos) body["schema"] = given.table.substr(0, dot);
  body["table"] = dot == std::string::npos ? given.table : given.table.substr(dot + 1);
  if (!given.associated_data.empty()) body["associated_data"] = given.associated_data;
  if (!given.context.empty()) body["context"] = given.context;
  return body;
}

void declare(const Shared& shared, const Given& given) {
  const std::string body = json::serialize(body_of(given));
  WipingResource memory;
  const json::value reply = ask(shared, {"POST", "/v1/adopted", {{"Content-Type", "application/json"}}, body}, memory);
  print(shared, reply);
  const json::value* const faults = reply.is_object() ? reply.get_object().if_contains("faults") : nullptr;
  if (faults == nullptr || !faults->is_array() || faults->get_array().empty()) return;
  for (const json::value& fault : faults->get_array()) std::cerr << "does not open: " << printable(cell(fault)) << '\n';
}

void list(const Shared& shared, const Given& given) {
  std::string target = "/v1/adopted?limit=" + std::to_string(given.limit);
  if (!given.after.empty()) target += "&after=" + encode_segment(given.after);
  WipingResource memory;
  const json::value reply = ask(shared, {"GET", target, {}, {}}, memory);
  if (shared.json || !reply.is_object()) return print(shared, reply);
  Table table({"NAME", "SOURCE", "TABLE", "KEY", "CIPHERTEXT", "TRANSIT KEY"});
  for (const json::value& row : reply.at("adopted").as_array()) {
    const json::object& one = row.as_object();
    table.row({cell(one.at("name")), cell(one.at("source")), cell(one.at("schema")) + '.' + cell(one.at("table")),
               cell(one.at("key_columns")), cell(one.at("ciphertext_columns")), cell(one.at("transit_key"))});
  }
  table.print();
}

void show(const Shared& shared, const Given& given) {
  WipingResource memory;
  print(shared, ask(shared, {"GET", path_of(given) + (given.count ? "?count=true" : ""), {}, {}}, memory));
}

void forget(const Shared& shared, const Given& given) {
  WipingResource memory;
  ask(shared, {"DELETE", path_of(given), {}, {}}, memory);
}

void retire(const Shared& shared, const Given& given) {
  WipingResource memory;
  const std::string target = "/v1/adopted/keys/" + encode_segment(given.transit_key) + "/retire";
  print(shared, ask(shared, {"POST", target, {}, {}}, memory));
}

void add_declare(CLI::App& adopt, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = adopt.add_subcommand("declare", "have the cells of a table re-encrypted with the key's rollovers");
  sub->add_option("name", given->name, "what the adopted table is called")->required();
  sub->add_option("--source", given->source, "[[data_source]] of the gateway's configuration")->required();
  sub->add_option("--table", given->table, "table, or schema.table")->required();
  sub->add_option("--key-columns", given->keys, "columns of a unique index, in its order")->required()->delimiter(',');
  sub->add_option("--ciphertext", given->cells, "columns with ciphertexts")->required()->delimiter(',');
  sub->add_option("--transit-key", given->transit_key, "their Transit key")->required();
  sub->add_option("--associated-data", given->associated_data, "template over columns: \"diplomas/{id}/{year}\"")
      ->check(not_empty());
  sub->add_option("--context", given->context, "the same for the context of derived keys")->check(not_empty());
  sub->footer(
      "\nExample:\n  sluis adopt declare diplomas --source registry --table public.diplomas --key-columns id \\\n"
      "    --ciphertext grade,remark --transit-key orders --associated-data 'diplomas/{id}'");
  sub->callback([&shared, given] { declare(shared, *given); });
}

}  // namespace

void add_adopt(CLI::App& app, const Shared& shared) {
  auto* adopt = app.add_subcommand("adopt", "tables of your own whose ciphertext cells are re-encrypted");
  adopt->require_subcommand(1);
  add_declare(*adopt, shared);

  auto given = std::make_shared<Given>();
  auto* sub = adopt->add_subcommand("list", "the adopted tables");
  sub->add_option("--after", given->after, "continue after this name")->check(not_empty());
  sub->add_option("--limit", given->limit, "how many")->check(CLI::Range(1, 200))->capture_default_str();
  sub->footer("\nExample:\n  sluis adopt list");
  sub->callback([&shared, given] { list(shared, *given); });

  given = std::make_shared<Given>();
  sub = adopt->add_subcommand("show", "one adopted table");
  sub->add_option("name", given->name, "adopted table")->required();
  sub->add_flag("--count", given->count, "count its cells by key version, by a full scan");
  sub->footer("\nExample:\n  sluis adopt show diplomas --count");
  sub->callback([&shared, given] { show(shared, *given); });

  given = std::make_shared<Given>();
  sub = adopt->add_subcommand("forget", "leave a table alone from now on; the table itself is not touched");
  sub->add_option("name", given->name, "adopted table")->required();
  sub->footer("\nExample:\n  sluis adopt forget diplomas");
  sub->callback([&shared, given] { forget(shared, *given); });

  given = std::make_shared<Given>();
  sub = adopt->add_subcommand("retire", "no longer open what is below a Transit key's newest version");
  sub->add_option("transit-key", given->transit_key, "name of the key")->required();
  sub->footer(
      "\nExample:\n  sluis adopt retire orders\n\n"
      "Exit code 6: an adopted table of the key still has cells below; run sluis rollover start --key transit/NAME.");
  sub->callback([&shared, given] { retire(shared, *given); });
  adopt->footer("\nExample:\n  sluis adopt list");
}

}  // namespace sluis::cli
