// Moves the gateway's store to another one while it serves: copies, follows what is written meanwhile, compares both as
// wholes, and then, while no call is under way, follows the rest, says in the old store that it has moved and has every
// further call go to the new one. Until that one row is written the old store is in charge, whatever happens to this
// process; from then on the new one is. What a broken-off move leaves at the destination is taken over by the next.
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "audit/entry.h"
#include "gateway/leaving/standing.h"
#include "gateway/rollover/lease_keeper.h"

namespace sluis::gateway::leaving {

// The store to move to, as the configuration names it.
struct Destination {
  std::string name;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Transfer> from, to;  // the ends of the old store and of the new one
};

struct MoveStatus {
  enum class State : std::uint8_t {
    none,
    copying,
    following,
    comparing,
    switching,
    finished,
    failed
  } state = State::none;
  std::string id, to, by, error;
  std::uint64_t copied = 0, total = 0, rounds = 0, records = 0;
  std::string digest;  // of all records that were compared, hexadecimal
};
std::string_view name(MoveStatus::State state) noexcept;

class StoreMover {
 public:
  struct Parts {
    MovingStore& store;
    Documents& documents;  // of `store`
    const Governance& governance;
    Presence& presence;
    std::function<Result<Destination>()> open;  // connects, and migrates what is empty
    std::function<Status(audit::Event)> log;    // durable on return
    std::function<std::uint64_t()> now_us;
    std::string holder;  // of leases: unique to the process
    std::chrono::milliseconds lease{15'000};
  };
  explicit StoreMover(Parts parts) : parts_(std::move(parts)) {}
  StoreMover(const StoreMover&) = delete;
  StoreMover& operator=(const StoreMover&) = delete;
  ~StoreMover() { stop(); }

  // Begins. Errors: conflict while a move is under way, if other gateways are alive, or if the store was moved to
  // already by this process; invalid if the configuration names no such destination.
  Result<std::string> start(const std::string& to, const std::string& by);
  MoveStatus status() const;
  void stop();  // breaks a move off

  // The lease of whoever moves the store.
  static constexpr std::string_view kLease = "move/store";

 private:
  void run(const std::stop_token& stop, Destination destination);
  Status move(const std::stop_token& stop, Destination& destination);
  Status prepare(Destination& destination, StoreCopy& copy, Documents& there);
  Status catch_up(StoreCopy& copy);
  Result<StoreCopy::Compared> compare(StoreCopy& copy);
  Status change_over(Destination& destination, StoreCopy& copy, const StoreCopy::Compared& compared, Documents& there);
  Status put_moved(Documents& here, const Destination& destination);
  void show(MoveStatus::State state);
  Status log(std::string_view action, std::string detail);

  const Parts parts_;
  mutable std::mutex mutex_;
  MoveStatus status_;
  std::atomic<std::uint64_t> copied_{0};
  std::jthread thread_;
};

}  // namespace sluis::gateway::leaving
