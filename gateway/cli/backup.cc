// `sluis backup …`: for operators and security officers. What takes long is watched until it has ended.
#include <boost/json.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string id, where, approval;
  bool kept = false, no_wait = false;
};

json::value ask(Client& client, const std::string& method, const std::string& target, const Headers& headers = {},
                const std::string& body = {}) {
  const Response response = client.call({method, target, headers, body});
  require_success(response);
  WipingResource memory;
  json::value out(parse_reply(response, memory), json::storage_ptr());  // a copy that outlives the memory
  return out;
}

std::string path_of(const Given& given, std::string_view verb = {}) {
  return "/v1/backups/" + encode_segment(given.id) + std::string(verb);
}

void show_value(const Shared& shared, const json::value& value) {
  if (shared.json) std::cout << json::serialize(value) << '\n';
  if (!shared.json) print_object(value.as_object());
}

std::string drill_text(const json::object& backup) {
  const auto& drill = backup.at("drill");
  if (drill.is_null()) return "not yet";
  if (drill.at("passed").as_bool()) return "passed";
  return "failed: " + cell(drill.at("problem"));
}

std::string count_text(const json::object& backup) {
  std::uint64_t out = 0;
  for (const auto& collection : backup.at("records").as_object()) {
    for (const auto& version : collection.value().as_object()) out += version.value().to_number<std::uint64_t>();
  }
  return std::to_string(out);
}

void list(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const json::value reply = ask(client, "GET", std::string("/v1/backups?state=") + (given.kept ? "kept" : "all"));
  if (shared.json) {
    std::cout << json::serialize(reply) << '\n';
    return;
  }
  Table table({"ID", "STATE", "WHERE", "BY", "RECORDS", "BYTES", "MASTERS", "DRILL"});
  for (const auto& each : reply.at("backups").as_array()) {
    const auto& backup = each.as_object();
    table.row({cell(backup.at("id")), cell(backup.at("state")), cell(backup.at("place")), cell(backup.at("trigger")),
               count_text(backup), cell(backup.at("bytes")), cell(backup.at("masters")), drill_text(backup)});
  }
  table.print();
  const std::string warning = cell(reply.at("warning"));
  if (!warning.empty()) std::cerr << "warning: " << warning << '\n';
}

// Follows the act until it has ended; other acts are none of its business.
json::object watch(Client& client, const std::string& kind, const std::string& id) {
  Progress progress(kind + ' ' + id, 0);
  for (;;) {
    const json::value reply = ask(client, "GET", "/v1/backups?state=kept");
    const auto& act = reply.at("act");
    const bool here = act.is_object() && cell(act.at("id")) == id && cell(act.at("kind")) == kind;
    if (!here || act.at("ended").as_bool()) {
      progress.finish(here ? "ended" : "another act has followed");
      return here ? act.as_object() : json::object{{"problem", ""}};
    }
    progress.at(act.at("done").to_number<std::uint64_t>(), "pages or records");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

// The generation as it is then; exit code 1 if the act did not succeed.
void watch_and_show(const Shared& shared, const Given& given, Client& client, const std::string& kind) {
  if (given.no_wait) {
    if (!shared.json) std::cout << kind << " of " << given.id << " is under way\n";
    if (shared.json) std::cout << json::serialize(json::object{{"id", given.id}, {"ended", false}}) << '\n';
    return;
  }
  const json::object act = watch(client, kind, given.id);
  json::value backup = ask(client, "GET", path_of(given));
  if (!shared.json) backup.as_object().erase("keys");
  show_value(shared, backup);
  const std::string problem = cell(act.at("problem"));
  if (!problem.empty()) fail(Exit::no, kind + " failed: " + printable(problem));
}

void create(const Shared& shared, Given given) {
  Client client = shared.client();
  given.id = cell(ask(client, "POST", "/v1/backups").at("id"));
  watch_and_show(shared, given, client, "create");
}

void start(const Shared& shared, const Given& given, const std::string& kind) {
  Client client = shared.client();
  Headers headers;
  if (!given.approval.empty()) headers.emplace_back("Sluis-Approval", given.approval);
  const json::value reply = ask(client, "POST", path_of(given, ':' + kind), headers);
  if (const auto* approval = reply.as_object().if_contains("approval"); approval != nullptr) {
    if (shared.json) std::cout << json::serialize(reply) << '\n';
    if (!shared.json) {
      std::cout << "It needs another officer's approval: " << cell(*approval) << "\nWhen `sluis approvals approve "
                << cell(*approval) << "` has been run:\n  sluis backup " << kind << ' ' << given.id << " --approval "
                << cell(*approval) << '\n';
    }
    return;
  }
  watch_and_show(shared, given, client, kind);
}

void note_outside(const Shared& shared, const Given& given) {
  Client client = shared.client();
  show_value(shared, ask(client, "POST", "/v1/backups:register", {{"Content-Type", "application/json"}},
                         json::serialize(json::object{{"where", given.where}})));
}

std::shared_ptr<Given> add_act(CLI::App& backup, const Shared& shared, const std::string& kind,
                               const std::string& text) {
  auto given = std::make_shared<Given>();
  auto* sub = backup.add_subcommand(kind, text);
  sub->add_option("id", given->id, "the generation")->required()->check(not_empty());
  sub->add_flag("--no-wait", given->no_wait, "do not watch until it has ended");
  if (kind == "restore") sub->add_option("--approval", given->approval, "the approval that another officer gave");
  sub->footer("\nExample:\n  sluis --profile officer.toml backup " + kind + " 20261124T010000123Z-1a2b3c4d");
  sub->callback([&shared, given, kind] { start(shared, *given, kind); });
  return given;
}

}  // namespace

void add_backup(CLI::App& app, const Shared& shared) {
  auto* backup = app.add_subcommand("backup", "make, try, list and restore backup generations");
  backup->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = backup->add_subcommand("create", "make a generation now, and try it");
  sub->add_flag("--no-wait", given->no_wait, "do not watch until it has ended");
  sub->footer(
      "\nExample:\n  sluis --profile operator.toml backup create\n\nExit code 1: it was not made, or not passed.");
  sub->callback([&shared, given] { create(shared, *given); });

  given = std::make_shared<Given>();
  sub = backup->add_subcommand("list", "the generations, the newest first");
  sub->add_flag("--kept", given->kept, "only those that are there");
  sub->footer("\nExample:\n  sluis --profile operator.toml backup list --kept");
  sub->callback([&shared, given] { list(shared, *given); });

  given = std::make_shared<Given>();
  sub = backup->add_subcommand("show", "one generation: its manifest and what happened to it since");
  sub->add_option("id", given->id, "the generation")->required()->check(not_empty());
  sub->footer("\nExample:\n  sluis --profile auditor.toml backup show 20261124T010000123Z-1a2b3c4d");
  sub->callback([&shared, given] {
    Client client = shared.client();
    show_value(shared, ask(client, "GET", path_of(*given)));
  });

  given = std::make_shared<Given>();
  sub = backup->add_subcommand("register", "tell of a backup that another tool has made");
  sub->add_option("where", given->where, "absolute path on the gateway's machine, or words that say where it is")
      ->required()
      ->check(not_empty());
  sub->footer("\nExample:\n  sluis --profile operator.toml backup register /mnt/snapshots/sluis-2026-11-24.db");
  sub->callback([&shared, given] { note_outside(shared, *given); });

  add_act(*backup, shared, "drill", "restore one on trial, and compare and open what is in it");
  add_act(*backup, shared, "expire", "remove one that need not be kept: made outside, or not good");
  add_act(*backup, shared, "restore", "restore one into the configured empty store; needs two officers");
  backup->footer(
      "\nExamples:\n  sluis --profile operator.toml backup create\n  sluis --profile operator.toml backup list");
}

}  // namespace sluis::cli
