// `sluis audit verify`: a log's folder, a mirror of its tiles, or those of a running gateway. Trusts no one but the
// keys it is given.
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <iostream>
#include <map>

#include "audit/verify_tiles.h"
#include "gateway/cli/audit.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string folder, checkpoint, period_keys;
  bool start_there = false;
  LogKeys keys;
};

struct VerifierKey {
  std::string origin;
  Bytes key;
};

// "name+hex(key id)+base64(0x01 || public key)": C2SP signed-note, section on verifier keys.
VerifierKey parse_key(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const auto first = text.find('+');
  const auto second = first == std::string::npos ? first : text.find('+', first + 1);
  if (second == std::string::npos)
    fail(Exit::usage, "a verifier key is written NAME+HEX+BASE64, as `sluis hsm audit-key` prints it");
  const auto bytes = from_base64(text.substr(second + 1));
  if (!bytes || bytes->size() != audit::kPublicKeySize + 1 || bytes->front() != 1) {
    fail(Exit::usage, "the verifier key is not an Ed25519 key");
  }
  VerifierKey key{text.substr(0, first), Bytes(bytes->begin() + 1, bytes->end())};
  if (audit::verifier_key(key.origin, key.key) != text)
    fail(Exit::usage, "the verifier key's id does not match its key");
  return key;
}

// Keys of periods that somebody gave to the auditor: lines "2026-11 HEX".
class DisclosedKeys final : public audit::PeriodKeys {
 public:
  explicit DisclosedKeys(const std::string& path) {
    const SecretBuffer text = read_all(path);
    for (std::string_view rest = text.expose_text(); !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      add(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  Result<SecretKey> sidecar_key(std::string_view period) override {
    const auto found = keys_.find(period);
    if (found == keys_.end()) return Error{Code::not_found, "the period's key was not given"};
    return SecretKey::copy_of(found->second.expose_secret());
  }
  Result<SecretKey> pseudonym_key(std::string_view /*period*/) override {
    return Error{Code::not_found, "the period's key was not given"};
  }

 private:
  void add(std::string_view line) {
    if (line.empty()) return;
    if (line.size() != 7 + 1 + 64 || line[7] != ' ')
      fail(Exit::usage, "period keys are lines of YYYY-MM and 64 digits");
    auto bytes = from_hex(line.substr(8));
    if (!bytes) fail(Exit::usage, "period keys are lines of YYYY-MM and 64 digits");
    auto key = SecretKey::copy_of(*bytes);
    wipe(bytes->data(), bytes->size());
    if (!key) fail(Exit::local, "no locked memory for the period's key");
    keys_.emplace(std::string(line.substr(0, 7)), *std::move(key));
  }
  std::map<std::string, SecretKey, std::less<>> keys_;
};

// The tiles that a gateway serves.
class GatewayTiles final : public audit::TileSource {
 public:
  explicit GatewayTiles(const Shared& shared) : client_(shared.client()) {}
  Result<Bytes> get(const std::string& path) override {
    const Response response = client_.call({"GET", "/v1/tlog/" + path, {}, {}});
    if (response.status == 404) return Error{Code::not_found, "a tile is missing"};
    require_success(response);
    const ByteView bytes = bytes_of(response.body.expose_text());
    return Bytes(bytes.begin(), bytes.end());
  }

 private:
  Client client_;
};

audit::VerifyOptions options_of(const Given& given) {
  audit::VerifyOptions options;
  LogKeys::Parsed parsed = given.keys.parse();
  options.origin = std::move(parsed.origin);
  if (!parsed.keys.empty()) {
    options.public_key = parsed.keys.front();
    options.other_keys.assign(parsed.keys.begin() + 1, parsed.keys.end());
  }
  if (!given.checkpoint.empty()) options.saved_checkpoint = std::string(read_all(given.checkpoint).expose_text());
  options.start_at_saved = given.start_there;
  return options;
}

std::string_view text(audit::Verification::Signature signature) {
  switch (signature) {
    case audit::Verification::Signature::none:
      return "no checkpoint";
    case audit::Verification::Signature::unchecked:
      return "not checked (give --key)";
    case audit::Verification::Signature::good:
      return "good";
    case audit::Verification::Signature::bad:
      return "BAD";
  }
  return "?";
}

json::object as_json(const audit::Finding& finding) {
  return {{"weight", finding.weight == audit::Finding::Weight::bad ? "bad" : "warning"},
          {"file", finding.file},
          {"offset", finding.offset},
          {"index", finding.index},
          {"why", finding.why}};
}

json::array findings_of(const audit::Verification& found) {
  json::array findings;
  for (const auto& finding : found.findings) findings.push_back(as_json(finding));
  return findings;
}

json::object summary_of(const audit::Verification& found) {
  return {{"good", found.good()},
          {"entries", found.entries},
          {"root", to_base64(found.root)},
          {"checkpoint_size", found.checkpoint ? json::value(found.checkpoint->size) : json::value()},
          {"signature", text(found.signature)},
          {"torn_bytes", found.torn_bytes}};
}

void show_verification(const Shared& shared, const audit::Verification& found) {
  json::array findings = findings_of(found);
  json::object summary = summary_of(found);
  if (shared.json) {
    summary["findings"] = std::move(findings);
    std::cout << json::serialize(summary) << '\n';
    return;
  }
  print_object(summary);
  if (!findings.empty()) print_rows(findings);
}

[[noreturn]] void say_first_bad(const audit::Verification& found) {
  const audit::Finding* first = found.first_bad();
  fail(Exit::no, first == nullptr
                     ? "the log does not verify"
                     : "first bad entry: " + std::to_string(first->index) + ", " + std::string(first->why));
}

// Prints what was found; ends the command if it is bad.
void conclude(const Shared& shared, const Result<audit::Verification>& found, const std::string& where) {
  if (!found) fail(Exit::local, where + ": " + std::string(found.error().what.view()));
  show_verification(shared, *found);
  if (!found->good()) say_first_bad(*found);
}

void verify_tiles_at(const Shared& shared, const Given& given, audit::TileSource& tiles, const std::string& where) {
  conclude(shared, audit::verify_tiles(tiles, options_of(given)), where);
}

// A folder is a log's own where it has a first segment; there the tiles are checked too, if there are any.
void verify_local(const Shared& shared, const Given& given) {
  namespace fs = std::filesystem;
  const fs::path folder = given.folder;
  if (fs::exists(folder / "tile") || !fs::exists(folder / "lock")) {
    audit::FolderTiles tiles(given.folder);
    if (!given.period_keys.empty()) fail(Exit::usage, "a mirror has no payloads that --period-keys could open");
    return verify_tiles_at(shared, given, tiles, given.folder);
  }
  audit::VerifyOptions options = options_of(given);
  std::optional<DisclosedKeys> disclosed;
  if (!given.period_keys.empty()) options.keys = &disclosed.emplace(given.period_keys);
  auto found = audit::verify_folder(given.folder, options);
  if (found && fs::exists(folder / "tlog")) {
    audit::FolderTiles tiles((folder / "tlog").string());
    const auto published = audit::verify_tiles(tiles, options_of(given));
    if (!published) fail(Exit::local, given.folder + "/tlog: " + std::string(published.error().what.view()));
    for (const audit::Finding& finding : published->findings) found->findings.push_back(finding);
    // What the tiles say is shown where it differs: a log's own entries are the more.
    if (!published->good() && found->good()) {
      show_verification(shared, *published);
      say_first_bad(*published);
    }
  }
  conclude(shared, found, given.folder);
}

void verify(const Shared& shared, const Given& given) {
  if (given.start_there && given.checkpoint.empty()) fail(Exit::usage, "--from-there needs --checkpoint");
  if (!given.folder.empty()) return verify_local(shared, given);
  GatewayTiles tiles(shared);
  verify_tiles_at(shared, given, tiles, "the gateway");
}

}  // namespace

void LogKeys::add_to(CLI::App& command) {
  command.add_option("--key", texts, "verifier key of the log, as `sluis hsm audit-key` prints it");
  command.add_option("--key-file", files, "file with a verifier key");
}

LogKeys::Parsed LogKeys::parse() const {
  std::vector<std::string> all = texts;
  for (const std::string& file : files) all.emplace_back(read_all(file).expose_text());
  Parsed parsed;
  for (const std::string& text : all) {
    VerifierKey key = parse_key(text);
    if (!parsed.origin.empty() && parsed.origin != key.origin) fail(Exit::usage, "the keys are of several logs");
    parsed.origin = std::move(key.origin);
    parsed.keys.push_back(std::move(key.key));
  }
  return parsed;
}

void add_audit_verify(CLI::App& audit, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = audit.add_subcommand("verify", "check a log: entries, tree, tiles, checkpoint and its signature");
  sub->add_option("folder", given->folder,
                  "folder of the log, a copy of it, or a mirror of its tiles; without it, the gateway's tiles are read")
      ->check(CLI::ExistingDirectory);
  given->keys.add_to(*sub);
  sub->add_option("--checkpoint", given->checkpoint, "a checkpoint that was saved earlier: the log must still hold it");
  sub->add_flag("--from-there", given->start_there, "of tiles: read only what came after that checkpoint");
  sub->add_option("--period-keys", given->period_keys,
                  "file with keys of periods that were disclosed to you: open the payloads too");
  sub->footer(
      "\nExamples:\n  sluis audit verify /var/lib/sluis/audit --key-file log.key\n"
      "  sluis --profile auditor.toml audit verify --key-file log.key --checkpoint last.checkpoint --from-there\n\n"
      "Exit code 1: the log does not verify; the first bad entry is named.");
  sub->callback([&shared, given] { verify(shared, *given); });
}

}  // namespace sluis::cli
