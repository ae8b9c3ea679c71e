// One end of a move from a store to another: what is there, in pages, as it is stored, and writing it as it was read.
// Whoever moves a store reads one end and writes the other, then compares their heads and takes over what differs,
// until nothing does. Documents, keys and single records go by the verbs of store/store.h. One thread at a time.
// Errors: the store's. All lists are ordered byte by byte, hold what is greater than `after`, and end with an empty
// one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres_store.h"
#include "store/store.h"

namespace sluis::store {

// What tells one state of a record from another: any write grows the revision, and a sweep the key version.
struct RecordHead {
  std::string id;
  std::uint64_t revision = 0;
  std::uint32_t key_version = 0;
  bool operator==(const RecordHead&) const = default;
};

struct Fact {
  std::string name;
  Bytes value;
};

struct Floor {
  std::string collection;
  std::uint32_t least = 0;  // see Store::raise_floor, which writes it
};

class Transfer {
 public:
  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  virtual ~Transfer() = default;

  // Collections that have records, whether or not the configuration knows them. Limits are lowered to kMaxPageRecords.
  virtual Result<std::vector<std::string>> collections(std::string_view after, std::size_t limit) = 0;
  virtual Result<std::vector<RecordHead>> heads(std::string_view collection, std::string_view after,
                                                std::size_t limit) = 0;
  // With their terms, ordered by id, until `limit` or kMaxPageBytes is reached.
  virtual Result<std::vector<Record>> records(std::string_view collection, std::string_view after,
                                              std::size_t limit) = 0;
  // Those of them that exist, with their terms, ordered by id. too_large past kMaxReadIds or kMaxReadBytes.
  virtual Result<std::vector<Record>> records(std::string_view collection, const std::vector<std::string>& ids) = 0;
  // Makes each of them what it is here, whatever is there and whatever the floor: all or none. Each id once, all of one
  // collection; for a store that nobody else writes to. too_large past kMaxChunkRecords.
  virtual Status write(std::span<const Record> records) = 0;

  virtual Result<std::vector<Fact>> facts(std::string_view after, std::size_t limit) = 0;
  virtual Result<std::vector<Floor>> floors(std::string_view after, std::size_t limit) = 0;
  // Kinds of documents.
  virtual Result<std::vector<std::string>> kinds(std::string_view after, std::size_t limit) = 0;
  // Imports of one collection, by id. Store::import_chunk without records writes one, and import_errors reads on.
  virtual Result<std::vector<ImportState>> imports(std::string_view collection, std::string_view after,
                                                   std::size_t limit) = 0;
};

// Error unavailable where the file or server cannot be reached. The schema is not looked at.
Result<std::unique_ptr<Transfer>> transfer_sqlite(const std::string& path);
Result<std::unique_ptr<Transfer>> transfer_postgres(const PostgresOptions& options);

}  // namespace sluis::store
