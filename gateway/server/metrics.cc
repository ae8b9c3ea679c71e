#include "gateway/server/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "gateway/http/call.h"
#include "gateway/http/method.h"

namespace sluis::gateway {

namespace {

// Upper bounds in microseconds; one more bucket takes the rest.
constexpr std::array<std::uint64_t, 14> kBounds{250,    500,     1'000,   2'500,   5'000,     10'000,    25'000,
                                                50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};

constexpr std::array<unsigned, 25> kStatuses{200, 201, 202, 204, 206, 304, 400, 403, 404, 405, 408, 409, 412,
                                             413, 414, 415, 417, 422, 428, 429, 431, 500, 501, 503, 0};

constexpr std::array<std::array<std::string_view, 2>, static_cast<std::size_t>(Metrics::Count::last_)> kCounts{{
    {"connections_accepted_total", "Connections accepted."},
    {"connections_refused_total", "Connections closed because a limit was reached."},
    {"tls_handshakes_failed_total", "TLS handshakes that failed."},
    {"requests_timed_out_total", "Requests whose head or body came too slowly."},
    {"worker_queue_full_total", "Calls refused because the worker queue was full."},
    {"replies_withheld_total", "Replies withheld because their log entry could not be written."},
    {"denials_total", "Calls that the policy denied."},
    {"budget_refusals_total", "Calls refused because a budget was spent."},
    {"reloads_total", "Reloads that took effect."},
    {"reloads_failed_total", "Reloads refused because something was wrong."},
}};

std::size_t slot_of(unsigned status) noexcept {
  const auto it = std::find(kStatuses.begin(), kStatuses.end() - 1, status);
  return static_cast<std::size_t>(it - kStatuses.begin());
}

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out.append("# HELP sluis_").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE sluis_").append(name).append(" ").append(type).append("\n");
}

std::string number(double value) {
  std::array<char, 40> text{};
  const bool whole = std::nearbyint(value) == value && std::fabs(value) < 1e15;
  std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.6g", value);
  return text.data();
}

void line(std::string& out, std::string_view name, std::string_view labels, const std::string& value) {
  out.append("sluis_").append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(value).append("\n");
}

}  // namespace

struct Metrics::PerRoute {
  std::string labels;
  std::array<std::atomic<std::uint64_t>, kStatuses.size()> statuses{};
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets{};
  std::atomic<std::uint64_t> microseconds{0};
  std::atomic<std::uint64_t> calls{0};
  bool waited_for = false;
};

Metrics::Metrics(const std::vector<Route>& routes) {
  for (const auto& route : routes) {
    auto& row = routes_.emplace_back(std::make_unique<PerRoute>());
    row->labels = "method=\"" + std::string(name(route.method)) + "\",route=\"" + route.pattern + "\"";
    row->waited_for = route.action.starts_with("records.") || route.action.starts_with("transit.");
    row->waited_for = row->waited_for && !route.sink && !route.source;
  }
  routes_.emplace_back(std::make_unique<PerRoute>())->labels = "method=\"\",route=\"\"";
}

Metrics::~Metrics() = default;

void Metrics::request(std::size_t route, unsigned status, std::uint64_t microseconds) noexcept {
  auto& row = *routes_[std::min(route, routes_.size() - 1)];
  row.statuses[slot_of(status)].fetch_add(1, std::memory_order_relaxed);
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), microseconds) - kBounds.begin();
  row.buckets[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  row.microseconds.fetch_add(microseconds, std::memory_order_relaxed);
  row.calls.fetch_add(1, std::memory_order_relaxed);
  if (status == 429) add(Count::budget_refusals);
}

Metrics::Served Metrics::served() const noexcept {
  Served out;
  for (const auto& row : routes_) {
    if (!row->waited_for) continue;
    out.calls += row->calls.load(std::memory_order_relaxed);
    out.microseconds += row->microseconds.load(std::memory_order_relaxed);
  }
  return out;
}

void Metrics::add(Count what) noexcept {
  counts_[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
}

void Metrics::page(std::string& out, const std::vector<Row>& rows) const {
  head(out, "requests_total", "Requests by route and status (\"other\": one that is not in the table).", "counter");
  for (const auto& route : routes_) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      const auto count = route->statuses[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      const auto status = kStatuses[i] == 0 ? std::string("other") : std::to_string(kStatuses[i]);
      line(out, "requests_total", route->labels + ",status=\"" + status + "\"", std::to_string(count));
    }
  }
  head(out, "request_seconds", "Time from a request's head to the end of its reply.", "histogram");
  for (const auto& route : routes_) {
    std::uint64_t sum = 0;
    for (const auto& bucket : route->buckets) sum += bucket.load(std::memory_order_relaxed);
    if (sum == 0) continue;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      so_far += route->buckets[i].load(std::memory_order_relaxed);
      line(out, "request_seconds_bucket",
           route->labels + ",le=\"" + number(static_cast<double>(kBounds[i]) / 1e6) + "\"", std::to_string(so_far));
    }
    line(out, "request_seconds_bucket", route->labels + ",le=\"+Inf\"", std::to_string(sum));
    const auto total = static_cast<double>(route->microseconds.load(std::memory_order_relaxed));
    line(out, "request_seconds_sum", route->labels, number(total / 1e6));
    line(out, "request_seconds_count", route->labels, std::to_string(sum));
  }
  for (std::size_t i = 0; i < kCounts.size(); ++i) {
    head(out, kCounts[i][0], kCounts[i][1], "counter");
    line(out, kCounts[i][0], "", std::to_string(counts_[i].load(std::memory_order_relaxed)));
  }
  std::string_view last;
  for (const auto& row : rows) {
    if (row.name != last) head(out, row.name, row.help, row.kind == Kind::gauge ? "gauge" : "counter");
    last = row.name;
    line(out, row.name, row.labels, number(row.value()));
  }
}

}  // namespace sluis::gateway
