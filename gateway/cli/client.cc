#include "gateway/cli/client.h"

#include <openssl/err.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/json.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>

#include "gateway/cli/exit.h"

namespace sluis::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTimeout = std::chrono::seconds(120);
constexpr std::size_t kPiece = 64U << 10U;

struct Address {
  std::string host, port;
};

Address address_of(const std::string& url) {
  constexpr std::string_view scheme = "https://";
  if (url.rfind(scheme, 0) != 0) fail(Exit::usage, "the gateway's URL must begin with https://: " + url);
  std::string rest = url.substr(scheme.size());
  if (!rest.empty() && rest.back() == '/') rest.pop_back();
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string::npos && rest.find(']', colon) == std::string::npos;
  std::string host = has_port ? rest.substr(0, colon) : rest;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host.empty() || rest.find('/') != std::string::npos) fail(Exit::usage, "not a gateway's URL: " + url);
  return {host, has_port ? rest.substr(colon + 1) : "443"};
}

void use_files(asio::ssl::context& context, const Profile& profile) {
  const auto check = [](const error_code& error, const std::string& file) {
    if (error) fail(Exit::local, file + ": " + error.message());
  };
  error_code error;
  check(context.load_verify_file(profile.ca, error), profile.ca);
  check(context.use_certificate_chain_file(profile.certificate, error), profile.certificate);
  check(context.use_private_key_file(profile.key, asio::ssl::context::pem, error), profile.key);
}

std::string why(const error_code& error) {
  if (error == beast::error::timeout) return "no answer within two minutes";
  if (error == http::error::end_of_stream || error == asio::ssl::error::stream_truncated)
    return "the gateway closed the connection (is the certificate revoked, expired or unknown to it?)";
  return error.message();
}

}  // namespace

struct Client::Connection {
  explicit Connection(const Profile& profile)
      : context(asio::ssl::context::tls_client), address(address_of(profile.url)) {
    use_files(context, profile);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_3_VERSION);
    context.set_verify_mode(asio::ssl::verify_peer);
    stream = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(io, context);
    open();
  }

  void open() {
    stream->set_verify_callback(asio::ssl::host_name_verification(address.host));
    // The macro SSL_set_tlsext_host_name holds an old-style cast; this is what it stands for.
    SSL_ctrl(stream->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, address.host.data());
    tcp::resolver resolver(io);
    error_code error;
    const auto found = resolver.resolve(address.host, address.port, error);
    if (error) unreachable(error);
    const auto connected = run([&](auto done) {
      beast::get_lowest_layer(*stream).async_connect(found, [done](error_code e, const tcp::endpoint&) { done(e); });
    });
    if (connected) unreachable(connected);
    const auto greeted = run([&](auto done) { stream->async_handshake(asio::ssl::stream_base::client, done); });
    if (greeted) unreachable(greeted);
  }

  [[noreturn]] void unreachable(const error_code& error) const {
    fail(Exit::unreachable, "cannot talk to the gateway at " + address.host + ":" + address.port + ": " + why(error));
  }

  // Runs one asynchronous step to its end, with a time limit that synchronous calls do not have.
  template <typename Start>
  error_code run(Start start) {
    error_code result = asio::error::would_block;
    beast::get_lowest_layer(*stream).expires_after(kTimeout);
    start([&result](error_code error, auto&&...) { result = error; });
    io.restart();
    io.run();
    return result;
  }

  template <typename Body>
  http::request<Body> request(const Ask& ask) const {
    http::request<Body> message;
    message.method_string(ask.method);
    message.target(ask.target);
    message.version(11);
    message.set(http::field::host, address.host + ":" + address.port);
    message.set(http::field::user_agent, "sluis");
    for (const auto& [name, value] : ask.headers) message.set(name, value);
    return message;
  }

  error_code send(const Ask& ask) {
    auto message = request<http::span_body<const char>>(ask);
    message.body() = {ask.body.data(), ask.body.size()};
    message.prepare_payload();
    http::serializer<true, http::span_body<const char>> out(message);
    return run([&](auto done) { http::async_write(*stream, out, done); });
  }

  error_code send(const Ask& ask, const Source& source) {
    auto message = request<http::buffer_body>(ask);
    message.chunked(true);
    message.body().data = nullptr;
    message.body().more = true;
    http::serializer<true, http::buffer_body> out(message);
    error_code error = run([&](auto done) { http::async_write_header(*stream, out, done); });
    std::vector<char, WipingAllocator<char>> piece(kPiece);
    while (!error && message.body().more) {
      const std::size_t size = source({piece.data(), piece.size()});
      message.body().data = size == 0 ? nullptr : piece.data();
      message.body().size = size;
      message.body().more = size != 0;
      error = run([&](auto done) { http::async_write(*stream, out, done); });
      if (error == http::error::need_buffer) error = {};
    }
    return error;
  }

  Response receive(const Sink* sink) {
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    const auto headed = run([&](auto done) { http::async_read_header(*stream, buffer, parser, done); });
    if (headed) unreachable(headed);
    Response response;
    response.status = parser.get().result_int();
    for (const auto& field : parser.get()) response.headers.emplace_back(field.name_string(), field.value());
    const bool stream_it = sink != nullptr && response.status < 300;
    std::vector<char, WipingAllocator<char>> piece(kPiece);
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      auto error = run([&](auto done) { http::async_read(*stream, buffer, parser, done); });
      if (error == http::error::need_buffer) error = {};
      // Before the error is told: what has arrived of a long reply is not lost with the connection.
      const std::string_view text{piece.data(), piece.size() - parser.get().body().size};
      if (stream_it) (*sink)(text);
      if (!stream_it) response.body.append(text);
      if (error) unreachable(error);
    }
    keep = parser.keep_alive();
    return response;
  }

  asio::io_context io{1};
  asio::ssl::context context;
  Address address;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> stream;
  beast::basic_flat_buffer<WipingAllocator<char>> buffer;
  bool keep = true;
};

std::string Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals(key, name)) return value;
  }
  return {};
}

Client::Client(Profile profile) : profile_(std::move(profile)) {}
Client::~Client() = default;

Client::Connection& Client::connection() {
  if (!connection_ || !connection_->keep) connection_ = std::make_unique<Connection>(profile_);
  return *connection_;
}

Response Client::call(const Ask& ask) {
  Connection& to = connection();
  if (const auto error = to.send(ask)) {
    connection_.reset();
    fail(Exit::unreachable, "the connection to the gateway broke: " + why(error));
  }
  return to.receive(nullptr);
}

Response Client::upload(const Ask& ask, const Source& source) {
  Connection& to = connection();
  // A refusal may arrive while the body is still going out: the reply says more than the broken pipe.
  to.keep = !to.send(ask, source);
  Response response = to.receive(nullptr);
  return response;
}

Response Client::download(const Ask& ask, const Sink& sink) {
  Connection& to = connection();
  if (const auto error = to.send(ask)) {
    connection_.reset();
    fail(Exit::unreachable, "the connection to the gateway broke: " + why(error));
  }
  return to.receive(&sink);
}

std::string encode_segment(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', hex[byte >> 4U], hex[byte & 15U]};
  }
  return out;
}

namespace {

Exit exit_of(unsigned status) {
  switch (status) {
    case 401:
    case 403:
      return Exit::denied;
    case 404:
      return Exit::not_found;
    case 409:
    case 412:
      return Exit::conflict;
    case 429:
      return Exit::budget;
    default:
      return status >= 500 ? Exit::unavailable : Exit::invalid;
  }
}

}  // namespace

void require_success(const Response& response) {
  if (response.status >= 200 && response.status < 300) return;
  std::string text = "the gateway answered " + std::to_string(response.status);
  error_code error;
  const auto body = boost::json::parse(response.body.expose_text(), error);
  if (!error && body.is_object()) {
    for (const char* member : {"title", "detail"}) {
      const auto* value = body.as_object().if_contains(member);
      if (value != nullptr && value->is_string()) text += ": " + std::string(value->as_string());
    }
  }
  const std::string retry = response.header("Retry-After");
  if (!retry.empty()) text += " (try again in " + retry + " s)";
  const std::string id = response.header("Sluis-Request");
  if (!id.empty()) text += " [request " + id + "]";
  fail(exit_of(response.status), text);
}

}  // namespace sluis::cli
