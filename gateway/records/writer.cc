#include "gateway/records/writer.h"

#include <algorithm>

namespace sluis::gateway {
namespace {

using store::Expected;

constexpr int kAttempts = 8;

bool is(const Status& status, Code code) {
  return !status && status.error().code == code;
}

Result<Written> replace_revision(store::Store& store, store::Record& record, std::uint64_t revision,
                                 std::uint64_t now_us) {
  record.revision = revision_after(revision, now_us);
  const Status put = store.put(record, {Expected::Kind::revision, revision});
  if (!put) return put.error();
  return Written::replaced;
}

// Whatever the stored revision is, but there must be one.
Result<Written> replace_any(store::Store& store, store::Record& record, std::uint64_t now_us) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto current = store.get(record.collection, record.id);
    if (!current && current.error().code == Code::not_found) break;
    if (!current) return current.error();
    const auto replaced = replace_revision(store, record, current->revision, now_us);
    if (replaced || replaced.error().code != Code::conflict) return replaced;
  }
  return Error{Code::conflict, "there is no such record"};
}

// Most puts are new records, so that is tried first. A clock that is behind the stored revision is the last case.
Result<Written> create_or_replace(store::Store& store, store::Record& record, std::uint64_t now_us) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Status created = store.put(record, {Expected::Kind::absent, 0});
    if (created) return Written::created;
    if (!is(created, Code::conflict)) return created.error();
    const Status put = store.put(record, {Expected::Kind::anything, 0});
    if (put) return Written::replaced;
    if (!is(put, Code::conflict)) return put.error();
    const auto current = store.get(record.collection, record.id);
    if (current) record.revision = revision_after(current->revision, now_us);
    if (!current && current.error().code != Code::not_found) return current.error();
  }
  return Error{Code::conflict, "other writers of this record were faster"};
}

}  // namespace

std::uint64_t revision_after(std::uint64_t revision, std::uint64_t now_us) noexcept {
  return std::max(revision + 1, now_us);
}

Result<Written> write_record(store::Store& store, store::Record& record, const Precondition& precondition,
                             std::uint64_t now_us) {
  using Kind = Precondition::Kind;
  record.revision = now_us;
  if (precondition.kind == Kind::present) return replace_any(store, record, now_us);
  if (precondition.kind == Kind::revision) return replace_revision(store, record, precondition.revision, now_us);
  if (precondition.kind == Kind::none) return create_or_replace(store, record, now_us);
  const Status created = store.put(record, {Expected::Kind::absent, 0});
  if (!created) return created.error();
  return Written::created;
}

}  // namespace sluis::gateway
