// `sluis records import`: sends a file as one stream; goes on where it stopped after a broken connection or a second
// call.
#include <boost/json/parse.hpp>
#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include "crypto/hash.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string collection, path = "-", format, import_id;
  unsigned retries = 5;
  Why why;
};

struct State {
  std::uint64_t lines_done = 0, records = 0, errors = 0;
  bool finished = false;
};

State state_of(const Response& response) {
  WipingResource memory;
  const json::value body = parse_reply(response, memory);
  const auto number = [&body](const char* name) { return body.at(name).to_number<std::uint64_t>(); };
  return {number("lines_done"), number("records"), number("errors"), body.at("finished").as_bool()};
}

// Passes a file on without the lines that an earlier attempt had written; a CSV's header always goes first.
// Lines are counted as the gateway counts them: by newline outside quotes for CSV, by newline for JSON lines.
class Resuming {
 public:
  Resuming(InputFile& file, std::uint64_t skip_lines, bool csv) : file_(file), skip_(skip_lines), csv_(csv) {}

  std::size_t fill(std::span<char> into) {
    for (;;) {
      const std::size_t got = file_.read(into);
      consumed_ += got;
      if (got == 0 || line_ >= skip_) return got;
      const std::size_t kept = keep(into.first(got));
      if (kept != 0) return kept;
    }
  }
  std::uint64_t consumed() const noexcept { return consumed_; }

 private:
  // Moves the bytes to be sent to the front, returns how many.
  std::size_t keep(std::span<char> piece) {
    std::size_t kept = 0;
    for (const char c : piece) {
      const bool wanted = line_ >= skip_ || (csv_ && line_ == 0);
      if (wanted) piece[kept++] = c;
      if (csv_ && c == '"') quoted_ = !quoted_;
      if (c == '\n' && !quoted_) ++line_;
    }
    return kept;
  }

  InputFile& file_;
  std::uint64_t skip_, line_ = 0, consumed_ = 0;
  bool csv_, quoted_ = false;
};

bool is_csv(const Given& given) {
  if (!given.format.empty()) return given.format == "csv";
  return given.path.size() > 4 && given.path.compare(given.path.size() - 4, 4, ".csv") == 0;
}

std::string import_id_of(const Given& given, const InputFile& file) {
  if (!given.import_id.empty()) return given.import_id;
  if (!file.regular()) return {};
  return "file-" + to_hex(sha256(bytes_of(given.collection + '|' + file.fingerprint()))).substr(0, 24);
}

// What the gateway knows of this import; nothing if it has not begun.
std::optional<Response> earlier(Client& client, const std::string& base, const std::string& import_id) {
  if (import_id.empty()) return std::nullopt;
  Response response = client.call({"GET", base + "/imports/" + encode_segment(import_id), {}, {}});
  if (response.status == 404) return std::nullopt;
  require_success(response);
  return response;
}

Response send(Client& client, const std::string& base, const Given& given, const std::string& import_id,
              const State& from, InputFile& file) {
  const bool csv = is_csv(given);
  std::string target = base + ":import?from_line=" + std::to_string(from.lines_done + 1);
  if (!import_id.empty()) target += "&import=" + encode_segment(import_id);
  Headers headers = given.why.headers();
  headers.emplace_back("Content-Type", csv ? "text/csv" : "application/x-ndjson");
  Progress progress("import", file.size());
  Resuming source(file, from.lines_done, csv);
  Response response = client.upload({"POST", target, headers, {}}, [&](std::span<char> into) {
    const std::size_t got = source.fill(into);
    progress.at(source.consumed(), "B");
    return got;
  });
  progress.finish(std::to_string(source.consumed()) + " bytes sent");
  return response;
}

void show_errors(Client& client, const std::string& base, const std::string& import_id) {
  const Response response =
      client.call({"GET", base + "/imports/" + encode_segment(import_id) + "/errors?after_line=0&limit=10", {}, {}});
  if (response.status != 200) return;
  WipingResource memory;
  const json::value body = parse_reply(response, memory);
  std::cerr << "the first refused lines:\n";
  print_rows(body.at("errors").as_array());
}

void show(const Shared& shared, Client& client, const std::string& base, const Response& response) {
  WipingResource memory;
  const json::value body = parse_reply(response, memory);
  const State state = state_of(response);
  if (shared.json) {
    std::cout << response.body.expose_text() << '\n';
  }
  if (!shared.json) {
    std::cout << counted(state.records, "record", "records") << " imported, " << counted(state.errors, "line", "lines")
              << " refused, import " << cell(body.at("import")) << '\n';
  }
  if (state.errors == 0) return;
  if (!shared.json) show_errors(client, base, cell(body.at("import")));
  fail(Exit::invalid, counted(state.errors, "line was", "lines were") + " refused; everything else is written");
}

bool worth_another_try(Exit code) {
  return code == Exit::unreachable || code == Exit::unavailable;
}

Response attempt(const Shared& shared, const Given& given, const std::string& import_id, InputFile& file,
                 const std::string& base) {
  Client client = shared.client();
  std::optional<Response> known = earlier(client, base, import_id);
  const State before = known ? state_of(*known) : State{};
  if (before.finished) {
    std::cerr << "this file is imported already (give another --import-id to send it again)\n";
    return *std::move(known);
  }
  if (before.lines_done != 0) std::cerr << "going on after line " << before.lines_done << '\n';
  Response response = send(client, base, given, import_id, before, file);
  require_success(response);
  return response;
}

void import(const Shared& shared, const Given& given) {
  InputFile file(given.path);
  const std::string base = "/v1/records/" + encode_segment(given.collection);
  const std::string import_id = import_id_of(given, file);
  for (unsigned tries = 0;; ++tries) {
    try {
      const Response response = attempt(shared, given, import_id, file, base);
      Client client = shared.client();
      return show(shared, client, base, response);
    } catch (const Failure& failure) {
      const bool again = worth_another_try(failure.code) && file.regular() && tries < given.retries;
      if (!again) throw;
      std::cerr << "sluis: " << failure.message << "; trying again\n";
    }
    std::this_thread::sleep_for(std::chrono::seconds(1U << std::min(tries, 5U)));
    file.rewind();
  }
}

}  // namespace

void add_import(CLI::App& records, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* command =
      records.add_subcommand("import", "write many records from JSON lines or CSV; goes on where it stopped");
  command->add_option("collection", given->collection, "collection")->required();
  command->add_option("file", given->path, "NDJSON or CSV file, - for standard input")->capture_default_str();
  command->add_option("--format", given->format, "ndjson or csv; otherwise by the file's name")
      ->check(CLI::IsMember({"ndjson", "csv"}));
  command
      ->add_option("--import-id", given->import_id,
                   "name of this import; otherwise made from the file's name, size and time")
      ->check(not_empty());
  command->add_option("--retries", given->retries, "how often to go on after a broken connection")
      ->capture_default_str();
  given->why.add_to(*command);
  command->footer(
      "\nExample:\n  sluis records import diplomas register.ndjson\n\nExit code 7: some lines were refused, all others "
      "are written.");
  command->callback([&shared, given] { import(shared, *given); });
}

}  // namespace sluis::cli
