// `sluis keys …`: keys, their versions and how long they may be used.
#include <boost/json.hpp>
#include <ctime>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

constexpr unsigned kAccepted = 202;  // waits for another person's approval

struct Given {
  std::string key, prefix, after, reason, approval;
  std::string rotate_every, reencrypt_within, destroy_after;
  unsigned version = 0, limit = 100;
};

std::string path_of(const Given& given) {
  const std::size_t slash = given.key.find('/');
  if (slash == std::string::npos) return "/v1/keys/" + encode_segment(given.key);
  return "/v1/keys/" + encode_segment(given.key.substr(0, slash)) + '/' + encode_segment(given.key.substr(slash + 1));
}

// "2026-11-24 17:05Z"; empty if there is no such time.
std::string time_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_number()) return {};
  const auto seconds = static_cast<std::time_t>(found->to_number<std::uint64_t>() / 1'000'000);
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%MZ", &time)};
}

std::string member(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found == nullptr ? std::string() : cell(*found);
}

std::string age_of(const json::object& key) {
  const json::value* found = key.if_contains("age_seconds");
  if (found == nullptr || !found->is_number()) return {};
  return std::to_string(found->to_number<std::uint64_t>() / 86'400) + " d";
}

void print_overdue(const json::object& key) {
  for (const json::value& text : key.at("overdue").as_array()) std::cout << "! " << printable(cell(text)) << '\n';
}

void list(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const std::string target = "/v1/keys?prefix=" + encode_segment(given.prefix) +
                             "&after=" + encode_segment(given.after) + "&limit=" + std::to_string(given.limit);
  const Response response = client.call({"GET", target, {}, {}});
  require_success(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  Table table({"KEY", "IN USE", "AGE", "ROTATE EVERY", "VERSIONS", ""});
  for (const json::value& row : body.at("keys").as_array()) {
    const json::object& key = row.as_object();
    table.row(
        {member(key, "name"), member(key, "in_use"), age_of(key), member(key.at("period").as_object(), "rotate_every"),
         std::to_string(key.at("versions").as_array().size()), key.at("overdue").as_array().empty() ? "" : "overdue"});
  }
  table.print();
  for (const json::value& row : body.at("keys").as_array()) print_overdue(row.as_object());
  if (body.as_object().contains("next")) std::cerr << "There are more: --after " << cell(body.at("next")) << '\n';
}

void show(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const Response response = client.call({"GET", path_of(given), {}, {}});
  require_success(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  const json::object& key = body.as_object();
  std::cout << printable(member(key, "name")) << "  " << member(key, "id") << "\nperiod  " << cell(key.at("period"))
            << "\n\n";
  Table table({"VERSION", "STATE", "MASTER", "IN USE SINCE", "REPLACED", "EMPTIED", "DESTROY FROM", "REASON"});
  for (const json::value& row : key.at("versions").as_array()) {
    const json::object& version = row.as_object();
    table.row({member(version, "version"), member(version, "state"), member(version, "master_version"),
               time_of(version, "activated_us"), time_of(version, "deactivated_us"), time_of(version, "emptied_us"),
               time_of(version, "destroy_from_us"), member(version, "reason")});
  }
  table.print();
  print_overdue(key);
}

void compromise(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const std::string body = json::serialize(json::object{{"version", given.version}, {"reason", given.reason}});
  const Response response =
      client.call({"POST", path_of(given) + ":compromise", {{"Content-Type", "application/json"}}, body});
  require_success(response);
  WipingResource memory;
  const auto reply = parse_reply(response, memory);
  if (shared.json) std::cout << response.body.expose_text() << '\n';
  if (!shared.json) {
    std::cout << "Version " << given.version << " of " << printable(given.key) << " seals nothing more; version "
              << member(reply.as_object(), "in_use") << " does. Its data are re-encrypted first: sluis rollover list\n";
  }
}

void period(const Shared& shared, const Given& given) {
  json::object wanted;
  if (!given.rotate_every.empty()) wanted["rotate_every"] = given.rotate_every;
  if (!given.reencrypt_within.empty()) wanted["reencrypt_within"] = given.reencrypt_within;
  if (!given.destroy_after.empty()) wanted["destroy_after"] = given.destroy_after;
  Headers headers{{"Content-Type", "application/json"}};
  if (!given.approval.empty()) headers.emplace_back("Sluis-Approval", given.approval);
  Client client = shared.client();
  const std::string body = json::serialize(wanted);
  const Response response = client.call({"PUT", path_of(given) + "/period", headers, body});
  require_success(response);
  WipingResource memory;
  const auto reply = parse_reply(response, memory);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  if (response.status != kAccepted) {
    std::cout << "The period may be lowered to this. Now change the gateway's configuration and reload it.\n";
    return;
  }
  const std::string id = member(reply.as_object(), "approval");
  std::cout << "Another security officer must approve request " << id << ":\n  sluis approvals show " << id
            << "\nThen repeat this command with --approval " << id << '\n';
}

CLI::App* one(CLI::App& keys, const std::shared_ptr<Given>& given, const char* name, const char* text) {
  auto* sub = keys.add_subcommand(name, text);
  sub->add_option("key", given->key, "name of the key: records/diplomas, transit/orders, master")
      ->required()
      ->check(not_empty());
  return sub;
}

}  // namespace

void add_keys(CLI::App& app, const Shared& shared) {
  auto* keys = app.add_subcommand("keys", "keys, their versions and how long they may be used");
  keys->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = keys->add_subcommand("list", "keys by name, with the age of what is in use");
  sub->add_option("--prefix", given->prefix, "names that start like this: records/, transit/");
  sub->add_option("--after", given->after, "names after this one");
  sub->add_option("--limit", given->limit, "how many at most")->capture_default_str()->check(CLI::Range(1, 500));
  sub->footer("\nExample:\n  sluis --profile officer.toml keys list --prefix records/");
  sub->callback([&shared, given] { list(shared, *given); });

  sub = one(*keys, given, "show", "one key: states and times of its versions");
  sub->footer("\nExample:\n  sluis --profile officer.toml keys show records/diplomas");
  sub->callback([&shared, given] { show(shared, *given); });

  sub = one(*keys, given, "compromise", "say that a version is known to somebody else: it seals nothing more");
  sub->add_option("version", given->version, "number of the version")->required()->check(CLI::Range(1, 0x7fffffff));
  sub->add_option("--reason", given->reason, "why, for the log")->required()->check(not_empty());
  sub->footer(
      "\nExample:\n  sluis --profile officer.toml keys compromise records/diplomas 3 --reason 'backup tape lost'");
  sub->callback([&shared, given] { compromise(shared, *given); });

  sub = one(*keys, given, "period", "ask that a period may be lowered; the configuration then lowers it");
  sub->add_option("--rotate-every", given->rotate_every, "as 180d");
  sub->add_option("--reencrypt-within", given->reencrypt_within, "as 30d");
  sub->add_option("--destroy-after", given->destroy_after, "as 30d");
  sub->add_option("--approval", given->approval, "the request that another officer has approved");
  sub->footer("\nExample:\n  sluis --profile officer.toml keys period records/diplomas --rotate-every 180d");
  sub->callback([&shared, given] { period(shared, *given); });
}

}  // namespace sluis::cli
