#include "gateway/http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace sluis::gateway {

namespace http = boost::beast::http;

namespace {

using boost::beast::error_code;
using View = boost::beast::string_view;

std::string_view std_view(View text) noexcept {
  return {text.data(), text.size()};
}

// Where a piece of text stands in the buffer of texts, which may move while it grows.
struct Span {
  std::size_t at = 0, size = 0;
  std::string_view in(const SecretBuffer& texts) const noexcept { return texts.expose_text().substr(at, size); }
};

struct FieldSpan {
  Span name, value;
};

unsigned status_of(const error_code& error) noexcept {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

}  // namespace

class RequestParser::Impl final : public http::basic_parser<true> {
 public:
  explicit Impl(const ParserLimits& limits) : count_limit_(limits.header_count) {
    header_limit(limits.header_bytes);
    body_limit(boost::none);  // depends on the route: feed_body counts
    texts_.reserve(1024);
    fields_.reserve(16);
  }

  Progress parse(std::string_view& data) {
    error_code error;
    const auto taken = put(boost::asio::const_buffer(data.data(), data.size()), error);
    data.remove_prefix(taken);
    if (!error) return Progress::ready;
    if (error == http::error::need_more) return Progress::more;
    if (refusal == 0) refusal = status_of(error);
    return Progress::refused;
  }

  // The views of the head, once the texts stand still.
  void settle() {
    head.method = method_.in(texts_);
    head.target = target_.in(texts_);
    head.headers.reserve(fields_.size());
    for (const auto& field : fields_) head.headers.emplace_back(field.name.in(texts_), field.value.in(texts_));
    head.chunked = chunked();
    head.keep_alive = keep_alive();
    if (const auto length = content_length()) head.content_length = *length;
    settled_ = true;
  }

  // 0 if all is well.
  unsigned fault_of_head() const noexcept {
    if (has_transfer_encoding_ && (!plainly_chunked_ || !chunked())) return 501;
    if (hosts_ > 1 || (hosts_ == 0 && version11_)) return 400;
    return 0;
  }

  RequestHead head;
  unsigned refusal = 0;
  SecretBuffer* body = nullptr;
  std::uint64_t received = 0;
  std::uint64_t limit = 0;

 private:
  Span keep(View text) {
    const Span span{texts_.size(), text.size()};
    texts_.append(std_view(text));
    return span;
  }

  Span keep_lower(View text) {
    const Span span{texts_.size(), text.size()};
    for (const char c : text) texts_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    return span;
  }

  void refuse(unsigned status, error_code& error) {
    refusal = status;
    error = status == 413 ? http::error::body_limit : http::error::bad_field;
  }

  void on_request_impl(http::verb, View method, View target, int version, error_code& error) override {
    method_ = keep(method);
    target_ = keep(target);
    version11_ = version == 11;
    if (version != 11 && version != 10) refuse(505, error);
  }

  void on_field_impl(http::field field, View name, View value, error_code& error) override {
    if (++count_ > count_limit_) return refuse(431, error);
    if (settled_) return;  // a trailer
    if (field == http::field::host) ++hosts_;
    if (field == http::field::transfer_encoding) {
      plainly_chunked_ = !has_transfer_encoding_ && boost::beast::iequals(value, "chunked");
      has_transfer_encoding_ = true;
    }
    const auto kept_name = keep_lower(name);
    fields_.push_back({kept_name, keep(value)});
  }

  std::size_t take(View piece, error_code& error) {
    if (piece.size() > limit - received) {
      refuse(413, error);
      return 0;
    }
    received += piece.size();
    if (body != nullptr) body->append(std_view(piece));
    return piece.size();
  }

  void on_response_impl(int, View, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View piece, error_code& error) override { return take(piece, error); }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View piece, error_code& error) override { return take(piece, error); }
  void on_finish_impl(error_code&) override {}

  SecretBuffer texts_;
  Span method_, target_;
  std::vector<FieldSpan> fields_;
  std::size_t count_limit_;
  std::size_t count_ = 0;
  unsigned hosts_ = 0;
  bool version11_ = false;
  bool has_transfer_encoding_ = false;
  bool plainly_chunked_ = false;
  bool settled_ = false;
};

RequestParser::RequestParser(const ParserLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

RequestParser::Progress RequestParser::feed_head(std::string_view& data) {
  while (!impl_->is_header_done()) {
    const auto progress = impl_->parse(data);
    if (progress != Progress::ready) return progress;
  }
  impl_->settle();
  impl_->refusal = impl_->fault_of_head();
  return impl_->refusal == 0 ? Progress::ready : Progress::refused;
}

RequestParser::Progress RequestParser::feed_body(std::string_view& data, SecretBuffer& body, std::uint64_t limit) {
  impl_->body = &body;
  impl_->limit = limit;
  while (!impl_->is_done()) {
    if (data.empty()) return Progress::more;
    const auto progress = impl_->parse(data);
    if (progress != Progress::ready) return progress;
  }
  return Progress::ready;
}

const RequestHead& RequestParser::head() const noexcept {
  return impl_->head;
}
bool RequestParser::done() const noexcept {
  return impl_->is_done();
}
std::uint64_t RequestParser::body_bytes() const noexcept {
  return impl_->received;
}
unsigned RequestParser::refusal() const noexcept {
  return impl_->refusal;
}
void RequestParser::reset(const ParserLimits& limits) {
  impl_ = std::make_unique<Impl>(limits);
}

}  // namespace sluis::gateway
