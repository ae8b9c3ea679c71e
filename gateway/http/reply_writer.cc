#include "gateway/http/reply_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace sluis::gateway {

namespace {

void append_number(SecretBuffer& out, std::uint64_t value, int base = 10) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

void append_header(SecretBuffer& out, std::string_view name, std::string_view value) {
  if (name.empty() || has_control(name) || has_control(value)) return;
  out.append(name);
  out.append(": ");
  out.append(value);
  out.append("\r\n");
}

// RFC 9110 section 8.6: neither 204 nor 304 carries a body here.
bool bodiless(unsigned status) noexcept {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace

std::string_view reason(unsigned status) noexcept {
  struct Row {
    unsigned status;
    std::string_view text;
  };
  static constexpr std::array kRows{
      Row{200, "OK"},
      Row{201, "Created"},
      Row{202, "Accepted"},
      Row{204, "No Content"},
      Row{206, "Partial Content"},
      Row{304, "Not Modified"},
      Row{400, "Bad Request"},
      Row{403, "Forbidden"},
      Row{404, "Not Found"},
      Row{405, "Method Not Allowed"},
      Row{408, "Request Timeout"},
      Row{409, "Conflict"},
      Row{411, "Length Required"},
      Row{412, "Precondition Failed"},
      Row{413, "Content Too Large"},
      Row{414, "URI Too Long"},
      Row{415, "Unsupported Media Type"},
      Row{417, "Expectation Failed"},
      Row{422, "Unprocessable Content"},
      Row{428, "Precondition Required"},
      Row{429, "Too Many Requests"},
      Row{431, "Request Header Fields Too Large"},
      Row{500, "Internal Server Error"},
      Row{501, "Not Implemented"},
      Row{503, "Service Unavailable"},
      Row{505, "HTTP Version Not Supported"},
  };
  for (const auto& row : kRows) {
    if (row.status == status) return row.text;
  }
  return "Status";
}

std::string http_date(std::uint64_t unix_seconds) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                                 utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

void append_reply(SecretBuffer& out, const Reply& reply, const Framing& framing) {
  out.reserve(out.size() + 512 + reply.body.size());
  out.append("HTTP/1.1 ");
  append_number(out, reply.status);
  out.append(" ");
  out.append(reason(reply.status));
  out.append("\r\n");
  append_header(out, "Date", framing.date);
  const bool body = !bodiless(reply.status);
  if (body && !reply.content_type.empty()) append_header(out, "Content-Type", reply.content_type);
  if (body && framing.body == Framing::Body::chunked) {
    append_header(out, "Transfer-Encoding", "chunked");
  } else if (body) {
    out.append("Content-Length: ");
    append_number(out, reply.body.size());
    out.append("\r\n");
  }
  // Nothing here may be kept by a cache or be taken for what it is not.
  out.append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  append_header(out, "Sluis-Request-Id", framing.request_id);
  for (const auto& [name, value] : reply.headers) append_header(out, name, value);
  if (framing.after == Framing::After::close) append_header(out, "Connection", "close");
  out.append("\r\n");
  if (body && framing.body == Framing::Body::whole) out.append(reply.body.expose_text());
}

void append_chunk(SecretBuffer& out, std::string_view bytes) {
  if (bytes.empty()) return;  // an empty chunk would end the body
  out.reserve(out.size() + bytes.size() + 24);
  append_number(out, bytes.size(), 16);
  out.append("\r\n");
  out.append(bytes);
  out.append("\r\n");
}

void append_last_chunk(SecretBuffer& out) {
  out.append("0\r\n\r\n");
}

}  // namespace sluis::gateway
