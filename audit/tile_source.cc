#include "audit/tile_source.h"

#include <algorithm>
#include <bit>

#include "audit/folder.h"

namespace sluis::audit {
namespace {

// The largest power of two below `size`, which is above 1: where RFC 6962 splits a tree.
std::uint64_t split(std::uint64_t size) noexcept {
  return std::bit_floor(size - 1);
}

}  // namespace

Result<Bytes> FolderTiles::get(const std::string& path) {
  const auto text = read_small_file(path_in(folder_, path), kBundleLimit);
  if (!text) return text.error();
  if (!text->has_value()) return Error{Code::not_found, "a tile is missing"};
  const ByteView bytes = bytes_of(**text);
  return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> get_either(TileSource& source, const std::string& partial, const std::string& full) {
  auto bytes = source.get(partial);
  if (bytes || partial == full || bytes.error().code != Code::not_found) return bytes;
  return source.get(full);
}

Result<std::vector<Digest>> get_tile(TileSource& source, unsigned level, std::uint64_t number, std::size_t width) {
  const auto bytes = get_either(source, tile_path(level, number, width), tile_path(level, number, kTileWidth));
  if (!bytes) return bytes.error();
  return parse_tile(*bytes, width);
}

Result<Bytes> get_bundle(TileSource& source, std::uint64_t number, std::size_t width) {
  return get_either(source, bundle_path(number, width), bundle_path(number, kTileWidth));
}

Result<TileEdge> load_edge(TileSource& source, std::uint64_t size) {
  std::vector<std::vector<Digest>> levels(kTileLevels);
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::size_t width = partial_width(size, level);
    if (width == 0) continue;
    auto tile = get_tile(source, level, size >> (8U * (level + 1)), width);
    if (!tile) return tile.error();
    levels[level] = std::move(*tile);
  }
  return TileEdge::from(size, std::move(levels));
}

// A full subtree's hash stands in a tile, or is made of a power of two of hashes in one.
Result<Digest> TreeReader::full_subtree(std::uint64_t first, unsigned height) {
  const unsigned level = height / 8;
  const std::uint64_t at = first >> (8U * level);  // of the first hash, within the level
  const std::size_t count = std::size_t{1} << (height % 8U);
  const auto key = std::pair(level, at / kTileWidth);
  auto found = tiles_.find(key);
  if (found == tiles_.end()) {
    const std::uint64_t in_level = (size_ >> (8U * level)) - key.second * kTileWidth;
    auto tile = get_tile(source_, level, key.second, std::min<std::uint64_t>(in_level, kTileWidth));
    if (!tile) return tile.error();
    found = tiles_.emplace(key, std::move(*tile)).first;
  }
  const std::span<const Digest> hashes = found->second;
  const std::size_t from = at % kTileWidth;
  if (from + count > hashes.size()) return Error{Code::corrupt, "a tile is too short"};
  return full_root(hashes.subspan(from, count));
}

Result<Digest> TreeReader::hash(std::uint64_t first, std::uint64_t end) {
  const std::uint64_t size = end - first;
  if (std::has_single_bit(size)) return full_subtree(first, static_cast<unsigned>(std::countr_zero(size)));
  const auto left = hash(first, first + split(size));
  if (!left) return left;
  const auto right = hash(first + split(size), end);
  if (!right) return right;
  return node_hash(*left, *right);
}

Result<std::vector<Digest>> TreeReader::inclusion(std::uint64_t index) {
  std::vector<Digest> path;
  for (std::uint64_t first = 0, end = size_; end - first > 1;) {
    const std::uint64_t middle = first + split(end - first);
    const bool left = index < middle;
    const auto sibling = left ? hash(middle, end) : hash(first, middle);
    if (!sibling) return sibling.error();
    path.push_back(*sibling);
    (left ? end : first) = middle;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace sluis::audit
