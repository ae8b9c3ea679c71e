#include "audit/proof.h"

#include <charconv>

namespace sluis::audit {
namespace {

using Text = std::string_view;

constexpr Text kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr Text kExtra = "extra ";
constexpr Text kIndex = "index ";
constexpr std::size_t kPathLimit = 64;
constexpr Error kMalformed{Code::corrupt, "the proof is malformed"};

Result<Text> take_line(Text& rest) {
  const std::size_t end = rest.find('\n');
  if (end == Text::npos) return kMalformed;
  const Text line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

Result<std::uint64_t> parse_index(Text text) {
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0')) return kMalformed;
  return index;
}

Result<Digest> parse_hash(Text line) {
  const auto bytes = from_base64(line);
  Digest hash{};
  if (!bytes || bytes->size() != hash.size()) return kMalformed;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

Result<Checkpoint> unverified_checkpoint(Text note) {
  const auto text = unverified_text(note);
  if (!text) return text.error();
  return parse_checkpoint_text(*text);
}

Result<std::string> leaf_at(TileSource& source, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t number = index / kTileWidth;
  const std::size_t width = std::min<std::uint64_t>(kTileWidth, size - number * kTileWidth);
  const auto bytes = get_bundle(source, number, width);
  if (!bytes) return bytes.error();
  const auto entries = parse_bundle(*bytes, width);
  if (!entries) return entries.error();
  return std::string((*entries)[index % kTileWidth]);
}

}  // namespace

std::string proof_text(const Proof& proof) {
  std::string text(kFirstLine);
  text.append("\n");
  if (!proof.extra.empty()) text.append(kExtra).append(to_base64(proof.extra)).append("\n");
  text.append(kIndex).append(std::to_string(proof.index)).append("\n");
  for (const Digest& hash : proof.path) text.append(to_base64(hash)).append("\n");
  return text.append("\n").append(proof.note);
}

Result<Proof> parse_proof(std::string_view text) {
  if (text.size() > kProofLimit) return kMalformed;
  Proof proof;
  auto line = take_line(text);
  if (!line || *line != kFirstLine) return Error{Code::corrupt, "the file is not a tlog-proof of version 1"};
  line = take_line(text);
  if (line && line->starts_with(kExtra)) {
    auto extra = from_base64(line->substr(kExtra.size()));
    if (!extra) return kMalformed;
    proof.extra = std::move(*extra);
    line = take_line(text);
  }
  if (!line || !line->starts_with(kIndex)) return kMalformed;
  const auto index = parse_index(line->substr(kIndex.size()));
  if (!index) return index.error();
  proof.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    const auto hash = parse_hash(*line);
    if (!hash || proof.path.size() == kPathLimit) return kMalformed;
    proof.path.push_back(*hash);
  }
  if (!line) return kMalformed;
  proof.note = text;
  return proof;
}

Result<Digest> root_over(const Digest& leaf, std::uint64_t index, std::uint64_t size, std::span<const Digest> path) {
  constexpr Error misfit{Code::corrupt, "the proof's length does not fit the size of the tree"};
  if (index >= size) return Error{Code::corrupt, "the entry is not in the tree of the checkpoint"};
  std::uint64_t at = index;
  std::uint64_t last = size - 1;
  Digest root = leaf;
  for (const Digest& sibling : path) {
    if (last == 0) return misfit;
    const bool right = (at & 1U) != 0 || at == last;
    root = right ? node_hash(sibling, root) : node_hash(root, sibling);
    while (right && (at & 1U) == 0 && at != 0) {
      at >>= 1U;
      last >>= 1U;
    }
    at >>= 1U;
    last >>= 1U;
  }
  if (last != 0) return misfit;
  return root;
}

Result<Proof> make_proof(TileSource& source, std::uint64_t index) {
  const auto note = source.get("checkpoint");
  if (!note) return note.error();
  const auto checkpoint = unverified_checkpoint(text_of(*note));
  if (!checkpoint) return checkpoint.error();
  if (index >= checkpoint->size) return Error{Code::not_found, "no checkpoint covers the entry yet"};
  const auto leaf = leaf_at(source, index, checkpoint->size);
  if (!leaf) return leaf.error();
  auto path = TreeReader(source, checkpoint->size).inclusion(index);
  if (!path) return path.error();
  const auto root = root_over(leaf_hash(bytes_of(*leaf)), index, checkpoint->size, *path);
  if (!root || *root != checkpoint->root) return Error{Code::corrupt, "the tiles do not match the log's checkpoint"};
  const ByteView line = bytes_of(*leaf);
  return Proof{index, Bytes(line.begin(), line.end()), std::move(*path), std::string(text_of(*note))};
}

Result<Checkpoint> check_proof(const Proof& proof, std::string_view origin, std::span<const Bytes> public_keys) {
  auto checkpoint = open_checkpoint(proof.note, origin, public_keys);
  if (!checkpoint) return checkpoint;
  if (proof.extra.empty()) return Error{Code::corrupt, "the proof does not hold the entry"};
  const auto root = root_over(leaf_hash(proof.extra), proof.index, checkpoint->size, proof.path);
  if (!root) return root.error();
  if (*root != checkpoint->root) return Error{Code::corrupt, "the proof does not lead to the checkpoint's root"};
  return checkpoint;
}

}  // namespace sluis::audit
