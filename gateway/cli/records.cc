#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/claims.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

// What one invocation of a records command was given.
struct Given {
  std::string collection, id, data = "-", if_match, after;
  std::vector<std::string> fields, settings, matches, claims;
  std::size_t limit = 100;
  Why why;
  bool create = false;
};
using GivenPtr = std::shared_ptr<Given>;

std::string base(const Given& given) {
  return "/v1/records/" + encode_segment(given.collection);
}
std::string one(const Given& given) {
  return base(given) + '/' + encode_segment(given.id);
}

std::pair<std::string, std::string> split(const std::string& text, std::string_view separator, std::string_view what) {
  const auto at = text.find(separator);
  if (at == std::string::npos || at == 0) {
    fail(Exit::usage, std::string(what) + " is written NAME" + std::string(separator) + "VALUE, not '" + text + "'");
  }
  return {text.substr(0, at), text.substr(at + separator.size())};
}

// The document: --set members as texts, or --data as it is.
SecretBuffer document(const Given& given) {
  if (given.settings.empty()) return read_all(given.data);
  WipingResource memory;
  json::object object(&memory);
  for (const auto& setting : given.settings) {
    const auto [name, value] = split(setting, "=", "--set");
    if (!object.emplace(name, value).second) fail(Exit::usage, "two --set for '" + name + "'");
  }
  return SecretBuffer(json::serialize(object));
}

Headers with_type(Headers headers) {
  headers.emplace_back("Content-Type", "application/json");
  return headers;
}

json::array as_array(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

void show_written(const Shared& shared, const Given& given, const Response& response, std::string_view done) {
  require_success(response);
  if (!shared.json) {
    std::cout << given.id << ' ' << done << ", revision " << response.header("ETag") << '\n';
    return;
  }
  std::cout << json::serialize(json::object{{"id", given.id}, {"etag", response.header("ETag")}}) << '\n';
}

void put(const Shared& shared, const Given& given, const char* method) {
  Headers headers = with_type(given.why.headers());
  if (!given.if_match.empty()) headers.emplace_back("If-Match", given.if_match);
  if (given.create) headers.emplace_back("If-None-Match", "*");
  const SecretBuffer body = document(given);
  Client client = shared.client();
  const Response response = client.call({method, one(given), headers, body.expose_text()});
  show_written(shared, given, response, response.status == 201 ? "created" : "written");
}

void remove(const Shared& shared, const Given& given) {
  Headers headers = given.why.headers();
  if (!given.if_match.empty()) headers.emplace_back("If-Match", given.if_match);
  Client client = shared.client();
  require_success(client.call({"DELETE", one(given), headers, {}}));
  if (!shared.json) std::cout << given.id << " deleted\n";
}

std::string joined(const std::vector<std::string>& fields) {
  std::string out;
  for (const auto& field : fields) out += (out.empty() ? "" : ",") + encode_segment(field);
  return out;
}

void get(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const std::string query = given.fields.empty() ? "" : "?fields=" + joined(given.fields);
  const Response response = client.call({"GET", one(given) + query, given.why.headers(), {}});
  require_success(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  const json::value body = parse_reply(response, memory);
  print_object(body.as_object());
  std::cerr << "revision " << response.header("ETag") << ", log entry " << response.header("Sluis-Receipt") << '\n';
}

// A record of a list as one row: its id, then its fields.
void show_records(const json::object& body) {
  json::array rows(body.storage());
  for (const auto& record : body.at("records").as_array()) {
    json::object row(body.storage());
    row["id"] = record.at("id");
    for (const auto& field : record.at("fields").as_object()) row[field.key()] = field.value();
    rows.emplace_back(std::move(row));
  }
  print_rows(rows);
  if (const auto* next = body.if_contains("next")) std::cerr << "more: --after " << cell(*next) << '\n';
}

void search(const Shared& shared, const Given& given) {
  WipingResource memory;
  json::object match(&memory);
  for (const auto& text : given.matches) {
    const auto [name, value] = split(text, "=", "--match");
    if (!match.emplace(name, value).second) fail(Exit::usage, "two --match for '" + name + "'");
  }
  json::object ask(&memory);
  ask["match"] = std::move(match);
  ask["limit"] = given.limit;
  if (!given.fields.empty()) ask["fields"] = as_array(given.fields);
  if (!given.after.empty()) ask["after"] = given.after;
  const SecretBuffer body(json::serialize(ask));
  Client client = shared.client();
  const Response response =
      client.call({"POST", base(given) + ":search", with_type(given.why.headers()), body.expose_text()});
  require_success(response);
  const json::value value = parse_reply(response, memory);
  if (shared.json) std::cout << response.body.expose_text() << '\n';
  if (!shared.json) show_records(value.as_object());
  const auto* failed = value.as_object().if_contains("failed");
  if (failed == nullptr || failed->as_array().empty()) return;
  fail(Exit::unavailable,
       counted(failed->as_array().size(), "record does not open", "records do not open") + ": see the decrypt log");
}

void attest(const Shared& shared, const Given& given) {
  const SecretBuffer body = claims_body(given.claims);
  Client client = shared.client();
  const Response response =
      client.call({"POST", one(given) + ":attest", with_type(given.why.headers()), body.expose_text()});
  require_success(response);
  WipingResource memory;
  const json::value value = parse_reply(response, memory);
  const bool satisfied = value.at("satisfied").as_bool();
  std::cout << (shared.json ? response.body.expose_text() : satisfied ? "satisfied" : "not satisfied") << '\n';
  if (!satisfied) fail(Exit::no, "the record does not satisfy the claims");
}

CLI::App* command(CLI::App& records, const char* name, const char* text, const GivenPtr& given, const char* example) {
  auto* sub = records.add_subcommand(name, text);
  sub->add_option("collection", given->collection, "collection")->required();
  given->why.add_to(*sub);
  sub->footer(std::string("\nExample:\n  sluis records ") + example);
  return sub;
}

// An empty revision, say of an unset shell variable, must not become an unconditional write.
CLI::Option* add_if_match(CLI::App& command, Given& given, const char* text) {
  return command.add_option("--if-match", given.if_match, text)->check(not_empty());
}

void add_writes(CLI::App& records, const Shared& shared) {
  for (const char* name : {"put", "patch"}) {
    const bool whole = std::string_view(name) == "put";
    auto given = std::make_shared<Given>();
    auto* sub =
        command(records, name, whole ? "write a whole record" : "change fields of a record (JSON Merge Patch)", given,
                whole ? "put diplomas d-1 --data diploma.json" : "patch diplomas d-1 --set grade=distinction");
    sub->add_option("id", given->id, "record id")->required();
    auto* data = sub->add_option("--data", given->data, "file with the JSON document, - for standard input");
    data->capture_default_str();
    sub->add_option("--set", given->settings, "NAME=VALUE, a field as text; instead of --data")->excludes(data);
    auto* match = add_if_match(*sub, *given, "write only if the record has this revision (ETag)");
    if (whole) sub->add_flag("--create", given->create, "write only if there is no such record")->excludes(match);
    sub->callback([&shared, given, whole] { put(shared, *given, whole ? "PUT" : "PATCH"); });
  }
  auto given = std::make_shared<Given>();
  auto* sub = command(records, "delete", "delete a record", given, "delete diplomas d-1");
  sub->add_option("id", given->id, "record id")->required();
  add_if_match(*sub, *given, "delete only if the record has this revision (ETag)");
  sub->callback([&shared, given] { remove(shared, *given); });
}

void add_reads(CLI::App& records, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = command(records, "get", "read a record", given,
                      "get diplomas d-1 --fields holder_name,institution --purpose diploma-verification");
  sub->add_option("id", given->id, "record id")->required();
  sub->add_option("--fields", given->fields, "only these fields")->delimiter(',')->check(not_empty());
  sub->callback([&shared, given] { get(shared, *given); });

  given = std::make_shared<Given>();
  sub = command(records, "search", "find records by equality on indexed fields", given,
                "search diplomas --match national_number=85073003328 --purpose citizen-request --case C-17");
  sub->add_option("--match", given->matches, "NAME=VALUE; several must all match")->required();
  sub->add_option("--fields", given->fields, "only these fields")->delimiter(',')->check(not_empty());
  sub->add_option("--limit", given->limit, "records on a page")->check(CLI::Range(1, 1000))->capture_default_str();
  sub->add_option("--after", given->after, "continue after this id")->check(not_empty());
  sub->callback([&shared, given] { search(shared, *given); });

  given = std::make_shared<Given>();
  sub = command(records, "attest", "ask whether a record satisfies claims, without releasing a value", given,
                "attest diplomas d-1 --claim 'level>=6' --purpose diploma-verification");
  sub->add_option("id", given->id, "record id")->required();
  sub->add_option("--claim", given->claims,
                  "FIELD=VALUE, FIELD>=VALUE, …, all must hold; FIELD=\"VALUE\": text, even of digits")
      ->required();
  sub->callback([&shared, given] { attest(shared, *given); });
}

}  // namespace

void add_records(CLI::App& app, const Shared& shared) {
  auto* records = app.add_subcommand("records", "write, read, find and move records");
  records->require_subcommand(1);
  add_writes(*records, shared);
  add_reads(*records, shared);
  add_import(*records, shared);
  add_export(*records, shared);
  records->footer(
      "\nExamples:\n"
      "  sluis records put diplomas d-1 --data diploma.json\n"
      "  sluis records get diplomas d-1 --purpose diploma-verification\n"
      "  sluis records import diplomas register.ndjson");
}

}  // namespace sluis::cli
