// `sluis records export`: what the gateway streams, without the lines that say what is missing. Those become messages
// and the exit code, so that a file never passes for more than it is.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string collection, after, output = "-";
  std::vector<std::string> fields;
  Why why;
};

constexpr std::size_t kMaxLine = 64U << 20U;
constexpr const char* kProblem = "$problem";

std::string text_of_member(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? std::string() : cell(*value);
}

std::string go_on_after(std::string_view id) {
  return id.empty() ? "nothing was exported" : "go on with --after " + printable(id);
}

// Takes the stream apart into lines; records go to the file, whole lines only.
class Lines {
 public:
  explicit Lines(OutputFile& out) : out_(out) {}

  void take(std::string_view piece) {
    finish_started_line(piece);
    const auto end = piece.rfind('\n');
    const std::size_t whole = end == std::string_view::npos ? 0 : end + 1;
    if (whole != 0) take_whole(piece.substr(0, whole));
    start_line(piece.substr(whole));
  }

  std::uint64_t records() const noexcept { return records_; }
  std::uint64_t failed() const noexcept { return failed_; }
  bool inside_a_line() const noexcept { return !started_.empty(); }
  // The line that ended the stream early, as an object; null if there is none.
  const json::value& problem() const noexcept { return problem_; }

  // The id of the last line that was about a record; empty if there was none.
  std::string last_id() const {
    if (last_.empty()) return {};
    WipingResource memory;
    boost::system::error_code error;
    const json::value line = json::parse(last_.expose_text(), error, &memory);
    return error || !line.is_object() ? std::string() : text_of_member(line.get_object(), "id");
  }

 private:
  void start_line(std::string_view part) {
    if (started_.size() + part.size() > kMaxLine) fail(Exit::unavailable, "a line of the export is too long");
    started_.append(part);
  }

  void finish_started_line(std::string_view& piece) {
    const auto end = piece.find('\n');
    if (started_.empty() || end == std::string_view::npos) return;
    start_line(piece.substr(0, end + 1));
    piece.remove_prefix(end + 1);
    take_whole(started_.expose_text());
    started_.clear();
  }

  // Runs of records are written at once.
  void take_whole(std::string_view lines) {
    std::size_t run = 0;
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t next = lines.find('\n', at) + 1;
      const std::string_view line = lines.substr(at, next - at);
      if (is_problem(line)) {
        write(lines.substr(run, at - run));
        note(line);
        run = next;
      }
      at = next;
    }
    write(lines.substr(run));
  }

  // A field's name has no '$'; but the word may stand in a value, or name a member of one.
  static bool is_problem(std::string_view line) {
    if (line.find(kProblem) == std::string_view::npos) return false;
    WipingResource memory;
    boost::system::error_code error;
    const json::value said = json::parse(line, error, &memory);
    if (error || !said.is_object()) fail(Exit::unavailable, "a line of the export is not a JSON object");
    return said.get_object().contains(kProblem);
  }

  void write(std::string_view run) {
    if (run.empty()) return;
    out_.write(run);
    records_ += static_cast<std::uint64_t>(std::count(run.begin(), run.end(), '\n'));
    const auto before_last = run.substr(0, run.size() - 1).rfind('\n');
    last_ = SecretBuffer(run.substr(before_last == std::string_view::npos ? 0 : before_last + 1));
  }

  void note(std::string_view line) {
    const json::value said = json::parse(line);
    if (text_of_member(said.get_object(), kProblem) != "failed") {
      problem_ = said;
      return;
    }
    ++failed_;
    last_ = SecretBuffer(line);
    std::cerr << "does not open: " << printable(text_of_member(said.get_object(), "id")) << '\n';
  }

  OutputFile& out_;
  SecretBuffer started_, last_;
  std::uint64_t records_ = 0, failed_ = 0;
  json::value problem_;
};

std::string failed_text(std::uint64_t failed) {
  return counted(failed, "record does not open", "records do not open") + ": see the decrypt log";
}

[[noreturn]] void fail_early(const Lines& lines) {
  const json::object& problem = lines.problem().get_object();
  const std::string what = text_of_member(problem, kProblem);
  const std::string missing = lines.failed() == 0 ? "" : "; " + failed_text(lines.failed());
  if (what != "budget spent") fail(Exit::unavailable, "the export ended early: " + printable(what) + missing);
  fail(Exit::budget, "a budget is spent (try again in " + printable(text_of_member(problem, "retry_after")) + " s); " +
                         go_on_after(text_of_member(problem, "after")) + missing);
}

// A broken connection costs what is missing, not what has arrived.
Response download(Client& client, const Ask& ask, const Lines& lines, const Sink& sink) {
  try {
    return client.download(ask, sink);
  } catch (const Failure& failure) {
    const std::string id = lines.last_id();
    if (failure.code != Exit::unreachable || id.empty()) throw;
    fail(failure.code,
         failure.message + "; " + counted(lines.records(), "record", "records") + " arrived, " + go_on_after(id));
  }
}

std::string body_of(const Given& given) {
  json::object ask;
  if (!given.fields.empty()) ask["fields"] = json::array(given.fields.begin(), given.fields.end());
  if (!given.after.empty()) ask["after"] = given.after;
  return json::serialize(ask);
}

void export_all(const Shared& shared, const Given& given) {
  const std::string body = body_of(given);
  Headers headers = given.why.headers();
  headers.emplace_back("Content-Type", "application/json");
  OutputFile out(given.output);
  Lines lines(out);
  Progress progress("export", 0);
  Client client = shared.client();
  const Ask ask{"POST", "/v1/records/" + encode_segment(given.collection) + ":export", headers, body};
  const Response response = download(client, ask, lines, [&](std::string_view piece) {
    lines.take(piece);
    progress.at(lines.records(), "records");
  });
  require_success(response);
  progress.finish(counted(lines.records(), "record", "records"));
  const bool early = !lines.problem().is_null();
  const bool complete = !early && !lines.inside_a_line() && lines.failed() == 0;
  if (complete || lines.records() != 0) out.close();
  if (early) fail_early(lines);
  if (lines.inside_a_line()) fail(Exit::unavailable, "the export ended inside a line; " + go_on_after(lines.last_id()));
  if (lines.failed() != 0) fail(Exit::unavailable, failed_text(lines.failed()));
}

}  // namespace

void add_export(CLI::App& records, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = records.add_subcommand("export", "write all records as JSON lines");
  sub->add_option("collection", given->collection, "collection")->required();
  sub->add_option("--fields", given->fields, "only these fields")->delimiter(',')->check(not_empty());
  sub->add_option("--after", given->after, "continue after this id")->check(not_empty());
  sub->add_option("-o,--output", given->output, "file, made readable for you alone; - for standard output")
      ->check(not_empty())
      ->capture_default_str();
  given->why.add_to(*sub);
  sub->footer(
      "\nExample:\n  sluis records export diplomas --fields institution,level -o diplomas.ndjson \\\n"
      "    --purpose register-maintenance --case C-17\n\n"
      "Exit code 8: a budget was spent on the way; go on with the --after that is printed.\n"
      "Exit code 9: records that are named do not open; all others are written.");
  sub->callback([&shared, given] { export_all(shared, *given); });
}

}  // namespace sluis::cli
