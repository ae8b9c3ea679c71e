// `sluis keys blockers|schedule-destruction|withdraw-destruction|destroy|certificates`.
#include <boost/json.hpp>
#include <iostream>

#include "audit/note.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"
#include "gateway/cli/verifier_key.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

constexpr unsigned kAccepted = 202;
constexpr unsigned kBlocked = 409;

struct Given {
  std::string key, approval, reason, id, file, out, verifier, verifier_file;
  unsigned version = 0;
};

// "records/diplomas" is /v1/keys/records/diplomas, and the master key has the word alone.
std::string path_of(const Given& given) {
  const auto slash = given.key.find('/');
  std::string path = "/v1/keys/" + encode_segment(given.key.substr(0, slash));
  if (slash != std::string::npos) path += '/' + encode_segment(given.key.substr(slash + 1));
  return path + "/versions/" + std::to_string(given.version);
}

void print_blockers(const json::object& body) {
  const auto& rows = body.at("blockers").as_array();
  if (rows.empty()) std::cout << "Nothing stands in the way.\n";
  for (const auto& row : rows) {
    std::cout << printable(cell(row.at("obstacle"))) << ": " << printable(cell(row.at("text"))) << '\n';
  }
}

bool has_blockers(const Response& response) {
  WipingResource memory;
  boost::system::error_code error;
  const auto body = json::parse(response.body.expose_text(), error, &memory);
  return !error && body.is_object() && body.get_object().contains("blockers");
}

void blockers(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const Response response = client.call({"GET", path_of(given) + "/blockers", {}, {}});
  require_success(response);
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  if (shared.json) std::cout << response.body.expose_text() << '\n';
  if (!shared.json) print_blockers(body.as_object());
  if (!body.at("may_be_destroyed").as_bool()) fail(Exit::no, "it cannot be destroyed yet");
}

void show(const Shared& shared, const Response& response) {
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  print_object(parse_reply(response, memory).as_object());
}

void act(const Shared& shared, const Given& given, const std::string& verb) {
  Client client = shared.client();
  const Response response = client.call({"POST", path_of(given) + ":" + verb, {}, {}});
  require_success(response);
  show(shared, response);
}

void write_note(const Given& given, const json::object& body) {
  if (given.out.empty()) return;
  OutputFile file(given.out);
  file.write(cell(body.at("note")));
  file.close();
}

void destroy(const Shared& shared, const Given& given) {
  Client client = shared.client();
  Headers headers;
  if (!given.approval.empty()) headers.emplace_back("Sluis-Approval", given.approval);
  if (!given.reason.empty()) headers.emplace_back("Sluis-Reason", given.reason);
  const Response response = client.call({"POST", path_of(given) + ":destroy", headers, {}});
  if (response.status == kBlocked && has_blockers(response)) {
    WipingResource memory;
    print_blockers(parse_reply(response, memory).as_object());
    fail(Exit::conflict, "it cannot be destroyed yet");
  }
  require_success(response);
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  if (response.status != kAccepted) write_note(given, body.as_object());
  if (shared.json) std::cout << response.body.expose_text() << '\n';
  if (shared.json) return;
  if (response.status != kAccepted) {
    print_object(body.at("certificate").as_object());
    return;
  }
  const std::string id = cell(body.at("approval"));
  std::cout << "Request " << id << " waits for approval by: " << cell(body.at("needs"))
            << "\nThey read and approve it:\n  sluis approvals show " << id << "\nThen:\n  sluis keys destroy "
            << printable(given.key) << ' ' << given.version << " --approval " << id << '\n';
}

json::object certificate_in(const std::string& note) {
  const auto text = audit::unverified_text(note);
  const auto line = text ? text->find('\n') : std::string_view::npos;
  if (line == std::string_view::npos) fail(Exit::no, "this is no destruction certificate");
  boost::system::error_code error;
  const auto body = json::parse(text->substr(line + 1), error);
  if (error || !body.is_object()) fail(Exit::no, "this is no destruction certificate");
  return body.get_object();
}

void list_certificates(const Shared& shared) {
  Client client = shared.client();
  const Response response = client.call({"GET", "/v1/keys/certificates?limit=200", {}, {}});
  require_success(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
    return;
  }
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  Table table({"CERTIFICATE", "DESTROYED", "KEY", "VERSION", "APPROVED BY"});
  for (const auto& row : body.at("certificates").as_array()) {
    const auto certificate = certificate_in(cell(row.at("note")));
    table.row({cell(row.at("certificate")), cell(certificate.at("destroyed")), cell(certificate.at("key")),
               cell(certificate.at("version")), cell(certificate.at("approved_by"))});
  }
  table.print();
}

// The note as it is, for a file that proves itself.
void get_certificate(const Shared& shared, const Given& given) {
  Client client = shared.client();
  const Response response = client.call({"GET", "/v1/keys/certificates/" + encode_segment(given.id), {}, {}});
  require_success(response);
  WipingResource memory;
  const auto body = parse_reply(response, memory);
  if (!given.out.empty()) return write_note(given, body.as_object());
  std::cout << cell(body.at("note"));
}

// No gateway is asked: the file and the log's key are enough.
void verify_certificate(const Shared& shared, const Given& given) {
  std::string text = given.verifier;
  if (!given.verifier_file.empty()) text = std::string(read_all(given.verifier_file).expose_text());
  if (text.empty()) fail(Exit::usage, "give the log's key: --key or --key-file");
  const VerifierKey key = parse_verifier_key(text);
  const SecretBuffer note = read_all(given.file);
  const auto opened = audit::open_note(note.expose_text(), key.origin, key.key);
  if (!opened) fail(Exit::no, "the certificate is not signed by this key, or was changed");
  if (!opened->starts_with("sluis/destruction-certificate/1\n")) fail(Exit::no, "this is no destruction certificate");
  const auto body = certificate_in(std::string(note.expose_text()));
  if (shared.json) std::cout << json::serialize(body) << '\n';
  if (!shared.json) print_object(body);
}

CLI::App* on_version(CLI::App& keys, const std::shared_ptr<Given>& given, const char* verb, const char* text) {
  auto* sub = keys.add_subcommand(verb, text);
  sub->add_option("key", given->key, "name, as records/diplomas, transit/orders or master")
      ->required()
      ->check(not_empty());
  sub->add_option("version", given->version, "number of the version")->required()->check(CLI::Range(1, 0x7fffffff));
  return sub;
}

void add_certificates(CLI::App& keys, const Shared& shared) {
  auto* certificates = keys.add_subcommand("certificates", "destruction certificates");
  certificates->require_subcommand(1);
  certificates->add_subcommand("list", "all there are")->callback([&shared] { list_certificates(shared); });
  auto given = std::make_shared<Given>();
  auto* sub = certificates->add_subcommand("get", "one, as a signed file");
  sub->add_option("id", given->id, "the certificate")->required()->check(not_empty());
  sub->add_option("--out", given->out, "file to write it to; it must not exist")->check(not_empty());
  sub->callback([&shared, given] { get_certificate(shared, *given); });
  sub = certificates->add_subcommand("verify", "check a file against the log's key; no gateway is asked");
  sub->add_option("file", given->file, "the certificate's file")->required();
  sub->add_option("--key", given->verifier, "verifier key of the log, as `sluis hsm audit-key` prints it");
  sub->add_option("--key-file", given->verifier_file, "file with the verifier key")->excludes("--key");
  sub->callback([&shared, given] { verify_certificate(shared, *given); });
}

}  // namespace

void add_key_destruction(CLI::App& app, const Shared& shared) {
  const auto there = app.get_subcommands([](const CLI::App* sub) { return sub->get_name() == "keys"; });
  auto* keys = there.empty() ? app.add_subcommand("keys", "keys, their versions and their end") : there.front();
  keys->require_subcommand(1);
  auto given = std::make_shared<Given>();
  auto* sub = on_version(*keys, given, "blockers", "exactly what stands in the way of a version's destruction");
  sub->footer("\nExample:\n  sluis --profile custodian.toml keys blockers records/diplomas 3");
  sub->callback([&shared, given] { blockers(shared, *given); });
  for (const char* const verb : {"schedule-destruction", "withdraw-destruction"}) {
    const bool begins = std::string(verb).starts_with("schedule");
    sub = on_version(*keys, given, verb, begins ? "begin the waiting period" : "end the waiting period without harm");
    sub->callback([&shared, given, verb] { act(shared, *given, verb); });
  }
  sub = on_version(*keys, given, "destroy", "destroy a version, with a custodian's and an officer's approval");
  sub->add_option("--approval", given->approval, "the request that was approved")->check(not_empty());
  sub->add_option("--reason", given->reason, "why, for those who approve it")->check(not_empty());
  sub->add_option("--out", given->out, "file for the certificate; it must not exist")->check(not_empty());
  sub->footer("\nExample:\n  sluis --profile custodian.toml keys destroy records/diplomas 3 --reason 'rolled over'");
  sub->callback([&shared, given] { destroy(shared, *given); });
  add_certificates(*keys, shared);
}

}  // namespace sluis::cli
