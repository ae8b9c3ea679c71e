#include "gateway/cli/export_stream.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/exit.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLine = 64U << 20U;
constexpr const char* kProblem = "$problem";

std::string text_of_member(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? std::string() : cell(*value);
}

std::string go_on_after(std::string_view id) {
  return id.empty() ? "nothing was exported" : "go on with --after " + printable(id);
}

std::string failed_text(std::uint64_t failed) {
  return counted(failed, "record does not open", "records do not open") + ": see the decrypt log";
}

// A field's name has no '$'; but the word may stand in a value, or name a member of one.
bool is_problem(std::string_view line) {
  if (line.find(kProblem) == std::string_view::npos) return false;
  WipingResource memory;
  boost::system::error_code error;
  const json::value said = json::parse(line, error, &memory);
  if (error || !said.is_object()) fail(Exit::unavailable, "a line of the export is not a JSON object");
  return said.get_object().contains(kProblem);
}

std::string body_of(const ExportAsk& asked) {
  json::object ask;
  if (!asked.fields.empty()) ask["fields"] = json::array(asked.fields.begin(), asked.fields.end());
  if (!asked.after.empty()) ask["after"] = asked.after;
  return json::serialize(ask);
}

}  // namespace

void ExportLines::take(std::string_view piece) {
  finish_started_line(piece);
  const auto end = piece.rfind('\n');
  const std::size_t whole = end == std::string_view::npos ? 0 : end + 1;
  if (whole != 0) take_whole(piece.substr(0, whole));
  start_line(piece.substr(whole));
}

std::string ExportLines::last_id() const {
  if (last_.empty()) return {};
  WipingResource memory;
  boost::system::error_code error;
  const json::value line = json::parse(last_.expose_text(), error, &memory);
  return error || !line.is_object() ? std::string() : text_of_member(line.get_object(), "id");
}

void ExportLines::start_line(std::string_view part) {
  if (started_.size() + part.size() > kMaxLine) fail(Exit::unavailable, "a line of the export is too long");
  started_.append(part);
}

void ExportLines::finish_started_line(std::string_view& piece) {
  const auto end = piece.find('\n');
  if (started_.empty() || end == std::string_view::npos) return;
  start_line(piece.substr(0, end + 1));
  piece.remove_prefix(end + 1);
  take_whole(started_.expose_text());
  started_.clear();
}

// Runs of records are written at once.
void ExportLines::take_whole(std::string_view lines) {
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

void ExportLines::write(std::string_view run) {
  if (run.empty()) return;
  writer_(run);
  records_ += static_cast<std::uint64_t>(std::count(run.begin(), run.end(), '\n'));
  const auto before_last = run.substr(0, run.size() - 1).rfind('\n');
  last_ = SecretBuffer(run.substr(before_last == std::string_view::npos ? 0 : before_last + 1));
}

void ExportLines::note(std::string_view line) {
  const json::value said = json::parse(line);
  if (text_of_member(said.get_object(), kProblem) != "failed") {
    problem_ = said;
    return;
  }
  ++failed_;
  last_ = SecretBuffer(line);
  std::cerr << "does not open: " << printable(text_of_member(said.get_object(), "id")) << '\n';
}

void ExportLines::fail_early() const {
  const json::object& problem = problem_.get_object();
  const std::string what = text_of_member(problem, kProblem);
  const std::string missing = failed_ == 0 ? "" : "; " + failed_text(failed_);
  if (what != "budget spent") fail(Exit::unavailable, "the export ended early: " + printable(what) + missing);
  fail(Exit::budget, "a budget is spent (try again in " + printable(text_of_member(problem, "retry_after")) + " s); " +
                         go_on_after(text_of_member(problem, "after")) + missing);
}

void ExportLines::require_complete() const {
  if (early()) fail_early();
  if (inside_a_line()) fail(Exit::unavailable, "the export ended inside a line; " + go_on_after(last_id()));
  if (failed_ != 0) fail(Exit::unavailable, failed_text(failed_));
}

void download_export(Client& client, const ExportAsk& asked, ExportLines& lines) {
  const std::string body = body_of(asked);
  Ask ask{"POST", "/v1/records/" + encode_segment(asked.collection) + ":export", asked.headers, body};
  ask.headers.emplace_back("Content-Type", "application/json");
  Progress progress("export", 0);
  try {
    require_success(client.download(ask, [&](std::string_view piece) {
      lines.take(piece);
      progress.at(lines.records(), "records");
    }));
  } catch (const Failure& failure) {
    // A broken connection costs what is missing, not what has arrived.
    const std::string id = lines.last_id();
    if (failure.code != Exit::unreachable || id.empty()) throw;
    fail(failure.code,
         failure.message + "; " + counted(lines.records(), "record", "records") + " arrived, " + go_on_after(id));
  }
  progress.finish(counted(lines.records(), "record", "records"));
}

}  // namespace sluis::cli
