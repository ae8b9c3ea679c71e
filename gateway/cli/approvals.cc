// `sluis approvals …` and `sluis policy propose`: what needs another person's word.
#include <boost/json.hpp>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"
#include "gateway/cli/text_diff.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string id, digest, state, file, reason;
  unsigned limit = 50;
};

std::string path_of(const Given& given) {
  return "/v1/approvals/" + encode_segment(given.id);
}

// A policy in one cell helps nobody: its text is told apart, as what it changes.
void print_policy(const json::object& approval) {
  const auto* const body = approval.if_contains("body");
  const auto* const replaces = approval.if_contains("replaces");
  if (body == nullptr || replaces == nullptr) return;
  const std::string before = cell(replaces->as_object().at("policy"));
  const std::string after = cell(body->as_object().at("policy"));
  std::cout << "\nWhat it changes in the policy that was approved last:\n";
  for (const std::string& line : text_diff(before, after)) std::cout << printable(line) << '\n';
}

void print_approval(const json::object& approval) {
  json::object head = approval;
  if (approval.contains("replaces")) {
    head.erase("replaces");
    head["body"] = json::object{{"policy_digest", approval.at("body").as_object().at("policy_digest")}};
  }
  print_object(head);
  print_policy(approval);
}

void show_reply(const Shared& shared, const Response& response) {
  require_success(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  print_approval(parse_reply(response, memory).as_object());
}

void list(const Shared& shared, const Given& given) {
  Client client = shared.client();
  std::string target = "/v1/approvals?limit=" + std::to_string(given.limit);
  if (!given.state.empty()) target += "&state=" + encode_segment(given.state);
  const Response response = client.call({"GET", target, {}, {}});
  require_success(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  const auto& rows = body.at("approvals").as_array();
  if (rows.empty()) std::cout << "No request.\n";
  if (!rows.empty()) print_rows(rows);
  if (body.as_object().contains("next")) std::cerr << "There are more: --limit\n";
}

void show(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const Response response = client.call({"GET", path_of(given), {}, {}});
  show_reply(shared, response);
  if (shared.json) return;
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  if (cell(body.at("state")) != "waiting") return;
  std::cout << "\nTo approve exactly this:\n  sluis approvals approve " << cell(body.at("approval")) << " --digest "
            << cell(body.at("digest")) << '\n';
}

void decide(const Shared& shared, const Given& given, const std::string& verb) {
  Client client = shared.client();
  const std::string body = verb == "approve" ? json::serialize(json::object{{"digest", given.digest}}) : "";
  Headers headers;
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  show_reply(shared, client.call({"POST", path_of(given) + ":" + verb, headers, body}));
}

void propose(const Shared& shared, const Given& given) {
  const SecretBuffer text = read_all(given.file);
  json::object body{{"policy", text.expose_text()}};
  if (!given.reason.empty()) body["reason"] = given.reason;
  Client client = shared.client();
  const std::string sent = json::serialize(body);
  const Response response = client.call({"POST", "/v1/policy:propose", {{"Content-Type", "application/json"}}, sent});
  show_reply(shared, response);
  if (shared.json) return;
  WipingResource memory;
  const auto reply = parse_reply(response, memory);
  std::cout << "\nAnother security officer reads it and approves it:\n  sluis approvals show "
            << cell(reply.at("approval"))
            << "\nThen the operator puts the file in its place and reloads the gateway.\n";
}

CLI::App* decision(CLI::App& parent, const Shared& shared, const std::shared_ptr<Given>& given, const char* verb,
                   const char* text) {
  auto* sub = parent.add_subcommand(verb, text);
  sub->add_option("id", given->id, "the request, as `sluis approvals list` names it")->required()->check(not_empty());
  sub->callback([&shared, given, verb] { decide(shared, *given, verb); });
  return sub;
}

}  // namespace

void add_approvals(CLI::App& app, const Shared& shared) {
  auto* approvals = app.add_subcommand("approvals", "what needs another person's word");
  approvals->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = approvals->add_subcommand("list", "requests, the oldest first");
  sub->add_option("--state", given->state,
                  "waiting, approved, executing, executed, failed, refused, withdrawn, expired or lapsed");
  sub->add_option("--limit", given->limit, "how many at most")->capture_default_str()->check(CLI::Range(1, 200));
  sub->footer("\nExample:\n  sluis --profile officer.toml approvals list --state waiting");
  sub->callback([&shared, given] { list(shared, *given); });

  sub = approvals->add_subcommand("show", "exactly what will be done, and who has approved it");
  sub->add_option("id", given->id, "the request")->required()->check(not_empty());
  sub->callback([&shared, given] { show(shared, *given); });

  sub = decision(*approvals, shared, given, "approve", "approve it: never one's own request");
  sub->add_option("--digest", given->digest, "digest of what was read, as `show` prints it")
      ->required()
      ->check(not_empty());
  decision(*approvals, shared, given, "refuse", "refuse it for good");
  decision(*approvals, shared, given, "withdraw", "withdraw one's own request");
  approvals->footer("\nExample:\n  sluis --profile officer-2.toml approvals show 0006a1b2c3d4e5-0a1b2c3d");
}

void add_policy_propose(CLI::App& policy, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = policy.add_subcommand("propose", "put another policy up for a second officer's approval");
  sub->add_option("file", given->file, "policy file")->required();
  sub->add_option("--reason", given->reason, "why, for those who approve it")->check(not_empty());
  sub->footer("\nExample:\n  sluis --profile officer-1.toml policy propose policy.toml --reason 'a new back end'");
  sub->callback([&shared, given] { propose(shared, *given); });
}

}  // namespace sluis::cli
