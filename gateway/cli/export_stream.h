// The stream of `:export` taken apart into lines: records go to a writer, whole lines only; the lines that say what is
// missing become messages and the exit code, so that what is written never passes for more than it is. Not thread-safe.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/secret.h"
#include "gateway/cli/client.h"

namespace sluis::cli {

class ExportLines {
 public:
  using Writer = std::function<void(std::string_view)>;  // takes runs of whole lines
  explicit ExportLines(Writer writer) : writer_(std::move(writer)) {}

  void take(std::string_view piece);

  std::uint64_t records() const noexcept { return records_; }
  std::uint64_t failed() const noexcept { return failed_; }
  bool inside_a_line() const noexcept { return !started_.empty(); }
  bool early() const noexcept { return !problem_.is_null(); }
  // Every record that was asked for is written.
  bool complete() const noexcept { return !early() && !inside_a_line() && failed_ == 0; }
  // Throws Failure unless complete(), with what to go on with.
  void require_complete() const;
  // The id of the last line that was about a record; empty if there was none.
  std::string last_id() const;

 private:
  void start_line(std::string_view part);
  void finish_started_line(std::string_view& piece);
  void take_whole(std::string_view lines);
  void write(std::string_view run);
  void note(std::string_view line);
  [[noreturn]] void fail_early() const;

  Writer writer_;
  SecretBuffer started_, last_;
  std::uint64_t records_ = 0, failed_ = 0;
  boost::json::value problem_;  // the line that ended the stream early
};

struct ExportAsk {
  std::string collection, after;
  std::vector<std::string> fields;  // none: all that may be seen
  Headers headers;
};

// Throws Failure; what had arrived of a broken stream is in `lines` by then.
void download_export(Client& client, const ExportAsk& ask, ExportLines& lines);

}  // namespace sluis::cli
