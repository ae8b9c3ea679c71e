// The work of moving a store: what one end has is made so at the other, by comparing both in the order of their ids,
// and compared once more as a whole. Each step may be repeated; an end that is half full is only ahead. For one thread;
// errors are the stores'.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "gateway/leaving/moving_store.h"
#include "store/transfer.h"

namespace sluis::gateway::leaving {

// The kind of the rows that say where a store stands (gateway/leaving/standing.h): they are each store's own.
inline constexpr std::string_view kMoveDocuments = "move";
inline constexpr std::string_view kPresenceDocuments = "gateway";

class StoreCopy {
 public:
  struct End {
    store::Store& store;
    store::Transfer& transfer;
  };
  // `going`: asked now and then; false ends a step with unavailable. `copied` counts records that were written.
  StoreCopy(End from, End to, std::function<bool()> going, std::atomic<std::uint64_t>& copied)
      : from_(from), to_(to), going_(std::move(going)), copied_(copied) {}

  // All records, by their heads: gives how many differed. Nobody else writes to the destination.
  Result<std::uint64_t> round();
  // These records alone.
  Status follow(const Noted& noted);
  // Keys, documents, facts, floors and imports: gives how many differed. Login tokens stay behind: clients log in
  // again.
  Result<std::uint64_t> rest();

  // All of both ends, byte for byte.
  struct Compared {
    std::uint64_t records = 0;  // that both have alike
    // A chain over them from zeros: SHA-256(digest before || collection, id, revision, key version, open fields,
    // envelope, terms).
    Digest digest{};
    Noted differing;
  };
  Result<Compared> compare_all() const;
  // Whether both have these records alike, or neither has them, and as many in each collection.
  Result<bool> alike(const Noted& records) const;
  const End& to() const noexcept { return to_; }

 private:
  struct Difference {
    std::vector<std::string> wanted;  // other at the destination, or not there
    std::vector<std::string> extra;   // at the destination alone
  };
  using OnDifference = std::function<Status(const std::string& collection, const Difference&)>;

  Result<std::vector<std::string>> collections() const;
  Status compare(const std::string& collection, const OnDifference& found) const;
  Status compare_all(const std::string& collection, Compared& out) const;
  Status mend(const std::string& collection, const Difference& difference);
  Status write(const std::string& collection, const std::vector<std::string>& ids);
  Result<std::uint64_t> keys();
  Result<std::uint64_t> documents();
  Result<std::uint64_t> facts();
  Status floors();
  Status imports();
  Status imports_of(const std::string& collection);
  Status still_going() const;

  const End from_, to_;
  const std::function<bool()> going_;
  std::atomic<std::uint64_t>& copied_;
};

}  // namespace sluis::gateway::leaving
