// Where a store stands in a move, as a row of its own (document "move"/"store") with a MAC: a store that was moved away
// from, and one that is not all there yet, are not to be served from. And which gateways are alive on a store
// (documents "gateway"): a move is for one that is alone. Thread-safe but for Presence's making; may block on the
// store.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/keys/documents.h"
#include "gateway/leaving/store_copy.h"

namespace sluis::gateway::leaving {

struct Standing {
  enum class State : std::uint8_t {
    serving,   // no row: nothing ever moved
    moved,     // another one is in charge
    incoming,  // the destination of a move that has not come to its end
    arrived,   // of one that has
  } state = State::serving;
  std::string move;   // id of the move
  std::string other;  // name of the other store, for people
  std::uint64_t revision = 0;
};

Result<Standing> standing_of(const Documents& documents);
// Compare-and-set on the revision.
Status put_standing(Documents& documents, const Standing& standing);

// Says every few seconds that this gateway is alive, and no more when it ends.
class Presence {
 public:
  static constexpr std::chrono::seconds kEvery{5};
  static constexpr std::chrono::seconds kAlive{30};  // since it last said so

  // `gateway`: its name, unique among those of a store.
  Presence(Documents& documents, std::string gateway, std::function<std::uint64_t()> now_us);
  ~Presence();
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  // Names of the other gateways that are alive.
  Result<std::vector<std::string>> others() const;

 private:
  Status say();
  void run(const std::stop_token& stop);

  Documents& documents_;
  const std::string gateway_;
  const std::function<std::uint64_t()> now_us_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace sluis::gateway::leaving
