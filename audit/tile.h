// Tiles of the Merkle tree and bundles of entries: their names, and the right edge of the tree that they are cut from.
// C2SP tlog-tiles: a tile of level l holds up to 256 hashes, each that of a full tile of level l - 1 (of an entry for
// level 0); the rightmost tile of a level may be partial. Stateless and thread-safe, but for TileEdge.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"

namespace sluis::audit {

inline constexpr std::size_t kTileWidth = 256;
inline constexpr unsigned kTileLevels = 8;  // 256^8 entries
inline constexpr std::size_t kBundleLimit = kTileWidth * (2 + 65'535);

// "tile/0/x001/234", or "tile/0/x001/234.p/17" for a width below kTileWidth.
std::string tile_path(unsigned level, std::uint64_t number, std::size_t width);
// "tile/entries/x001/234", likewise.
std::string bundle_path(std::uint64_t number, std::size_t width);

// What a path below the log's prefix names.
struct TileName {
  std::optional<unsigned> level;  // none: a bundle of entries
  std::uint64_t number = 0;
  std::size_t width = kTileWidth;
};
// Strict: takes only what tile_path and bundle_path give.
std::optional<TileName> parse_tile_path(std::string_view path);

// Number of hashes of the rightmost tile of a level that is not full, for a tree of that size.
std::size_t partial_width(std::uint64_t size, unsigned level) noexcept;

Bytes tile_bytes(std::span<const Digest> hashes);
// Error corrupt if there are fewer than `width` hashes, or half a one. More are cut off: a full tile stands for each
// of its partial ones.
Result<std::vector<Digest>> parse_tile(ByteView bytes, std::size_t width);
// The root over a power of two of hashes.
Digest full_root(std::span<const Digest> hashes);

void append_bundle_entry(Bytes& out, std::string_view leaf);
// The first `width` entries, as views into the bytes. Error corrupt if there are fewer, or a length does not fit; more
// are cut off where `bytes` is a full bundle.
Result<std::vector<std::string_view>> parse_bundle(ByteView bytes, std::size_t width);

// The hashes of all tiles that are not full. One thread at a time.
class TileEdge {
 public:
  // Called with each tile that became full.
  using Full = std::function<void(unsigned level, std::uint64_t number, std::span<const Digest> hashes)>;

  TileEdge() : levels_(kTileLevels) {}
  // `levels[l]` has partial_width(size, l) hashes. Error invalid if not.
  static Result<TileEdge> from(std::uint64_t size, std::vector<std::vector<Digest>> levels);

  void push(const Digest& leaf, const Full& full);
  std::uint64_t size() const noexcept { return size_; }
  std::span<const Digest> level(unsigned level) const { return levels_[level]; }
  Frontier frontier() const;

 private:
  std::uint64_t size_ = 0;
  std::vector<std::vector<Digest>> levels_;
};

}  // namespace sluis::audit
