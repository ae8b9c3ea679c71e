// From what is asked for to the steps of a job. Thread-safe; may block on the store.
#pragma once

#include <string>
#include <vector>

#include "gateway/rollover/job.h"
#include "gateway/rollover/sweep.h"

namespace sluis::gateway::rollover {

// What a rollover is to be of.
struct Wish {
  enum class What : std::uint8_t { collection, key, adopted, master, full } what = What::full;
  std::string subject;  // of the first three
};

// The steps in their order: master keys before data keys, keys before the cells that they protect. Errors: not_found
// for a subject that is not there, invalid for a key that cannot be rolled over by itself; those of the sweepers.
Result<std::vector<Step>> plan(const Sweepers& sweepers, const Wish& wish);

}  // namespace sluis::gateway::rollover
