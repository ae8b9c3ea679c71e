// `sluis audit …`: for auditors. tail and show ask the gateway; what trusts no one stands in audit_verify.cc and
// audit_receipt.cc.
#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include "gateway/cli/audit.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string receipt;
  unsigned lines = 20;
  bool follow = false, payloads = false;
  Why why;
};

std::string payloads(const Given& given) {
  return given.payloads ? "payloads=opened" : "payloads=closed";
}

// What says something; of an import's chunk, how many records it wrote (`audit show` lists them).
std::string payload_text(const json::object& payload) {
  json::object out(payload.storage());
  for (const auto& member : payload) {
    const auto& value = member.value();
    const bool empty =
        (value.is_string() && value.get_string().empty()) || (value.is_array() && value.get_array().empty());
    if (empty) continue;
    const bool list = member.key() == "written" && value.is_array();
    out[member.key()] = list ? json::value(value.get_array().size()) : value;
  }
  return json::serialize(out);
}

// The members of a leaf that fit on one line, in the order people look for them.
std::vector<std::string> row_of(const json::object& entry) {
  constexpr const char* members[] = {"time", "principal", "action", "collection", "purpose", "outcome", "count"};
  const auto& leaf = entry.at("leaf").as_object();
  std::vector<std::string> row{cell(entry.at("index"))};
  for (const char* member : members) {
    const auto* value = leaf.if_contains(member);
    row.push_back(value == nullptr ? "" : cell(*value));
  }
  const auto* payload = entry.if_contains("payload");
  if (payload != nullptr && payload->is_object()) row.push_back(payload_text(payload->as_object()));
  return row;
}

void show_entries(const Shared& shared, const json::array& entries) {
  if (shared.json) {
    for (const auto& entry : entries) std::cout << json::serialize(entry) << '\n';
    return;
  }
  Table table({"INDEX", "TIME", "PRINCIPAL", "ACTION", "COLLECTION", "PURPOSE", "OUTCOME", "COUNT", ""});
  for (const auto& entry : entries) table.row(row_of(entry.as_object()));
  table.print();
}

// One page; returns the index after the last entry shown.
std::uint64_t page(const Shared& shared, const Given& given, Client& client, const std::string& range) {
  const Response response =
      client.call({"GET", "/v1/audit/entries?" + range + '&' + payloads(given), given.why.headers(), {}});
  require_success(response);
  WipingResource memory;
  const json::value body = parse_reply(response, memory);
  const json::array& entries = body.at("entries").as_array();
  if (!entries.empty()) show_entries(shared, entries);
  if (entries.empty()) return body.at("size").to_number<std::uint64_t>();
  return entries.back().at("index").to_number<std::uint64_t>() + 1;
}

void tail(const Shared& shared, const Given& given) {
  Client client = shared.client();
  std::uint64_t next = page(shared, given, client, "last=" + std::to_string(given.lines));
  while (given.follow) {
    // An auditor's reads are entries too: pages that show nothing but the last look are skipped by asking less often.
    std::this_thread::sleep_for(std::chrono::seconds(2));
    next = page(shared, given, client, "first=" + std::to_string(next) + "&limit=1000");
  }
}

// What a receipt names.
struct Named {
  std::string origin;  // empty: not said
  std::uint64_t first = 0, last = 0;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "411", "origin/411", "origin/411-413": the last two are what the header Sluis-Receipt holds.
Named named_by(std::string_view receipt) {
  const auto slash = receipt.rfind('/');
  const bool has_origin = slash != std::string_view::npos;
  const std::string_view range = has_origin ? receipt.substr(slash + 1) : receipt;
  const auto dash = range.find('-');
  const auto first = number(range.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(range.substr(dash + 1));
  if (!first || !last || *last < *first || slash == 0) {
    fail(Exit::usage, "an entry is written INDEX, ORIGIN/INDEX or ORIGIN/FIRST-LAST, as a receipt names it");
  }
  return {std::string(has_origin ? receipt.substr(0, slash) : ""), *first, *last};
}

// A receipt of another gateway names another entry here.
void check_named(const Named& named, const json::object& body) {
  const std::string origin = cell(body.at("origin"));
  if (!named.origin.empty() && named.origin != origin) {
    fail(Exit::not_found,
         "the receipt is of log '" + printable(named.origin) + "', this gateway's log is '" + printable(origin) + "'");
  }
  const auto size = body.at("size").to_number<std::uint64_t>();
  if (named.last >= size) fail(Exit::not_found, "there is no such entry: the log has " + std::to_string(size));
}

void show_whole(const Shared& shared, const json::object& entry) {
  if (shared.json) {
    std::cout << json::serialize(entry) << '\n';
    return;
  }
  print_object(entry.at("leaf").as_object());
  if (entry.at("payload").is_object()) print_object(entry.at("payload").as_object());
}

// Asks for a list also where one entry is named, since a list says which log it is of.
void show(const Shared& shared, const Given& given) {
  constexpr std::uint64_t most = 1000;  // entries on a page
  const Named named = named_by(given.receipt);
  Client client = shared.client();
  for (std::uint64_t next = named.first; next <= named.last;) {
    const std::string range =
        "first=" + std::to_string(next) + "&limit=" + std::to_string(std::min(named.last - next, most - 1) + 1);
    const Response response =
        client.call({"GET", "/v1/audit/entries?" + range + '&' + payloads(given), given.why.headers(), {}});
    require_success(response);
    WipingResource memory;
    const json::value body = parse_reply(response, memory);
    check_named(named, body.as_object());
    const json::array& entries = body.at("entries").as_array();
    if (entries.empty()) fail(Exit::unavailable, "the gateway leaves out entry " + std::to_string(next));
    if (named.first == named.last) return show_whole(shared, entries.front().as_object());
    show_entries(shared, entries);
    next += entries.size();
  }
}

}  // namespace

void add_audit(CLI::App& app, const Shared& shared) {
  auto* audit = app.add_subcommand("audit", "read and verify the decrypt log; for auditors");
  audit->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = audit->add_subcommand("tail", "the newest entries");
  sub->add_option("-n,--lines", given->lines, "how many")->check(CLI::Range(1, 1000))->capture_default_str();
  sub->add_flag("-f,--follow", given->follow, "go on with new entries");
  sub->add_flag("--payloads", given->payloads, "open the encrypted payloads; this is logged");
  given->why.add_to(*sub);
  sub->footer("\nExample:\n  sluis --profile auditor.toml audit tail -n 5 --payloads");
  sub->callback([&shared, given] { tail(shared, *given); });

  given = std::make_shared<Given>();
  sub = audit->add_subcommand("show", "one entry, whole; or those of a receipt");
  sub->add_option("entry", given->receipt, "index of the entry, or a receipt: ORIGIN/INDEX, ORIGIN/FIRST-LAST")
      ->required();
  sub->add_flag("--payloads", given->payloads, "open the encrypted payload; this is logged");
  given->why.add_to(*sub);
  sub->footer(
      "\nExamples:\n  sluis --profile auditor.toml audit show 1234 --payloads\n"
      "  sluis --profile auditor.toml audit show sluis.example/gateway-1/1234-1236");
  sub->callback([&shared, given] { show(shared, *given); });
  add_audit_verify(*audit, shared);
  add_audit_receipt(*audit, shared);
  audit->footer(
      "\nExamples:\n  sluis --profile auditor.toml audit tail -n 20\n"
      "  sluis audit verify /var/lib/sluis/audit --key-file log.key");
}

}  // namespace sluis::cli
