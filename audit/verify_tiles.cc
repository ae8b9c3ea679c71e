#include "audit/verify_tiles.h"

#include <algorithm>
#include <deque>
#include <future>
#include <thread>

#include "audit/folder.h"
#include "audit/leaf.h"

namespace sluis::audit {
namespace {

using Weight = Finding::Weight;

constexpr std::uint64_t kBundlesAtATime = 16;

// Some bundles that stand one after another and the tiles of their hashes, as they were read.
struct Piece {
  struct Pair {
    std::uint64_t number = 0;
    std::size_t width = 0;
    Bytes bundle;
    std::vector<Digest> hashes;
  };
  std::vector<Pair> pairs;
};

struct PieceReport {
  std::vector<Digest> hashes;  // those of the tiles
  std::vector<Finding> findings;
};

void check_entry(std::string_view entry, const Digest& hash, std::uint64_t index, const std::string& file,
                 std::vector<Finding>& findings) {
  const auto find = [&](std::string_view why) { findings.push_back({Weight::bad, file, 0, index, why}); };
  if (leaf_hash(bytes_of(entry)) != hash) return find("the entry is not that of the tree");
  const auto leaf = parse_leaf(entry);
  if (!leaf) find(leaf.error().what.view());
}

// Entry by entry, so that the first that is bad is named also where the bundle's length has changed.
void check_bundle(const Piece::Pair& pair, std::vector<Finding>& findings) {
  const std::string file = bundle_path(pair.number, pair.width);
  const std::uint64_t first = pair.number * kTileWidth;
  const auto misfit = [&](std::uint64_t index) {
    findings.push_back({Weight::bad, file, 0, index, "a bundle's entries do not fit its size"});
  };
  sluis::Reader reader(pair.bundle);
  for (std::size_t i = 0; i < pair.width && findings.size() < Verification::kFindingLimit; ++i) {
    const auto size = reader.u16();
    const auto entry = size ? reader.bytes(*size) : Result<ByteView>(size.error());
    if (!entry) return misfit(first + i);
    check_entry(text_of(*entry), pair.hashes[i], first + i, file, findings);
  }
  if (pair.width == kTileWidth && !reader.done() && findings.empty()) misfit(first + kTileWidth);
}

PieceReport check_piece(const Piece& piece) {
  PieceReport report;
  for (const Piece::Pair& pair : piece.pairs) {
    if (!pair.bundle.empty()) check_bundle(pair, report.findings);
    report.hashes.insert(report.hashes.end(), pair.hashes.begin(), pair.hashes.end());
  }
  return report;
}

class TilesVerifier {
 public:
  TilesVerifier(TileSource& source, const VerifyOptions& options) : source_(source), options_(options) {}
  Result<Verification> run();

 private:
  void find(std::string file, std::uint64_t index, std::string_view why) {
    if (out_.findings.size() < Verification::kFindingLimit) {
      out_.findings.push_back({Weight::bad, std::move(file), 0, index, why});
    }
  }
  Result<Checkpoint> open(std::string_view note) const { return open_checkpoint(note, options_); }
  Status read_checkpoint();
  void read_saved();
  void begin_at_saved();
  Result<std::optional<Piece>> read_piece(std::uint64_t number);
  Status verify_entries();
  void take(const PieceReport& report);
  Status check_full(unsigned level, std::uint64_t number, std::span<const Digest> hashes);
  Status check_partial();
  Status compare(unsigned level, std::uint64_t number, std::span<const Digest> hashes);
  void check_saved();
  void finish();

  TileSource& source_;
  const VerifyOptions& options_;
  Verification out_;
  std::uint64_t size_ = 0;
  std::optional<Checkpoint> saved_;
  TileEdge edge_;
  std::uint64_t skip_ = 0;  // entries of the first bundle that the edge holds already
  bool complete_ = true;
  Status fetched_;  // the first failure of the source
};

Result<Verification> TilesVerifier::run() {
  const Status read = read_checkpoint();
  if (!read) return read.error();
  if (!out_.checkpoint) return std::move(out_);
  read_saved();
  check_saved();
  if (options_.start_at_saved) begin_at_saved();
  Status done = verify_entries();
  if (done && fetched_ && complete_) done = check_partial();
  if (!done) return done.error();
  if (!fetched_) return fetched_.error();
  finish();
  const auto earlier = [](const Finding& a, const Finding& b) { return a.index < b.index; };
  std::stable_sort(out_.findings.begin(), out_.findings.end(), earlier);
  return std::move(out_);
}

Status TilesVerifier::read_checkpoint() {
  const auto note = source_.get(std::string(kCheckpointName));
  if (!note && note.error().code == Code::not_found) {
    find(std::string(kCheckpointName), 0, "there is no checkpoint");
    return {};
  }
  if (!note) return note.error();
  const auto checkpoint = open(text_of(*note));
  const bool checked = !options_.public_key.empty();
  if (!checkpoint) {
    out_.signature = checked ? Verification::Signature::bad : Verification::Signature::unchecked;
    find(std::string(kCheckpointName), 0, checkpoint.error().what.view());
    return {};
  }
  out_.signature = checked ? Verification::Signature::good : Verification::Signature::unchecked;
  out_.checkpoint = *checkpoint;
  size_ = checkpoint->size;
  return {};
}

void TilesVerifier::read_saved() {
  if (options_.saved_checkpoint.empty()) return;
  auto saved = open(options_.saved_checkpoint);
  if (!saved) return find("saved checkpoint", 0, saved.error().what.view());
  saved_ = std::move(*saved);
  if (saved_->size > size_) {
    find(std::string(kCheckpointName), size_, "the log is shorter than the saved checkpoint");
  }
}

void TilesVerifier::begin_at_saved() {
  if (!saved_ || saved_->size > size_) return;
  auto edge = load_edge(source_, saved_->size);
  if (!edge) return find("saved checkpoint", 0, edge.error().what.view());
  if (edge->frontier().root() != saved_->root) {
    // All is read then, so that what differs is named where it can be.
    return find("saved checkpoint", 0, "the log does not hold what the saved checkpoint covers");
  }
  edge_ = std::move(*edge);
  skip_ = saved_->size % kTileWidth;
}

// Nothing where a tile is missing: what stands behind it cannot be joined to the tree.
Result<std::optional<Piece>> TilesVerifier::read_piece(std::uint64_t number) {
  Piece piece;
  for (std::uint64_t i = 0; i < kBundlesAtATime && (number + i) * kTileWidth < size_; ++i) {
    Piece::Pair pair{number + i, std::min<std::uint64_t>(kTileWidth, size_ - (number + i) * kTileWidth), {}, {}};
    const std::uint64_t first = pair.number * kTileWidth;
    auto hashes = get_tile(source_, 0, pair.number, pair.width);
    if (!hashes && hashes.error().code == Code::unavailable) return hashes.error();
    if (!hashes) {
      find(tile_path(0, pair.number, pair.width), first, hashes.error().what.view());
      complete_ = false;
      break;
    }
    auto bundle = get_bundle(source_, pair.number, pair.width);
    if (!bundle && bundle.error().code == Code::unavailable) return bundle.error();
    if (!bundle || bundle->empty()) find(bundle_path(pair.number, pair.width), first, "a bundle of entries is missing");
    pair.hashes = std::move(*hashes);
    if (bundle) pair.bundle = std::move(*bundle);
    piece.pairs.push_back(std::move(pair));
  }
  if (piece.pairs.empty()) return std::optional<Piece>();
  return std::optional<Piece>(std::move(piece));
}

Status TilesVerifier::verify_entries() {
  const std::size_t width =
      options_.threads != 0 ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
  std::deque<std::future<PieceReport>> under_way;
  std::uint64_t next = edge_.size() / kTileWidth;
  while (next * kTileWidth < size_ || !under_way.empty()) {
    while (complete_ && next * kTileWidth < size_ && under_way.size() < width + 1) {
      auto piece = read_piece(next);
      if (!piece) return piece.error();
      if (!piece->has_value()) break;
      next += (*piece)->pairs.size();
      under_way.push_back(std::async(std::launch::async, [piece = std::move(**piece)] { return check_piece(piece); }));
    }
    if (under_way.empty()) break;
    take(under_way.front().get());
    under_way.pop_front();
  }
  return {};
}

void TilesVerifier::take(const PieceReport& report) {
  for (const Finding& finding : report.findings) find(finding.file, finding.index, finding.why);
  const auto full = [this](unsigned level, std::uint64_t number, std::span<const Digest> hashes) {
    if (level == 0 || !fetched_) return;  // level 0 is where the hashes come from
    fetched_ = compare(level, number, hashes);
  };
  for (std::size_t i = skip_; i < report.hashes.size(); ++i) {
    edge_.push(report.hashes[i], full);
    check_saved();
  }
  skip_ = 0;
}

Status TilesVerifier::check_partial() {
  for (unsigned level = 1; level < kTileLevels; ++level) {
    if (edge_.level(level).empty()) continue;
    const Status done = compare(level, edge_.size() >> (8U * (level + 1)), edge_.level(level));
    if (!done) return done;
  }
  return {};
}

Status TilesVerifier::compare(unsigned level, std::uint64_t number, std::span<const Digest> hashes) {
  const std::string file = tile_path(level, number, hashes.size());
  const std::uint64_t span = std::uint64_t{1} << (8U * level);  // entries under one of its hashes
  const std::uint64_t first = number * kTileWidth * span;
  const auto tile = get_tile(source_, level, number, hashes.size());
  if (!tile && tile.error().code == Code::unavailable) return tile.error();
  if (!tile) {
    find(file, first, tile.error().what.view());
    return {};
  }
  const auto differs = std::mismatch(hashes.begin(), hashes.end(), tile->begin());
  if (differs.first == hashes.end()) return {};
  const auto at = static_cast<std::uint64_t>(differs.first - hashes.begin());
  find(file, first + at * span, "the tile is not that of the entries below it");
  return {};
}

void TilesVerifier::check_saved() {
  if (!saved_ || saved_->size != edge_.size() || edge_.frontier().root() == saved_->root) return;
  find("saved checkpoint", 0, "the log does not hold what the saved checkpoint covers");
}

void TilesVerifier::finish() {
  out_.entries = edge_.size();
  out_.root = edge_.frontier().root();
  if (!complete_ || out_.root == out_.checkpoint->root) return;
  if (!out_.findings.empty()) return;  // which say where
  find(std::string(kCheckpointName), 0, "the entries are not those of the checkpoint");
}

}  // namespace

Result<Verification> verify_tiles(TileSource& source, const VerifyOptions& options) {
  return TilesVerifier(source, options).run();
}

}  // namespace sluis::audit
