// What a rollover does to one thing that keys protect (a collection's records, the data keys under a master key, an
// adopted table's cells), in bounded steps. The runner (gateway/rollover/runner.h) calls prepare() until it is ready,
// then begin() and next() pass by pass until one finds nothing, then verify(). After each step it makes the events
// durable in the log and then stores the progress, so a sweep that is made anew from that progress, in another process
// or on another gateway, goes on where this one stood; every step may therefore happen twice.
// A sweep belongs to one thread and one lease. An error ends the run, not the job: unavailable, busy and conflict are
// tried again later, from the stored progress; any other error fails the job.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/entry.h"
#include "crypto/result.h"
#include "store/store.h"

namespace sluis::gateway::rollover {

enum class Kind : std::uint8_t {
  collection,  // subject: the collection's name
  key,         // subject: the key's name, as "transit/orders": a new version; adopted tables are targets of their own
  master,      // no subject
  adopted,     // subject: the adopted table's name
};
std::string_view name(Kind kind) noexcept;

struct Target {
  Kind kind = Kind::collection;
  std::string subject;
};

// Where the sweep of one target stands, as the job's document keeps it.
struct Progress {
  std::uint32_t to = 0;       // what is below this version is swept; 0: not chosen yet
  std::uint32_t pass = 0;     // 1 and up once the first has begun
  std::uint64_t total = 0;    // items to do, as counted or estimated when the first pass began
  std::uint64_t done = 0;     // items rewritten, over all passes
  std::uint64_t changed = 0;  // items that others changed at the same moment: the next pass looks at them again
  std::uint64_t faults = 0;   // items of this pass that do not open: left alone
  std::uint64_t found = 0;    // items that this pass has found
  std::string cursor;         // all before it, and it, has been looked at in this pass and is in the log
  std::string ahead;          // no item beyond this can have been rewritten without its log entry
};

// What a step works with.
struct Grip {
  store::Lease lease;           // writes are fenced by it
  std::size_t items = 0;        // at most as many a chunk
  std::function<bool()> yield;  // whether to leave off as soon as that is possible; thread-safe
  std::string request;          // the job's id, for Event::request
  std::string by;               // the principal who asked for it, or "sluis": for Event::principal
};

struct Prepared {
  bool ready = false;
  std::chrono::milliseconds wait{0};  // not ready: call again no sooner than that
  std::vector<audit::Event> events{};
};

struct Begun {
  std::string ahead;  // new value of Progress::ahead, stored before the first chunk is written
  std::vector<audit::Event> events{};
};

struct Chunk {
  std::string cursor;  // new value of Progress::cursor, unless `end`
  std::string ahead;   // new value of Progress::ahead
  std::uint64_t rewritten = 0, changed = 0, faults = 0;
  bool end = false;  // nothing is left in this pass
  std::vector<audit::Event> events{};
};

// A scan of everything, not a counter.
struct Verdict {
  std::uint64_t left = 0;  // items still below the new version
  std::vector<audit::Event> events{};
};

class Sweep {
 public:
  Sweep() = default;
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;
  virtual ~Sweep() = default;

  // Makes the new version and waits until every gateway must know it; sets progress.to as soon as it is chosen, and
  // progress.total when ready.
  virtual Result<Prepared> prepare(const Grip& grip, Progress& progress) = 0;
  // A pass begins at progress.cursor, which is empty unless the pass was broken off. What lies between cursor and ahead
  // may have been rewritten without its entry: the events say what is found there.
  virtual Result<Begun> begin(const Grip& grip, const Progress& progress) = 0;
  virtual Result<Chunk> next(const Grip& grip) = 0;
  virtual Result<Verdict> verify(const Grip& grip, const Progress& progress) = 0;
};

// Makes the sweep of a target; a null pointer for a subject that does not exist (any more). One for each Kind is given
// to the runner. Thread-safe.
using MakeSweep = std::function<Result<std::unique_ptr<Sweep>>(const Target&)>;
// The targets of a kind that hold something under the key of that name; for an empty name, all targets of the kind that
// a full rollover takes in. Thread-safe.
using ListTargets = std::function<Result<std::vector<Target>>(std::string_view key)>;

// What the runner knows of one Kind.
struct Sweeper {
  MakeSweep make;
  ListTargets list;
};
using Sweepers = std::map<Kind, Sweeper>;

}  // namespace sluis::gateway::rollover
