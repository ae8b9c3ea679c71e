#include "gateway/audit_api/routes.h"

#include <algorithm>
#include <utility>

#include "gateway/records/json_text.h"
#include "gateway/records/request.h"

namespace sluis::gateway {
namespace {

using Payloads = audit::Log::Payloads;

constexpr std::uint64_t kMaxPage = 1000;
constexpr std::uint64_t kDefaultPage = 100;

struct Range {
  std::uint64_t first = 0;
  std::uint64_t limit = kDefaultPage;
  Payloads payloads = Payloads::closed;
};

Outcome refuse(const Error& error) {
  return {problem_of(error), {}, Hold::nothing};
}

// ?payloads=opened|closed
Result<Payloads> payloads_of(const Call& call) {
  const std::string_view text = call.query_value("payloads").value_or("closed");
  if (text == "closed") return Payloads::closed;
  if (text == "opened") return Payloads::opened;
  return Error{Code::invalid, "payloads is opened or closed"};
}

// ?first=N&limit=M, or ?last=M
Result<Range> range_of(const Call& call, std::uint64_t size) {
  Range range;
  const auto payloads = payloads_of(call);
  if (!payloads) return payloads.error();
  range.payloads = *payloads;
  const bool from_end = call.query_value("last").has_value();
  const auto first = decimal(call.query_value("first").value_or("0"));
  const auto limit = decimal(call.query_value(from_end ? "last" : "limit").value_or("100"));
  if (!first || !limit || *limit == 0) return Error{Code::invalid, "first, limit and last are whole numbers"};
  if (from_end && call.query_value("first")) return Error{Code::invalid, "first and last exclude each other"};
  range.limit = std::min(*limit, kMaxPage);
  range.first = from_end ? size - std::min(size, range.limit) : *first;
  return range;
}

void append_entry(SecretBuffer& out, const audit::Log::Entry& entry) {
  out.append(std::string_view("{\"index\":"));
  append_number(out, entry.index);
  out.append(std::string_view(",\"leaf\":"));
  out.append(entry.leaf);
  out.append(std::string_view(",\"payload\":"));
  out.append(entry.payload.empty() ? std::string_view("null") : entry.payload.expose_text());
  out.push_back('}');
}

audit::Event read_event(const Call& call, const Range& range, std::uint64_t count) {
  audit::Event event;
  event.principal = call.principal == nullptr ? "-" : call.principal->name;
  event.action = "audit.read";
  event.purpose = call.purpose;
  event.count = count;
  event.request = call.request_id;
  event.payload.case_reference = call.case_reference;
  event.payload.client_address = call.client_address;
  event.payload.detail = "entries from " + std::to_string(range.first) +
                         (range.payloads == Payloads::opened ? ", payloads opened" : ", payloads closed");
  return event;
}

// Leaves hold no personal data: they can be read while the log is halted, which is when somebody must. Payloads wait
// for their entry like any plaintext.
Outcome answer(const Call& call, const Range& range, std::uint64_t count, SecretBuffer body) {
  Outcome outcome;
  outcome.reply.body = std::move(body);
  outcome.events.push_back(read_event(call, range, count));
  outcome.hold = range.payloads == Payloads::opened ? Hold::plaintext : Hold::write;
  return outcome;
}

Outcome list_entries(audit::Log& log, Call& call) {
  const std::uint64_t size = log.size();
  const auto range = range_of(call, size);
  if (!range) return refuse(range.error());
  const auto entries = log.read(range->first, range->limit, range->payloads);
  if (!entries) return refuse(entries.error());
  SecretBuffer body("{\"origin\":");
  append_quoted(body, log.origin());
  body.append(std::string_view(",\"size\":"));
  append_number(body, size);
  body.append(std::string_view(",\"entries\":["));
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (i > 0) body.push_back(',');
    append_entry(body, (*entries)[i]);
  }
  body.append(std::string_view("]}"));
  return answer(call, *range, entries->size(), std::move(body));
}

Outcome show_entry(audit::Log& log, Call& call) {
  const auto index = decimal(call.param("index"));
  const auto payloads = payloads_of(call);
  if (!index) return refuse(Error{Code::invalid, "an entry's index is a whole number"});
  if (!payloads) return refuse(payloads.error());
  const auto entries = log.read(*index, 1, *payloads);
  if (!entries) return refuse(entries.error());
  if (entries->empty()) return refuse(Error{Code::not_found, "there is no such entry"});
  SecretBuffer body;
  append_entry(body, entries->front());
  return answer(call, {*index, 1, *payloads}, 1, std::move(body));
}

}  // namespace

std::vector<Route> audit_routes(audit::Log& log) {
  std::vector<Route> routes(2);
  routes[0].method = Method::get;
  routes[0].pattern = "/v1/audit/entries";
  routes[0].query = {"first", "last", "limit", "payloads"};
  routes[0].handler = [&log](Call& call) { return list_entries(log, call); };
  routes[1].method = Method::get;
  routes[1].pattern = "/v1/audit/entries/{index}";
  routes[1].query = {"payloads"};
  routes[1].handler = [&log](Call& call) { return show_entry(log, call); };
  for (Route& route : routes) {
    route.action = "audit.read";
    route.runs = Runs::worker;
    route.body_limit = 0;
  }
  return routes;
}

}  // namespace sluis::gateway
