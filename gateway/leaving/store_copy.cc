// Records: compared, written, summed up.
#include "gateway/leaving/store_copy.h"

#include <algorithm>
#include <type_traits>

#include "crypto/hash.h"

namespace sluis::gateway::leaving {
namespace {

using store::RecordHead;

constexpr std::size_t kPage = 5000;
constexpr std::size_t kWrites = 1000;  // of one transaction

// One end's heads or records of a collection, page by page.
template <typename Item>
class Stream {
 public:
  Stream(store::Transfer& transfer, const std::string& collection) : transfer_(transfer), collection_(collection) {}

  // Null at the end.
  Result<const Item*> look() {
    if (at_ < page_.size()) return &page_[at_];
    if (ended_) return static_cast<const Item*>(nullptr);
    auto page = next();
    if (!page) return page.error();
    at_ = 0;
    ended_ = page->empty();
    page_ = *std::move(page);
    if (ended_) return static_cast<const Item*>(nullptr);
    last_ = page_.back().id;
    return &page_[at_];
  }
  void step() noexcept { ++at_; }

 private:
  Result<std::vector<Item>> next() {
    if constexpr (std::is_same_v<Item, RecordHead>) return transfer_.heads(collection_, last_, kPage);
    if constexpr (std::is_same_v<Item, store::Record>) return transfer_.records(collection_, last_, kWrites);
  }

  store::Transfer& transfer_;
  const std::string& collection_;
  std::vector<Item> page_;
  std::string last_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

// Whose turn it is of two streams in the order of ids: the first alone, the second alone, or both.
template <typename Item>
struct Turn {
  const Item *a, *b;
  bool end() const noexcept { return a == nullptr && b == nullptr; }
  bool only_a() const noexcept { return a != nullptr && (b == nullptr || a->id < b->id); }
  bool only_b() const noexcept { return b != nullptr && (a == nullptr || b->id < a->id); }
};

template <typename Item>
Result<Turn<Item>> turn(Stream<Item>& ours, Stream<Item>& theirs) {
  const auto a = ours.look(), b = theirs.look();
  if (!a) return a.error();
  if (!b) return b.error();
  return Turn<Item>{*a, *b};
}

Bytes bytes_of_record(const store::Record& record) {
  Bytes head;
  append_prefixed(head, bytes_of(record.collection));
  append_prefixed(head, bytes_of(record.id));
  append_u64(head, record.revision);
  append_u32(head, record.key_version);
  append_prefixed(head, bytes_of(record.open_fields));
  append_prefixed(head, record.envelope);
  std::vector<Bytes> terms;
  for (const store::IndexTerm& term : record.terms) {
    Bytes& one = terms.emplace_back();
    append_u16(one, term.field_id);
    append_u32(one, term.key_version);
    append_prefixed(one, term.term);
  }
  std::sort(terms.begin(), terms.end());  // the stores need not keep an order
  for (const Bytes& term : terms) append_prefixed(head, term);
  return head;
}

}  // namespace

Status StoreCopy::still_going() const {
  if (going_()) return {};
  return Error{Code::unavailable, "the move was broken off"};
}

// Of both ends: what only the destination has must go.
Result<std::vector<std::string>> StoreCopy::collections() const {
  std::vector<std::string> out;
  for (const End& end : {from_, to_}) {
    std::string after;
    for (;;) {
      const auto page = end.transfer.collections(after, kPage);
      if (!page) return page.error();
      if (page->empty()) break;
      out.insert(out.end(), page->begin(), page->end());
      after = page->back();
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Status StoreCopy::compare(const std::string& collection, const OnDifference& found) const {
  Stream<RecordHead> ours(from_.transfer, collection), theirs(to_.transfer, collection);
  Difference difference;
  for (;;) {
    const auto at = turn(ours, theirs);
    if (!at) return at.error();
    if (at->end() || difference.wanted.size() + difference.extra.size() >= kWrites) {
      if (const Status going = still_going(); !going) return going;
      if (const Status done = found(collection, difference); !done) return done;
      difference = {};
    }
    if (at->end()) return {};
    if (at->only_b()) difference.extra.push_back(at->b->id);
    if (at->only_a() || (!at->only_b() && *at->a != *at->b)) difference.wanted.push_back(at->a->id);
    const bool a = !at->only_b(), b = !at->only_a();
    if (a) ours.step();
    if (b) theirs.step();
  }
}

Status StoreCopy::compare_all(const std::string& collection, Compared& out) const {
  Stream<store::Record> ours(from_.transfer, collection), theirs(to_.transfer, collection);
  for (;;) {
    const auto at = turn(ours, theirs);
    if (!at) return at.error();
    if (at->end()) return {};
    if (out.records % kWrites == 0) {
      if (const Status going = still_going(); !going) return going;
    }
    const bool both = !at->only_a() && !at->only_b();
    const Bytes bytes = both ? bytes_of_record(*at->a) : Bytes();
    if (both && bytes == bytes_of_record(*at->b)) {
      out.digest = sha256({out.digest, bytes});
      ++out.records;
    } else {
      out.differing[collection].insert(at->only_b() ? at->b->id : at->a->id);
    }
    const bool a = !at->only_b(), b = !at->only_a();
    if (a) ours.step();
    if (b) theirs.step();
  }
}

Result<StoreCopy::Compared> StoreCopy::compare_all() const {
  const auto names = collections();
  if (!names) return names.error();
  Compared out;
  for (const std::string& collection : *names) {
    if (const Status done = compare_all(collection, out); !done) return done.error();
  }
  return out;
}

Result<bool> StoreCopy::alike(const Noted& records) const {
  for (const auto& [collection, ids] : records) {
    const std::vector<std::string> all(ids.begin(), ids.end());
    for (std::size_t at = 0; at < all.size(); at += kWrites) {
      const std::vector<std::string> some(
          all.begin() + static_cast<std::ptrdiff_t>(at),
          all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kWrites)));
      const auto ours = from_.transfer.records(collection, some), theirs = to_.transfer.records(collection, some);
      if (!ours) return ours.error();
      if (!theirs) return theirs.error();
      const auto same = [](const store::Record& a, const store::Record& b) {
        return bytes_of_record(a) == bytes_of_record(b);
      };
      if (!std::equal(ours->begin(), ours->end(), theirs->begin(), theirs->end(), same)) return false;
    }
  }
  const auto names = collections();
  if (!names) return names.error();
  for (const std::string& collection : *names) {
    const auto ours = from_.store.count(collection), theirs = to_.store.count(collection);
    if (!ours) return ours.error();
    if (!theirs) return theirs.error();
    if (*ours != *theirs) return false;
  }
  return true;
}

Status StoreCopy::write(const std::string& collection, const std::vector<std::string>& ids) {
  for (std::size_t at = 0; at < ids.size();) {
    std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(at),
                                  ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), at + kWrites)));
    const auto records = from_.transfer.records(collection, some);
    if (!records) return records.error();
    if (!records->empty()) {
      if (const Status written = to_.transfer.write(*records); !written) return written;
    }
    copied_ += records->size();
    at += some.size();
  }
  return {};
}

Status StoreCopy::mend(const std::string& collection, const Difference& difference) {
  if (const Status written = write(collection, difference.wanted); !written) return written;
  for (const std::string& id : difference.extra) {
    const Status gone = to_.store.remove(collection, id, {});
    if (!gone && gone.error().code != Code::not_found) return gone;
  }
  return {};
}

Result<std::uint64_t> StoreCopy::round() {
  const auto names = collections();
  if (!names) return names.error();
  std::uint64_t differed = 0;
  for (const std::string& collection : *names) {
    const Status done = compare(collection, [&](const std::string& name, const Difference& difference) {
      differed += difference.wanted.size() + difference.extra.size();
      return mend(name, difference);
    });
    if (!done) return done.error();
  }
  return differed;
}

Status StoreCopy::follow(const Noted& noted) {
  for (const auto& [collection, ids] : noted) {
    Difference difference;
    difference.wanted.assign(ids.begin(), ids.end());
    for (const std::string& id : ids) {
      const auto there = from_.store.get(collection, id);
      if (!there && there.error().code != Code::not_found) return there.error();
      if (!there) difference.extra.push_back(id);
    }
    if (const Status done = mend(collection, difference); !done) return done;
  }
  return {};
}

}  // namespace sluis::gateway::leaving
