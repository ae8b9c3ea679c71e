// Where tiles are read from: a folder, or a server. And what is computed from them: the edge of a tree, its root,
// proofs that an entry is in it (RFC 6962 section 2.1.1). What is read is not trusted: whoever uses it holds the root
// that comes out against a checkpoint.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/tile.h"

namespace sluis::audit {

class TileSource {
 public:
  TileSource() = default;
  TileSource(const TileSource&) = delete;
  TileSource& operator=(const TileSource&) = delete;
  virtual ~TileSource() = default;
  // `path`: below the log's prefix, "checkpoint" or as tile_path gives it. Errors: not_found, unavailable; corrupt for
  // what is larger than any tile.
  virtual Result<Bytes> get(const std::string& path) = 0;
};

// A copy of a log as static files. Thread-safe.
class FolderTiles final : public TileSource {
 public:
  explicit FolderTiles(std::string folder) : folder_(std::move(folder)) {}
  Result<Bytes> get(const std::string& path) override;

 private:
  const std::string folder_;
};

// The partial tile or bundle, or the full one that took its place. `full` and `partial` name the two.
Result<Bytes> get_either(TileSource& source, const std::string& partial, const std::string& full);
Result<std::vector<Digest>> get_tile(TileSource& source, unsigned level, std::uint64_t number, std::size_t width);
Result<Bytes> get_bundle(TileSource& source, std::uint64_t number, std::size_t width);

// The edge of the tree at a size.
Result<TileEdge> load_edge(TileSource& source, std::uint64_t size);

// Hashes of subtrees of a tree of one size. Keeps the tiles it has read. One thread at a time.
class TreeReader {
 public:
  TreeReader(TileSource& source, std::uint64_t size) noexcept : source_(source), size_(size) {}
  // The Merkle tree hash of entries [first, end), as RFC 6962 section 2.1 has it; first < end <= size.
  Result<Digest> hash(std::uint64_t first, std::uint64_t end);
  // From the leaf's sibling up to the root's child; index < size.
  Result<std::vector<Digest>> inclusion(std::uint64_t index);

 private:
  Result<Digest> full_subtree(std::uint64_t first, unsigned height);

  TileSource& source_;
  const std::uint64_t size_;
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Digest>> tiles_;
};

}  // namespace sluis::audit
