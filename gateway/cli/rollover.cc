// `sluis rollover …`: starts, watches and steers rollovers.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
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

constexpr unsigned kAccepted = 202;  // waits for another person's approval

struct Given {
  std::string id, collection, key, adopted, reason, approval;
  bool master = false, full = false, watch = false;
  std::uint64_t rate = 0, share = 0, limit = 50;
  std::string after;
};

std::string text(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found == nullptr ? std::string() : cell(*found);
}

std::uint64_t number(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (found == nullptr || !found->is_number()) return 0;
  return found->to_number<std::uint64_t>();
}

bool ended(std::string_view state) {
  return state == "finished" || state == "finished_with_faults" || state == "failed" || state == "cancelled";
}

std::string path_of(const Given& given, std::string_view verb = {}) {
  return "/v1/rollovers/" + encode_segment(given.id) + (verb.empty() ? "" : ":" + std::string(verb));
}

void print(const Shared& shared, const json::value& value) {
  if (shared.json) std::cout << json::serialize(value) << '\n';
  if (!shared.json && value.is_object()) print_object(value.get_object());
}

// The end of a rollover as an exit code: 0 only if nothing is left under the old version.
void judge(const json::object& job) {
  const std::string state = text(job, "state");
  if (state == "finished") return;
  const std::string why = text(job, "error");
  fail(Exit::no, "the rollover is " + state + (why.empty() ? "" : ": " + why));
}

json::object fetch(Client& client, const Given& given, WipingResource& memory) {
  const Response response = client.call({"GET", path_of(given), {}, {}});
  require_success(response);
  json::value job = parse_reply(response, memory);
  if (!job.is_object()) fail(Exit::unavailable, "the gateway's reply is no rollover");
  return std::move(job.get_object());
}

// The name of what is at work, with its version, for the bar.
std::string label_of(const json::object& job) {
  std::string label = text(job, "kind");
  if (const std::string subject = text(job, "subject"); !subject.empty()) label += ' ' + subject;
  return label + ", " + text(job, "state");
}

void watch(const Shared& shared, const Given& given) {
  Client client = shared.client();
  std::unique_ptr<Progress> bar;
  std::string label;
  for (;;) {
    WipingResource memory;
    const json::object job = fetch(client, given, memory);
    const std::string state = text(job, "state");
    if (shared.json) std::cout << json::serialize(job) << std::endl;
    const std::uint64_t done = number(job, "done");
    if (label_of(job) != label) {
      label = label_of(job);
      bar = std::make_unique<Progress>(label, number(job, "total"));
    }
    if (!shared.json) bar->at(done, "items");
    if (ended(state) || state == "paused") {
      if (!shared.json) {
        bar->finish(counted(done, "item", "items") + " rewritten, " + counted(number(job, "faults"), "does", "do") +
                    " not open");
      }
      return judge(job);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

std::string quoted(const std::string& word) {
  return "'" + word + "'";
}

// What to type once the others have approved.
std::string again(const Given& given, const std::string& approval) {
  std::string command = "sluis rollover start";
  if (!given.collection.empty()) command += " --collection " + quoted(given.collection);
  if (!given.key.empty()) command += " --key " + quoted(given.key);
  if (!given.adopted.empty()) command += " --adopted " + quoted(given.adopted);
  if (given.master) command += " --master";
  if (given.full) command += " --full";
  command += " --reason " + quoted(given.reason);
  if (given.rate != 0) command += " --rate " + std::to_string(given.rate);
  if (given.share != 0) command += " --share " + std::to_string(given.share);
  return command + " --approval " + approval;
}

json::object wish_of(const Given& given) {
  json::object body{{"reason", given.reason}};
  if (!given.collection.empty()) body.emplace("collection", given.collection);
  if (!given.key.empty()) body.emplace("key", given.key);
  if (!given.adopted.empty()) body.emplace("adopted", given.adopted);
  if (given.master) body.emplace("master", true);
  if (given.full) body.emplace("full", true);
  if (given.rate != 0) body.emplace("rate", given.rate);
  if (given.share != 0) body.emplace("share", given.share);
  return body;
}

void start(const Shared& shared, const Given& given) {
  Client client = shared.client();
  Headers headers{{"Content-Type", "application/json"}};
  if (!given.approval.empty()) headers.emplace_back("Sluis-Approval", given.approval);
  const std::string body = json::serialize(wish_of(given));
  const Response response = client.call({"POST", "/v1/rollovers", headers, body});
  require_success(response);
  WipingResource memory;
  const auto reply = parse_reply(response, memory);
  if (response.status != kAccepted || !reply.is_object()) {
    print(shared, reply);
    if (!given.watch || !reply.is_object()) return;
    Given started = given;
    started.id = text(reply.get_object(), "id");
    return watch(shared, started);
  }
  if (shared.json) return print(shared, reply);
  const std::string id = text(reply.get_object(), "approval");
  std::cout << "Another security officer must approve request " << id << ":\n  sluis approvals approve " << id
            << "\nThen:\n  " << again(given, id) << '\n';
}

void list(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const std::string after = given.after.empty() ? "" : "&after=" + encode_segment(given.after);
  const Response response = client.call({"GET", "/v1/rollovers?limit=" + std::to_string(given.limit) + after, {}, {}});
  require_success(response);
  WipingResource memory;
  const auto reply = parse_reply(response, memory);
  if (shared.json || !reply.is_object()) return print(shared, reply);
  Table table({"id", "kind", "subject", "state", "done", "left", "faults", "reason"});
  const json::value* const rows = reply.get_object().if_contains("rollovers");
  if (rows == nullptr || !rows->is_array()) fail(Exit::unavailable, "the gateway's reply is no list of rollovers");
  for (const json::value& row : rows->get_array()) {
    if (!row.is_object()) continue;
    std::vector<std::string> cells;
    for (const char* name : {"id", "kind", "subject", "state", "done", "left", "faults", "reason"}) {
      cells.push_back(text(row.get_object(), name));
    }
    table.row(std::move(cells));
  }
  table.print();
}

void show(const Shared& shared, const Given& given) {
  Client client = shared.client();
  WipingResource memory;
  print(shared, fetch(client, given, memory));
}

void steer(const Shared& shared, const Given& given, std::string_view verb, const json::object* body) {
  Client client = shared.client();
  const std::string sent = body == nullptr ? std::string() : json::serialize(*body);
  Headers headers;
  if (body != nullptr) headers.emplace_back("Content-Type", "application/json");
  const Response response = client.call({"POST", path_of(given, verb), headers, sent});
  require_success(response);
  WipingResource memory;
  print(shared, parse_reply(response, memory));
}

void add_start(CLI::App& rollover, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = rollover.add_subcommand("start", "ask for a rollover: a new key version, and all data under it");
  auto* what = sub->add_option_group("what", "exactly one");
  what->add_option("--collection", given->collection, "a collection's key and records")->check(not_empty());
  what->add_option("--key", given->key, "a key: records/… or transit/… with its adopted tables")->check(not_empty());
  what->add_option("--adopted", given->adopted, "the cells of an adopted table")->check(not_empty());
  what->add_flag("--master", given->master, "the master key: all data keys are wrapped anew");
  what->add_flag("--full", given->full, "master key, keys and data");
  what->require_option(1);
  sub->add_option("--reason", given->reason, "why, for the log")->required()->check(not_empty());
  sub->add_option("--rate", given->rate, "at most so many items a second");
  sub->add_option("--share", given->share, "at most so much of the time while calls are served, per cent")
      ->check(CLI::Range(1, 100));
  sub->add_option("--approval", given->approval, "id of the request that others have approved")->check(not_empty());
  sub->add_flag("--watch", given->watch, "show how it goes until it has ended");
  sub->footer("\nExample:\n  sluis --profile officer-1.toml rollover start --collection diplomas --reason 'yearly'");
  sub->callback([&shared, given] { start(shared, *given); });
}

template <typename Act>
CLI::App* add_one(CLI::App& rollover, const char* name, const char* help, const std::shared_ptr<Given>& given,
                  const Act& act) {
  auto* sub = rollover.add_subcommand(name, help);
  sub->add_option("id", given->id, "id of the rollover")->required()->check(not_empty());
  sub->footer(std::string("\nExample:\n  sluis --profile officer-1.toml rollover ") + name +
              " 20261124-171530-1f3a09c2");
  sub->callback([given, act] { act(*given); });
  return sub;
}

void add_throttle(CLI::App& rollover, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = rollover.add_subcommand("throttle", "change how fast a rollover may go, while it runs");
  sub->add_option("id", given->id, "id of the rollover")->required()->check(not_empty());
  auto* rate = sub->add_option("--rate", given->rate, "at most so many items a second; 0: as fast as it goes");
  auto* share = sub->add_option("--share", given->share, "at most so much of the time while calls are served, per cent")
                    ->check(CLI::Range(1, 100));
  sub->footer("\nExample:\n  sluis --profile officer-1.toml rollover throttle 20261124-171530-1f3a09c2 --rate 500");
  sub->callback([&shared, given, rate, share] {
    json::object body;
    if (rate->count() != 0) body.emplace("rate", given->rate);
    if (share->count() != 0) body.emplace("share", given->share);
    if (body.empty()) fail(Exit::usage, "give --rate, --share or both");
    steer(shared, *given, "throttle", &body);
  });
}

}  // namespace

void add_rollover(CLI::App& app, const Shared& shared) {
  auto* rollover = app.add_subcommand("rollover", "new key versions, and the re-encryption of what old ones protect");
  rollover->require_subcommand(1);
  add_start(*rollover, shared);
  auto listed = std::make_shared<Given>();
  auto* sub = rollover->add_subcommand("list", "rollovers, the oldest first");
  sub->add_option("--limit", listed->limit, "at most so many")->check(CLI::Range(1, 200));
  sub->add_option("--after", listed->after, "only those after this id")->check(not_empty());
  sub->footer("\nExample:\n  sluis --profile officer-1.toml rollover list");
  sub->callback([&shared, listed] { list(shared, *listed); });
  add_one(*rollover, "show", "one rollover, as it stands", std::make_shared<Given>(),
          [&shared](const Given& given) { show(shared, given); });
  add_one(*rollover, "watch", "follow a rollover until it has ended", std::make_shared<Given>(),
          [&shared](const Given& given) { watch(shared, given); });
  for (const auto& [verb, help] :
       {std::pair{"pause", "leave off after the chunk at hand"}, std::pair{"resume", "go on with a paused rollover"},
        std::pair{"cancel", "end a rollover: both versions stay open"}}) {
    add_one(*rollover, verb, help, std::make_shared<Given>(),
            [&shared, verb = verb](const Given& given) { steer(shared, given, verb, nullptr); });
  }
  add_throttle(*rollover, shared);
  rollover->footer("\nExample:\n  sluis --profile officer-1.toml rollover start --full --reason 'yearly' --watch");
}

}  // namespace sluis::cli
