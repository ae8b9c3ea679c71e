#include "audit/recovery.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "audit/folder.h"

namespace sluis::audit {
namespace {

constexpr Error kDamaged{Code::corrupt, "the audit log is damaged"};

// The last segment as it was found, and what to do about its tail once all checks have passed.
struct LastSegment {
  Image image;
  std::uint64_t last_batch = 0;  // where it starts; `end` if there is none
  std::uint64_t end = 0;
  std::uint64_t torn_bytes = 0;
};

class Recoverer {
 public:
  Recoverer(const LogConfig& config, FileOps& files, Damage& damage)
      : config_(config), files_(files), damage_(damage), origin_(sha256(bytes_of(config.origin))) {}

  Result<Recovered> run(Signer& signer);

 private:
  Error damaged(std::string file, const Problem& problem) {
    damage_ = {std::move(file), problem.offset, problem.index, problem.why};
    return kDamaged;
  }
  Status read_checkpoint(Signer& signer);
  Result<std::vector<Bytes>> earlier_keys() const;
  Status read_headers();
  Status start_first_segment();
  Status make_first_checkpoint(Signer& signer);
  std::size_t first_to_walk() const;
  Status walk_all();
  Status walk(std::size_t at);
  Status check_root(const std::string& file);
  Status settle();

  const LogConfig& config_;
  FileOps& files_;
  Damage& damage_;
  const Digest origin_;
  bool found_checkpoint_ = false;
  std::vector<SegmentHeader> headers_;
  LastSegment last_;
  Recovered out_;
};

Result<Recovered> Recoverer::run(Signer& signer) {
  out_.checkpoint.origin = config_.origin;
  Status done = read_checkpoint(signer);
  if (done) done = read_headers();
  if (done && headers_.empty() && out_.checkpoint.size == 0) done = start_first_segment();
  if (done) done = walk_all();
  if (done && !found_checkpoint_) done = make_first_checkpoint(signer);
  if (done) done = settle();
  if (!done) return done.error();
  out_.report.entries = out_.tree.size();
  out_.report.checkpoint_size = out_.checkpoint.size;
  return std::move(out_);
}

Status Recoverer::read_checkpoint(Signer& signer) {
  const auto note = read_small_file(path_in(config_.folder, kCheckpointName), kNoteLimit);
  if (!note) return note.error();
  if (!note->has_value()) return {};
  found_checkpoint_ = true;
  const auto key = signer.public_key();
  if (!key) return key.error();
  auto checkpoint = open_checkpoint(**note, config_.origin, *key);
  out_.by_newest = checkpoint.operator bool();
  if (!checkpoint && !config_.earlier.empty()) {
    const auto keys = earlier_keys();
    if (!keys) return keys.error();
    checkpoint = open_checkpoint(**note, config_.origin, *keys);
  }
  if (!checkpoint) return damaged(std::string(kCheckpointName), {0, 0, checkpoint.error().what.view()});
  out_.checkpoint = std::move(*checkpoint);
  out_.note = **note;
  return {};
}

Result<std::vector<Bytes>> Recoverer::earlier_keys() const {
  std::vector<Bytes> keys;
  for (const EarlierKey& earlier : config_.earlier) {
    auto key = earlier.signer->public_key();
    if (!key) return key.error();
    keys.push_back(std::move(*key));
  }
  return keys;
}

Status Recoverer::read_headers() {
  const auto firsts = list_segments(config_.folder);
  if (!firsts) return firsts.error();
  for (const std::uint64_t first : *firsts) {
    auto header = read_segment_header(config_.folder, first, &origin_);
    if (!header && header.error().code != Code::corrupt) return header.error();
    if (!header) return damaged(segment_name(first), {0, first, header.error().what.view()});
    if (header->bytes > kLargestSegment) return damaged(segment_name(first), {0, first, "the segment's size is wrong"});
    if (headers_.empty() && first != 0) return damaged(segment_name(0), {0, 0, "the first segment is missing"});
    out_.segments.push_back({segment_name(first), header->id, first, header->bytes, 0, {}});
    headers_.push_back(std::move(*header));
  }
  return {};
}

Status Recoverer::start_first_segment() {
  const auto blank = make_blank(files_, config_.folder, config_.segment_bytes);
  if (!blank) return blank.error();
  auto header = new_header(origin_, config_.segment_bytes, {});
  if (!header) return header.error();
  const Status published = publish_segment(files_, config_.folder, *blank, *header);
  if (!published) return published;
  out_.segments.push_back({segment_name(0), header->id, 0, header->bytes, 0, {}});
  headers_.push_back(std::move(*header));
  return {};
}

// A new log is signed before its first entry, so that none without a checkpoint is ever taken for sound.
Status Recoverer::make_first_checkpoint(Signer& signer) {
  if (out_.tree.size() != 0) return damaged(std::string(kCheckpointName), {0, 0, "the log's checkpoint is missing"});
  const auto key = signer.public_key();
  if (!key) return key.error();
  const Checkpoint first{config_.origin, 0, out_.tree.root()};
  const auto note = sign_note(checkpoint_text(first), config_.origin, *key, signer);
  if (!note) return note.error();
  out_.checkpoint = first;
  out_.note = *note;
  return replace_file(files_, config_.folder, kCheckpointTemporary, kCheckpointName, *note);
}

// The last segment whose start the checkpoint covers: the root that is signed proves the tree in that segment's header.
std::size_t Recoverer::first_to_walk() const {
  const auto after =
      std::upper_bound(headers_.begin(), headers_.end(), out_.checkpoint.size,
                       [](std::uint64_t size, const SegmentHeader& header) { return size < header.first(); });
  return static_cast<std::size_t>(after - headers_.begin()) - 1;
}

Status Recoverer::walk_all() {
  if (headers_.empty()) return damaged(segment_name(0), {0, 0, "the log is shorter than its last checkpoint"});
  const std::size_t first = first_to_walk();
  out_.tree = headers_[first].before;
  Status done = check_root(out_.segments[first].name);
  for (std::size_t at = first; done && at < headers_.size(); ++at) done = walk(at);
  if (!done) return done;
  if (out_.tree.size() >= out_.checkpoint.size) return {};
  return damaged(out_.segments.back().name,
                 {last_.end, out_.tree.size(), "the log is shorter than its last checkpoint"});
}

Status Recoverer::walk(std::size_t at) {
  SegmentEntry& segment = out_.segments[at];
  const SegmentHeader& header = headers_[at];
  if (header.first() != out_.tree.size()) {
    return damaged(out_.segments[at - 1].name,
                   {last_.end, out_.tree.size(), "entries are missing at the segment's end"});
  }
  if (header.before != out_.tree) {
    return damaged(out_.segments[at - 1].name, {0, headers_[at - 1].first(), "the entries are not those of the tree"});
  }
  auto image = read_image(path_in(config_.folder, segment.name), 0, header.bytes);
  if (!image) return image.error();
  SegmentScanner scanner(header.id, image->view().subspan(kHeaderSize), kHeaderSize, header.first());
  std::uint64_t last_batch = kHeaderSize;
  while (scanner.next()) {
    last_batch = scanner.batch().offset;
    segment.places.note(scanner.batch().first, last_batch);
    for (const FrameView& frame : scanner.frames()) {
      out_.tree.push(leaf_hash(frame.leaf));
      const Status matches = check_root(segment.name);
      if (!matches) return matches;
    }
  }
  segment.end = scanner.offset();
  const Tail tail = classify_tail(header.id, image->view(), scanner);
  const bool is_last = at + 1 == headers_.size();
  if (tail.kind == Tail::Kind::damaged || (tail.kind == Tail::Kind::torn && !is_last)) {
    return damaged(segment.name, tail.problem);
  }
  last_ = {std::move(*image), last_batch, scanner.offset(), tail.torn_bytes};
  return {};
}

Status Recoverer::check_root(const std::string& file) {
  const Checkpoint& checkpoint = out_.checkpoint;
  if (checkpoint.size == 0 || out_.tree.size() != checkpoint.size || out_.tree.root() == checkpoint.root) return {};
  return damaged(file, {0, 0, "the log does not match its last checkpoint"});
}

// Zeroes a torn tail and makes the last batch durable. That batch may never have been: after a sync that failed, its
// bytes are in the kernel's memory, where they look written. So it is written again and synced.
Status Recoverer::settle() {
  constexpr Error unwritable{Code::unavailable, "the audit log's folder cannot be written"};
  const std::string path = path_in(config_.folder, out_.segments.back().name);
  out_.active = std::move(headers_.back());
  out_.offset = last_.end;
  out_.report.torn_bytes = last_.torn_bytes;
  out_.file = File(files_.open(path, O_RDWR, 0));
  if (!out_.file) return unwritable;
  const std::uint64_t size = last_.image.size;
  std::uint8_t* const data = last_.image.data.get();
  const bool is_short = last_.image.file_size < size;
  const std::uint64_t to = is_short ? size : last_.end + last_.torn_bytes;
  std::fill(data + last_.end, data + to, std::uint8_t{0});
  if (is_short && files_.allocate(out_.file.fd(), size) != 0) return unwritable;
  if (to == last_.last_batch) return {};
  if (!write_whole(files_, out_.file.fd(), data + last_.last_batch, to - last_.last_batch, last_.last_batch)) {
    return unwritable;
  }
  if (files_.sync_data(out_.file.fd()) != 0) return unwritable;
  last_.image = {};
  return {};
}

}  // namespace

Result<Recovered> recover(const LogConfig& config, FileOps& files, Signer& signer, Damage& damage) {
  return Recoverer(config, files, damage).run(signer);
}

}  // namespace sluis::audit
