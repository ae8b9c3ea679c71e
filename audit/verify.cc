#include "audit/verify.h"

#include <algorithm>
#include <deque>
#include <future>
#include <thread>

#include "audit/catalog.h"
#include "audit/folder.h"
#include "audit/verify_segment.h"

namespace sluis::audit {
namespace {

using Weight = Finding::Weight;

// A checkpoint that the log's tree is held against when it has grown to that size.
struct Watched {
  Checkpoint checkpoint;
  std::string_view too_short;  // literals
  std::string_view differs;
};

class Verifier {
 public:
  Verifier(const std::string& folder, const VerifyOptions& options) : folder_(folder), options_(options) {}
  Result<Verification> run();

 private:
  void find(Weight weight, std::string file, std::uint64_t offset, std::uint64_t index, std::string_view why) {
    if (out_.findings.size() < Verification::kFindingLimit) {
      out_.findings.push_back({weight, std::move(file), offset, index, why});
    }
  }
  Status read_checkpoint();
  void read_saved_checkpoint();
  Result<Checkpoint> open(std::string_view note);
  Status verify_segments();
  void take(SegmentReport report);
  void join(const SegmentReport& report);
  void check_roots();
  void finish();

  const std::string& folder_;
  const VerifyOptions& options_;
  Verification out_;
  std::vector<Watched> watched_;
  Frontier tree_;
  std::optional<SegmentReport> before_;  // the segment before, without its hashes
  std::uint64_t latest_us_ = 0;
};

Result<Verification> Verifier::run() {
  const Status read = read_checkpoint();  // before the segments: a log that is being written only grows
  if (!read) return read.error();
  read_saved_checkpoint();
  check_roots();
  const Status done = verify_segments();
  if (!done) return done.error();
  finish();
  return std::move(out_);
}

Result<Checkpoint> Verifier::open(std::string_view note) {
  return open_checkpoint(note, options_);
}

Status Verifier::read_checkpoint() {
  const auto note = read_small_file(path_in(folder_, kCheckpointName), kNoteLimit);
  if (!note && note.error().code != Code::corrupt) return note.error();
  if (note && !note->has_value()) {
    // Every log has one from its first moment on, and without it anything could stand here.
    find(Weight::bad, std::string(kCheckpointName), 0, 0, "there is no checkpoint");
    return {};
  }
  auto checkpoint = note ? open(**note) : Result<Checkpoint>(note.error());
  using Signature = Verification::Signature;
  if (!checkpoint) {
    out_.signature = Signature::bad;
    find(Weight::bad, std::string(kCheckpointName), 0, 0, checkpoint.error().what.view());
    return {};
  }
  out_.signature = options_.public_key.empty() ? Signature::unchecked : Signature::good;
  out_.checkpoint = *checkpoint;
  watched_.push_back(
      {std::move(*checkpoint), "the log is shorter than its checkpoint", "the log does not match its checkpoint"});
  return {};
}

void Verifier::read_saved_checkpoint() {
  if (options_.saved_checkpoint.empty()) return;
  auto saved = open(options_.saved_checkpoint);
  if (!saved) return find(Weight::bad, "saved checkpoint", 0, 0, saved.error().what.view());
  watched_.push_back({std::move(*saved), "the log is shorter than the saved checkpoint",
                      "the log does not match the saved checkpoint"});
}

Status Verifier::verify_segments() {
  const auto firsts = list_segments(folder_);
  if (!firsts) return firsts.error();
  const std::size_t width =
      options_.threads != 0 ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
  std::optional<SidecarOpener> opener;
  if (options_.keys != nullptr) opener.emplace(*options_.keys);
  std::deque<std::future<SegmentReport>> under_way;
  for (std::size_t next = 0; next < firsts->size() || !under_way.empty();) {
    while (next < firsts->size() && under_way.size() < width) {
      const Position position = next + 1 == firsts->size() ? Position::last : Position::inner;
      under_way.push_back(std::async(std::launch::async, verify_segment, std::cref(folder_), (*firsts)[next++],
                                     position, std::cref(options_), opener ? &*opener : nullptr));
    }
    take(under_way.front().get());
    under_way.pop_front();
  }
  return {};
}

void Verifier::take(SegmentReport report) {
  if (report.header) join(report);
  for (Finding& finding : report.findings) {
    if (out_.findings.size() < Verification::kFindingLimit) out_.findings.push_back(std::move(finding));
  }
  for (const Digest& leaf : report.leaf_hashes) {
    tree_.push(leaf);
    check_roots();
  }
  if (report.earliest_us < UINT64_MAX && report.earliest_us + options_.backwards_us < latest_us_) {
    find(Weight::warning, report.name, 0, report.header->first(), "times lie before those of the segment before");
  }
  latest_us_ = std::max(latest_us_, report.latest_us);
  out_.payloads_opened += report.payloads_opened;
  out_.payloads_expired += report.payloads_expired;
  out_.torn_bytes += report.torn_bytes;
  report.leaf_hashes.clear();
  before_ = std::move(report);
}

// Holds the tree so far against the one that the segment's header recorded, and goes on with the latter: it bounds
// where a change lies, and the checkpoint still proves the whole.
void Verifier::join(const SegmentReport& report) {
  const Frontier& recorded = report.header->before;
  const bool known = before_ ? before_->whole : true;
  if (known && recorded != tree_) {
    const std::string name = before_ ? before_->name : report.name;
    const std::uint64_t first = before_ ? before_->header->first() : 0;
    if (recorded.size() == tree_.size())
      find(Weight::bad, name, 0, first, "the segment's entries are not those of the tree");
    if (recorded.size() != tree_.size())
      find(Weight::bad, name, before_ ? before_->end : 0, tree_.size(), "entries are missing");
  }
  if (recorded == tree_) return;
  tree_ = recorded;
  check_roots();
}

void Verifier::check_roots() {
  for (const Watched& watched : watched_) {
    if (watched.checkpoint.size != tree_.size() || watched.checkpoint.root == tree_.root()) continue;
    find(Weight::bad, before_ ? before_->name : std::string(kCheckpointName), 0, 0, watched.differs);
  }
}

void Verifier::finish() {
  out_.entries = tree_.size();
  out_.root = tree_.root();
  for (const Watched& watched : watched_) {
    if (watched.checkpoint.size <= tree_.size()) continue;
    find(Weight::bad, before_ ? before_->name : segment_name(0), before_ ? before_->end : 0, tree_.size(),
         watched.too_short);
  }
}

}  // namespace

bool Verification::good() const noexcept {
  return first_bad() == nullptr;
}

const Finding* Verification::first_bad() const noexcept {
  const auto bad = [](const Finding& finding) { return finding.weight == Weight::bad; };
  const auto found = std::find_if(findings.begin(), findings.end(), bad);
  return found == findings.end() ? nullptr : &*found;
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifyOptions& options) {
  if (options.public_key.empty()) {
    const auto text = unverified_text(note);
    if (!text) return text.error();
    return parse_checkpoint_text(*text);
  }
  std::vector<Bytes> keys = options.other_keys;
  keys.push_back(options.public_key);
  const std::string_view origin = options.origin.empty() ? note.substr(0, note.find('\n')) : options.origin;
  return open_checkpoint(note, origin, keys);
}

Result<Verification> verify_folder(const std::string& folder, const VerifyOptions& options) {
  return Verifier(folder, options).run();
}

}  // namespace sluis::audit
