// What a handler sees of a call, and what it gives back. Handlers are plain synchronous functions: they return a reply
// *and* its log entries; the server holds the reply until the entries are durable (gateway/http/reply_gate.h).
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/entry.h"
#include "crypto/result.h"
#include "crypto/secret.h"
#include "gateway/http/client_certificate.h"
#include "policy/policy.h"

namespace sluis::gateway {

enum class Method : std::uint8_t { get, head, put, post, patch, del, list, other };

// One request, whole. Views live as long as the Call.
struct Call {
  Method method = Method::other;
  std::string path;                                         // decoded, without the query
  std::vector<std::pair<std::string, std::string>> params;  // from the route's pattern, decoded
  std::vector<std::pair<std::string, std::string>> query;   // decoded, in order
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  SecretBuffer body;
  std::shared_ptr<const ClientCertificate> certificate;  // null on a listener without TLS
  const policy::Principal* principal = nullptr;          // never null in a handler that needs one
  policy::Decision decision;                             // allowed, with the fields allowed
  std::shared_ptr<const policy::Policy> policy;          // the policy that decided
  std::string purpose, case_reference;                   // headers Sluis-Purpose and Sluis-Case, checked
  std::string client_address;
  std::string request_id;
  std::uint64_t now_us = 0;

  std::string_view param(std::string_view name) const;  // empty if absent
  // What the call's key is called: "{family}/{key}" where the pattern has both, else "{key}"; empty if it has none.
  std::string key_name() const;
  std::optional<std::string_view> query_value(std::string_view name) const;
  std::string_view header(std::string_view name) const;  // case-insensitive; empty if absent
  std::size_t count_header(std::string_view name) const;
};

struct Reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  SecretBuffer body;
};

// What the reply waits for.
enum class Hold : std::uint8_t {
  nothing,    // no entry, or entries that may be lost with the process
  plaintext,  // released only when its entries are durable; otherwise 503 `audit halted` goes out instead
  write,      // waits for its entries too, but is released when the log is halted: writes go on
};

struct Outcome {
  Reply reply;
  std::vector<audit::Event> events;
  Hold hold = Hold::nothing;
};

using Handler = std::function<Outcome(Call&)>;

// One of several calls of a route that are handled together. Each has an outcome of its own, whatever becomes of its
// neighbours.
struct GroupedCall {
  Call& call;
  std::optional<Outcome> outcome{};
  std::exception_ptr thrown{};  // in place of an outcome: a bug that is this call's alone

  bool settled() const noexcept { return outcome.has_value() || thrown != nullptr; }
  // Does what concerns this call only, unless it is settled already.
  template <typename Work>
  void alone(const Work& work) noexcept {
    if (settled()) return;
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }
};
// Settles every call. If it throws, that is the end of those calls that are not settled by then.
using GroupHandler = std::function<void(std::span<GroupedCall>)>;

// A body that is consumed as it arrives (import). All methods run on a worker thread, one at a time.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // An error ends the upload: the connection gets problem_of(error) and is closed.
  virtual Status feed(std::string_view piece) = 0;
  virtual Outcome finish() = 0;
  virtual void abandon() noexcept = 0;  // the client went away or was too slow
};
using SinkHandler = std::function<Result<std::unique_ptr<BodySink>>(Call&)>;

// A reply that is produced piece by piece (export). Each piece leaves only when its entries are durable.
struct Piece {
  SecretBuffer bytes;
  std::vector<audit::Event> events;
  bool last = false;
};
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual Reply head() = 0;  // status and headers; the body is empty
  virtual Result<Piece> next() = 0;
};
// Either a source, or an ordinary outcome that refuses.
struct Streamed {
  std::unique_ptr<BodySource> source;
  std::optional<Outcome> refused;
};
using SourceHandler = std::function<Streamed(Call&)>;

// A body that is answered while it arrives, in memory that does not grow with it: what is fed in comes out as pieces.
// All methods run on a worker thread, one at a time. A client that sends all before it reads must not send more than
// the sockets hold: then both sides wait, and the time limits end it.
class BodyFilter {
 public:
  virtual ~BodyFilter() = default;
  virtual Reply head() = 0;  // status and headers; the body is empty
  // An error ends the reply: as a problem before its first piece, without its end mark after it.
  virtual Result<Piece> feed(std::string_view piece) = 0;
  virtual Result<Piece> finish() = 0;
};
// Either a filter, or an ordinary outcome that refuses.
struct Filtered {
  std::unique_ptr<BodyFilter> filter;
  std::optional<Outcome> refused;
};
using FilterHandler = std::function<Filtered(Call&)>;

// Where a handler may run.
enum class Runs : std::uint8_t {
  io,      // never blocks
  local,   // on the I/O thread if the store is local and the keys are cached, else on a worker
  worker,  // may block: bounded worker pool, 503 with Retry-After when full
};

// What of the headers of the compatible interface counts: X-Vault-Token, Authorization: Bearer, X-Vault-Namespace.
enum class TokenUse : std::uint8_t {
  none,     // nothing
  ignored,  // the namespace; a token may be there, good or bad
  checked,  // both: a token that is there must be good
};

// One row of the route table. Patterns: "/v1/records/{collection}/{id}", "/v1/records/{collection}:read",
// "/v1/records/{collection}/{id}:attest". A pattern without an action is open to any verified certificate or to none.
struct Route {
  Method method;
  std::string pattern;
  std::string action;  // action of policy/actions.h; empty: no decision needed
  Runs runs = Runs::worker;
  std::size_t body_limit = 1U << 20U;  // bytes; a larger body is 413. Not for sinks.
  Handler handler;                     // exactly one of the four is set
  SinkHandler sink;
  SourceHandler source;
  GroupHandler group;  // calls that wait for a worker at the same time are handled together; a lone one never waits
  // The parameters that a query may have, each once; anything else is 400. `any`: the handler looks for itself.
  static constexpr const char* any = "*";
  std::vector<std::string> query = {};
  FilterHandler filter{};  // beside a handler: takes the calls whose body is NDJSON (application/x-ndjson)
  TokenUse token = TokenUse::none;
  // A dangerous act: distinct principals of all these roles must be party to it, the caller being one of them
  // (gateway/approvals). Empty: the caller alone.
  std::vector<policy::Role> parties = {};
};

// RFC 9457 problem documents; a failed decrypt says nothing about why it failed.
Reply problem(unsigned status, std::string_view title, std::string_view detail = {});
Reply problem_of(const Error& error);

}  // namespace sluis::gateway
