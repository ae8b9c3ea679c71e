// The adopted tables: declared, listed, counted, forgotten; and their sweeps. A table is declared only if it is there,
// fits, and cells of it open under the key. Thread-safe; all methods may block on the store, the HSM and the table's
// database.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/adopted/sources.h"
#include "gateway/adopted/sweep.h"
#include "gateway/keys/documents.h"

namespace sluis::gateway::adopted {

// What the first rows of a table showed.
struct Sample {
  std::uint64_t cells = 0, opened = 0;
  std::vector<std::string> faults;  // "[key] column (why)", the first few
};

using VersionCounts = std::map<std::uint32_t, std::uint64_t>;  // 0: no ciphertext

struct Declared {
  Declaration declaration;
  Sample sample;
  std::uint64_t revision = 0;
};

class Tables {
 public:
  // All outlive this.
  struct Parts {
    Documents& documents;
    const Sources& sources;
    SweepParts sweep;
  };
  explicit Tables(Parts parts) : parts_(std::move(parts)) {}

  // Errors: invalid, with what is wrong with the table, its columns, the key or the cells; conflict for a name in use,
  // or if a cell column of the table is declared already; not_found for a key that is not there.
  Result<Declared> declare(Declaration declaration);
  Result<Declared> get(std::string_view name) const;
  // Names greater than `after`.
  Result<std::vector<Declared>> list(std::string_view after, std::size_t limit) const;
  Status forget(std::string_view name);

  // Cells by version: a full scan by the server of the table, now.
  Result<VersionCounts> count(const Declaration& declaration) const;

  // What still needs a version of a Transit key (name without "transit/"): for whoever wants to destroy it. One entry
  // for each adopted table of the key; a table that cannot be counted is an error, never a zero.
  struct Use {
    std::string table;
    VersionCounts cells;
  };
  Result<std::vector<Use>> uses_of(std::string_view transit_key) const;

  // Raises the key's min_decryption_version to its newest version if no adopted table of it has a cell below: error
  // conflict if one has, invalid if the key has no adopted table.
  Result<transit::TransitKeys::Change> retire(std::string_view transit_key);

  // For the rollover engine: null for a table that is not declared.
  Result<std::unique_ptr<rollover::Sweep>> make_sweep(const rollover::Target& target) const;
  // The tables of a key ("transit/orders"), or all of them for an empty one.
  Result<std::vector<rollover::Target>> targets(std::string_view key) const;

 private:
  Result<std::vector<Declared>> all() const;
  Result<Sample> take_sample(const Declaration& declaration) const;

  const Parts parts_;
};

}  // namespace sluis::gateway::adopted
