#include "gateway/leaving/store_mover.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sluis::gateway::leaving {
namespace {

using State = MoveStatus::State;

constexpr unsigned kMostRounds = 20;
constexpr std::uint64_t kFew = 2000;  // differences that a round may leave to the pause
constexpr std::size_t kIdBytes = 8;

constexpr Error kOthers{Code::conflict, "other gateways are alive on the store: stop them first"};

}  // namespace

std::string_view name(State state) noexcept {
  constexpr std::string_view kNames[] = {"none",      "copying",  "following", "comparing",
                                         "switching", "finished", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

MoveStatus StoreMover::status() const {
  const std::lock_guard lock(mutex_);
  MoveStatus out = status_;
  out.copied = copied_;
  return out;
}

void StoreMover::show(State state) {
  const std::lock_guard lock(mutex_);
  status_.state = state;
}

Status StoreMover::log(std::string_view action, std::string detail) {
  audit::Event event;
  {
    const std::lock_guard lock(mutex_);
    event.principal = status_.by;
    event.request = status_.id;
  }
  event.action = action;
  event.payload.detail = std::move(detail);
  return parts_.log(std::move(event));
}

Result<std::string> StoreMover::start(const std::string& to, const std::string& by) {
  {
    const std::lock_guard lock(mutex_);
    const State state = status_.state;
    if (state == State::finished) return Error{Code::conflict, "the store has moved: change sluis.toml and restart"};
    if (state != State::none && state != State::failed) return Error{Code::conflict, "a move is under way"};
  }
  stop();
  auto destination = parts_.open();
  if (!destination) return destination.error();
  if (destination->name != to) return Error{Code::invalid, "the configuration's [next_store] has another name"};
  std::array<std::uint8_t, kIdBytes> id{};
  if (const Status drawn = random_bytes(id); !drawn) return drawn.error();
  const std::lock_guard lock(mutex_);
  status_ = {};
  status_.state = State::copying;
  status_.id = to_hex(id);
  status_.to = to;
  status_.by = by;
  copied_ = 0;
  thread_ = std::jthread([this, moved = std::make_shared<Destination>(*std::move(destination))](
                             const std::stop_token& stop) { run(stop, std::move(*moved)); });
  return status_.id;
}

void StoreMover::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void StoreMover::run(const std::stop_token& stop, Destination destination) {
  const Status moved = move(stop, destination);
  parts_.store.end_noting();
  if (moved) return show(State::finished);
  {
    const std::lock_guard lock(mutex_);
    status_.error = moved.error().what.view();
    status_.state = State::failed;
  }
  static_cast<void>(log("moves.failed", std::string(moved.error().what.view())));
}

Status StoreMover::move(const std::stop_token& stop, Destination& destination) {
  // Who starts while it lasts sees the lease and does not serve; who was there before is among the others.
  const auto lease = rollover::LeaseKeeper::take(parts_.store, kLease, parts_.holder, parts_.lease);
  if (!lease) return lease.error();
  const auto others = parts_.presence.others();
  if (!others) return others.error();
  if (!others->empty()) return kOthers;
  const auto going = [&stop, keeper = lease->get()] { return !stop.stop_requested() && !keeper->lost(); };
  StoreCopy copy({parts_.store, *destination.from}, {*destination.store, *destination.to}, going, copied_);
  Documents there(*destination.store, parts_.governance);
  if (const Status ready = prepare(destination, copy, there); !ready) return ready;
  if (const Status caught_up = catch_up(copy); !caught_up) return caught_up;
  const auto compared = compare(copy);
  if (!compared) return compared.error();
  if (!going()) return Error{Code::unavailable, "the move was broken off"};
  return change_over(destination, copy, *compared, there);
}

// A destination is empty, or was begun upon by a move of this same store: its row has a MAC under the same key.
Status StoreMover::prepare(Destination& destination, StoreCopy& copy, Documents& there) {
  auto standing = standing_of(there);
  if (!standing) return Error{Code::conflict, "the destination is a store of somebody else's"};
  const auto collections = destination.to->collections("", 1);
  const auto keys = destination.store->list_keys("", "", 1);
  if (!collections) return collections.error();
  if (!keys) return keys.error();
  const bool empty = collections->empty() && keys->empty();
  if (standing->state != Standing::State::incoming && !(standing->state == Standing::State::serving && empty)) {
    return Error{Code::conflict, "the destination is not empty"};
  }
  standing->state = Standing::State::incoming;
  standing->move = status().id;
  standing->other = "the store it is copied from";
  if (const Status put = put_standing(there, *standing); !put) return put;
  const auto rest = copy.rest();
  if (!rest) return rest.error();
  const auto ours = destination.from->collections("", store::kMaxPageRecords);
  if (!ours) return ours.error();
  std::uint64_t total = 0;
  for (const std::string& collection : *ours) {
    const auto count = parts_.store.count(collection);
    if (!count) return count.error();
    total += *count;
  }
  const std::lock_guard lock(mutex_);
  status_.total = total;
  return {};
}

// Rounds get shorter, since each has only to follow what was written during the one before it.
Status StoreMover::catch_up(StoreCopy& copy) {
  for (unsigned i = 0; i < kMostRounds; ++i) {
    const auto differed = copy.round();
    if (!differed) return differed.error();
    show(State::following);
    const std::lock_guard lock(mutex_);
    ++status_.rounds;
    if (*differed <= kFew) return {};
  }
  return Error{Code::unavailable, "the store changes faster than it can be followed"};
}

// From the first noted id on, what both ends do not have alike must be among the noted.
Result<StoreCopy::Compared> StoreMover::compare(StoreCopy& copy) {
  show(State::comparing);
  parts_.store.begin_noting();
  const auto last = copy.round();
  if (!last) return last.error();
  auto compared = copy.compare_all();
  if (!compared) return compared;
  const std::lock_guard lock(mutex_);
  status_.records = compared->records;
  status_.digest = to_hex(compared->digest);
  return compared;
}

// This row is the change: before it the old store is in charge, after it the new one. Whether it was written must be
// known before anybody is served again; where it cannot be, the process ends, and its next start finds out.
Status StoreMover::put_moved(Documents& here, const Destination& destination) {
  constexpr unsigned kTries = 60;
  const std::string id = status().id;
  auto old = standing_of(here);
  if (!old) return old.error();
  *old = {Standing::State::moved, id, destination.name, old->revision};
  const Status put = put_standing(here, *old);
  if (put) return put;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto found = standing_of(here);
    if (found && found->state == Standing::State::moved && found->move == id) return {};
    if (found) return put;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  std::_Exit(EXIT_FAILURE);
}

Status StoreMover::change_over(Destination& destination, StoreCopy& copy, const StoreCopy::Compared& compared,
                               Documents& there) {
  constexpr Error kDiffer{Code::corrupt, "both stores differ after the copy: the old one stays in charge"};
  if (const Status logged = log("moves.switch", "to " + destination.name); !logged) return logged;
  show(State::switching);
  MovingStore::Pause pause(parts_.store);
  // The copy's own calls go past the gate.
  StoreCopy last(
      {pause.current(), *destination.from}, copy.to(), [] { return true; }, copied_);
  const Noted noted = parts_.store.take_noted();
  for (const auto& [collection, ids] : compared.differing) {
    const auto known = noted.find(collection);
    const bool all =
        known != noted.end() && std::includes(known->second.begin(), known->second.end(), ids.begin(), ids.end());
    if (!all) return kDiffer;
  }
  if (const Status followed = last.follow(noted); !followed) return followed;
  const auto alike = last.alike(noted);
  if (!alike) return alike.error();
  const auto rest = last.rest(), again = rest ? last.rest() : rest;
  if (!again) return again.error();
  if (!*alike || *again != 0) return kDiffer;
  Documents here(pause.current(), parts_.governance);
  if (const Status put = put_moved(here, destination); !put) return put;
  auto standing = standing_of(there);
  if (standing) {
    standing->state = Standing::State::arrived;
    // Should it fail, the next start over the old store makes up for it.
    static_cast<void>(put_standing(there, *standing));
  }
  pause.change_to(std::move(destination.store));
  return {};
}

}  // namespace sluis::gateway::leaving
