#include "gateway/server/oplog.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <ctime>

namespace sluis::gateway {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

std::string_view name(LogLevel level) {
  static constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escape.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":";
  append_text(out, value);
}

void append_field(std::string& out, std::string_view key, std::uint64_t value) {
  out += ",\"";
  out += key;
  out += "\":";
  out += std::to_string(value);
}

std::string begin(LogLevel level, std::string_view event) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  std::array<char, 40> time{};
  const auto size = std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(time.data() + size, time.size() - size, ".%03ldZ", now.tv_nsec / 1'000'000);
  std::string line = "{\"time\":\"";
  line += time.data();
  line += "\",\"level\":\"";
  line += name(level);
  line += '"';
  append_field(line, "event", event);
  return line;
}

}  // namespace

struct OpLog::Impl {
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<LogRequests> requests{LogRequests::failures};
};

OpLog::OpLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpLog::~OpLog() = default;

Result<std::unique_ptr<OpLog>> OpLog::open(const Config& config) {
  auto impl = std::make_unique<Impl>();
  try {
    spdlog::sink_ptr sink;
    if (config.file.empty()) sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    if (!config.file.empty()) sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.file);
    impl->logger = std::make_shared<spdlog::logger>("sluisd", std::move(sink));
  } catch (const spdlog::spdlog_ex&) {
    return Error{Code::invalid, "log.file cannot be opened"};
  }
  impl->logger->set_pattern("%v");
  impl->logger->flush_on(spdlog::level::info);
  std::unique_ptr<OpLog> log(new OpLog(std::move(impl)));
  log->set(config.level, config.requests);
  return log;
}

void OpLog::write(LogLevel level, Literal event, std::initializer_list<Field> fields) {
  if (!impl_->logger->should_log(level_of(level))) return;
  auto line = begin(level, event.view());
  for (const auto& [key, value] : fields) append_field(line, key, value);
  line += '}';
  impl_->logger->log(level_of(level), line);
}

void OpLog::request(const RequestLine& line) {
  const auto wanted = impl_->requests.load(std::memory_order_relaxed);
  if (wanted == LogRequests::none || (wanted == LogRequests::failures && line.status < 400)) return;
  const auto level = line.status >= 500 ? LogLevel::warning : LogLevel::info;
  if (!impl_->logger->should_log(level_of(level))) return;
  auto text = begin(level, "request");
  append_field(text, "request", line.request_id);
  append_field(text, "principal", line.principal);
  append_field(text, "method", line.method);
  append_field(text, "route", line.route);
  append_field(text, "status", line.status);
  append_field(text, "microseconds", line.microseconds);
  append_field(text, "bytes_in", line.bytes_in);
  append_field(text, "bytes_out", line.bytes_out);
  text += '}';
  impl_->logger->log(level_of(level), text);
}

void OpLog::set(LogLevel level, LogRequests requests) {
  impl_->logger->set_level(level_of(level));
  impl_->requests.store(requests, std::memory_order_relaxed);
}

void OpLog::flush() {
  impl_->logger->flush();
}

}  // namespace sluis::gateway
