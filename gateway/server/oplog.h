// The operational log: JSON lines for operators. It holds no personal data, by construction: lines are made of
// literals, names from the configuration and the policy, numbers and request ids; never of paths, ids, queries, header
// values or client addresses. The legal record is the audit log. Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/result.h"

namespace sluis::gateway {

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogRequests : std::uint8_t { none, failures, all };

class OpLog {
 public:
  struct Config {
    std::string file;  // empty: standard error
    LogLevel level = LogLevel::info;
    LogRequests requests = LogRequests::failures;
  };
  static Result<std::unique_ptr<OpLog>> open(const Config& config);
  ~OpLog();
  OpLog(const OpLog&) = delete;
  OpLog& operator=(const OpLog&) = delete;

  using Field = std::pair<std::string_view, std::string>;
  // `event` is a literal: "started", "reload refused".
  void write(LogLevel level, Literal event, std::initializer_list<Field> fields = {});

  struct RequestLine {
    std::string_view request_id, principal, method, route;
    unsigned status = 0;
    std::uint64_t microseconds = 0, bytes_in = 0, bytes_out = 0;
  };
  void request(const RequestLine& line);

  void set(LogLevel level, LogRequests requests);
  void flush();

 private:
  struct Impl;
  explicit OpLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluis::gateway
