#include "audit/tile.h"

#include <algorithm>
#include <charconv>

namespace sluis::audit {
namespace {

using Text = std::string_view;

constexpr Text kEntries = "entries";
constexpr Error kBadTile{Code::corrupt, "a tile has not the size that its name tells"};
constexpr Error kBadBundle{Code::corrupt, "a bundle's entries do not fit its size"};

// Three digits an element, all but the last with an x: 1234067 is x001/x234/067.
std::string number_path(std::uint64_t number) {
  std::string path;
  const auto element = [](std::uint64_t value) {
    const std::string digits = std::to_string(value);
    return std::string(3 - digits.size(), '0') + digits;
  };
  path = element(number % 1000);
  for (number /= 1000; number != 0; number /= 1000) path = "x" + element(number % 1000) + "/" + path;
  return path;
}

std::string path_of(Text kind, std::uint64_t number, std::size_t width) {
  std::string path = "tile/";
  path.append(kind).append("/").append(number_path(number));
  if (width < kTileWidth) path.append(".p/").append(std::to_string(width));
  return path;
}

std::optional<std::uint64_t> decimal(Text text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "x001/x234/067" as 1234067; whatever it takes wrongly does not come out the same again.
std::optional<std::uint64_t> parse_number(Text text) {
  std::string digits;
  for (const char c : text) {
    if (c != 'x' && c != '/') digits.push_back(c);
  }
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  return decimal(digits);
}

}  // namespace

std::string tile_path(unsigned level, std::uint64_t number, std::size_t width) {
  return path_of(std::to_string(level), number, width);
}

std::string bundle_path(std::uint64_t number, std::size_t width) {
  return path_of(kEntries, number, width);
}

std::optional<TileName> parse_tile_path(std::string_view path) {
  constexpr Text prefix = "tile/";
  if (!path.starts_with(prefix) || path.size() > 64) return std::nullopt;
  Text rest = path.substr(prefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == Text::npos) return std::nullopt;
  const Text kind = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  TileName name;
  if (const std::size_t partial = rest.find(".p/"); partial != Text::npos) {
    const auto width = decimal(rest.substr(partial + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    name.width = *width;
    rest = rest.substr(0, partial);
  }
  const auto number = parse_number(rest);
  const auto level = decimal(kind);
  if (!number || (kind != kEntries && (!level || *level > 63))) return std::nullopt;
  name.number = *number;
  if (kind != kEntries) name.level = static_cast<unsigned>(*level);
  const std::string again =
      name.level ? tile_path(*name.level, name.number, name.width) : bundle_path(name.number, name.width);
  return again == path ? std::optional(name) : std::nullopt;
}

std::size_t partial_width(std::uint64_t size, unsigned level) noexcept {
  return static_cast<std::size_t>((size >> (8U * level)) % kTileWidth);
}

Bytes tile_bytes(std::span<const Digest> hashes) {
  Bytes out;
  out.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) out.insert(out.end(), hash.begin(), hash.end());
  return out;
}

Result<std::vector<Digest>> parse_tile(ByteView bytes, std::size_t width) {
  const bool fits = bytes.size() == width * sizeof(Digest) || bytes.size() == kTileWidth * sizeof(Digest);
  if (!fits || bytes.size() < width * sizeof(Digest)) return kBadTile;
  std::vector<Digest> hashes(width);
  for (std::size_t i = 0; i < width; ++i) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Digest)), sizeof(Digest), hashes[i].begin());
  }
  return hashes;
}

Digest full_root(std::span<const Digest> hashes) {
  if (hashes.size() == 1) return hashes.front();
  std::vector<Digest> row(hashes.begin(), hashes.end());
  for (std::size_t size = row.size(); size > 1; size /= 2) {
    for (std::size_t i = 0; i < size / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  }
  return row.front();
}

void append_bundle_entry(Bytes& out, std::string_view leaf) {
  append_u16(out, static_cast<std::uint16_t>(leaf.size()));
  out.insert(out.end(), leaf.begin(), leaf.end());
}

Result<std::vector<std::string_view>> parse_bundle(ByteView bytes, std::size_t width) {
  std::vector<Text> entries;
  entries.reserve(width);
  sluis::Reader reader(bytes);
  while (entries.size() < width) {
    const auto size = reader.u16();
    if (!size) return kBadBundle;
    const auto entry = reader.bytes(*size);
    if (!entry) return kBadBundle;
    entries.push_back(text_of(*entry));
  }
  if (width == kTileWidth && !reader.done()) return kBadBundle;
  return entries;
}

Result<TileEdge> TileEdge::from(std::uint64_t size, std::vector<std::vector<Digest>> levels) {
  constexpr Error misfit{Code::invalid, "the tiles do not fit the size of the tree"};
  if (levels.size() != kTileLevels) return misfit;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    if (levels[level].size() != partial_width(size, level)) return misfit;
  }
  TileEdge edge;
  edge.size_ = size;
  edge.levels_ = std::move(levels);
  return edge;
}

void TileEdge::push(const Digest& leaf, const Full& full) {
  Digest carried = leaf;
  ++size_;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    std::vector<Digest>& hashes = levels_[level];
    hashes.push_back(carried);
    if (hashes.size() < kTileWidth) return;
    full(level, (size_ >> (8U * (level + 1))) - 1, hashes);
    carried = full_root(hashes);
    hashes.clear();
  }
}

// Each level's hashes split into full subtrees as the binary digits of their number tell, the largest first.
Frontier TileEdge::frontier() const {
  std::vector<Digest> subtrees;
  for (unsigned level = kTileLevels; level-- > 0;) {
    std::span<const Digest> rest = levels_[level];
    for (std::size_t part = kTileWidth / 2; part > 0; part /= 2) {
      if ((rest.size() & part) == 0) continue;
      subtrees.push_back(full_root(rest.first(part)));
      rest = rest.subspan(part);
    }
  }
  auto frontier = Frontier::from(size_, subtrees);
  return frontier ? std::move(*frontier) : Frontier();
}

}  // namespace sluis::audit
