// Counters of the server, and the page that Prometheus reads (text exposition format 0.0.4). Counting is lock-free.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluis::gateway {

struct Route;

class Metrics {
 public:
  // Labels of a route: its method and pattern, never a path.
  explicit Metrics(const std::vector<Route>& routes);
  ~Metrics();

  static constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);
  void request(std::size_t route, unsigned status, std::uint64_t microseconds) noexcept;

  // Calls that somebody waits for, since the start: streams are as long as their clients make them, and do not count.
  struct Served {
    std::uint64_t calls = 0, microseconds = 0;  // taken by all of them together
  };
  Served served() const noexcept;

  enum class Count : std::uint8_t {
    connections_accepted,
    connections_refused,  // over a limit
    handshakes_failed,
    requests_timed_out,
    worker_queue_full,
    replies_withheld,  // the log could not be written
    denials,
    budget_refusals,  // replies of status 429
    reloads,
    reloads_failed,
    last_
  };
  void add(Count what) noexcept;

  // A value that is read when the page is made. Rows of one name stand together; `labels` is "" or like `part="hsm"`.
  enum class Kind : std::uint8_t { gauge, counter };
  struct Row {
    Kind kind;
    std::string name, labels, help;
    std::function<double()> value;
  };
  void page(std::string& out, const std::vector<Row>& rows) const;

 private:
  struct PerRoute;
  std::vector<std::unique_ptr<PerRoute>> routes_;  // the last one is for requests that found no route
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Count::last_)> counts_{};
};

}  // namespace sluis::gateway
