// What connections share. Wired in main; everything outlives the server.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/reply_gate.h"
#include "gateway/http/router.h"
#include "gateway/http/token_check.h"
#include "gateway/server/denial_limit.h"
#include "gateway/server/metrics.h"
#include "gateway/server/oplog.h"
#include "gateway/server/worker_pool.h"

namespace sluis::gateway {

// Paths whose clients expect another form of refusals than problem documents, and a slash at the end of lists.
struct Compatible {
  std::vector<std::string> mounts;      // "/v1/transit/"
  std::function<Reply(Reply)> refusal;  // a problem document in that form
  bool covers(std::string_view target) const noexcept;
};

struct Services {
  const Router* router = nullptr;
  ReplyGate* gate = nullptr;
  WorkerPool* workers = nullptr;
  Metrics* metrics = nullptr;
  OpLog* log = nullptr;
  // Whether a call of a Runs::local route will not block now. Called on I/O threads; must not block itself.
  std::function<bool(const Route&, const Call&)> may_run_inline;
  Compatible compatible{};
  TokenCheck* tokens = nullptr;  // null: no route looks at tokens
};

// Connections by principal, for the limit on them.
class PrincipalCounts {
 public:
  bool enter(const std::string& principal, std::size_t limit);
  void leave(const std::string& principal);

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> counts_;
};

// Counters and flags that all loops see.
struct Shared {
  std::atomic<bool> draining{false};   // finish the request at hand, take no further one
  std::atomic<bool> hard_stop{false};  // the drain's time is up
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> requests{0};
  std::atomic<std::size_t> body_bytes{0};
  PrincipalCounts principals;
  DenialLimit denials{600};  // entries a minute of one principal
};

// Bytes of request bodies held by one connection, counted against what all may hold.
class BodyShare {
 public:
  explicit BodyShare(Shared& shared) : shared_(&shared) {}
  ~BodyShare() { release(); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  bool grow_to(std::size_t bytes, std::size_t limit) noexcept;
  void release() noexcept;

 private:
  Shared* shared_;
  std::size_t held_ = 0;
};

}  // namespace sluis::gateway
