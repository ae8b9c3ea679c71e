#include "gateway/records/writer.h"

#include <algorithm>

namespace sluis::gateway {
namespace {

using store::Expected;
using Kind = Precondition::Kind;

constexpr int kAttempts = 8;

}  // namespace

std::uint64_t revision_after(std::uint64_t revision, std::uint64_t now_us) noexcept {
  return std::max(revision + 1, now_us);
}

RecordWrite::RecordWrite(store::Record& record, const Precondition& precondition, std::uint64_t now_us)
    : record_(record), precondition_(precondition), now_us_(now_us) {
  record_.revision = now_us;
  if (precondition.kind == Kind::present) step_ = Step::look_up;
  if (precondition.kind != Kind::revision) return;
  step_ = Step::replace_revision;
  expected_ = precondition.revision;
  record_.revision = revision_after(expected_, now_us);
}

std::optional<store::Put> RecordWrite::next(store::Store& store) {
  if (step_ == Step::look_up && !result_) look_up(store);
  if (result_) return std::nullopt;
  return put();
}

store::Put RecordWrite::put() const {
  if (step_ == Step::create) return {&record_, {Expected::Kind::absent, 0}};
  if (step_ == Step::replace) return {&record_, {Expected::Kind::anything, 0}};
  return {&record_, {Expected::Kind::revision, expected_}};
}

// With If-Match: * there must be a record, whatever its revision; without a precondition the one that is there is ahead
// of this gateway's clock, or was removed again.
void RecordWrite::look_up(store::Store& store) {
  const auto current = store.get(record_.collection, record_.id);
  const bool missing = !current && current.error().code == Code::not_found;
  if (!current && !missing) {
    result_ = current.error();
    return;
  }
  if (current) record_.revision = revision_after(current->revision, now_us_);
  if (precondition_.kind == Kind::none) {
    step_ = Step::create;
    return;
  }
  if (missing) {
    result_ = Error{Code::conflict, "there is no such record"};
    return;
  }
  step_ = Step::replace_revision;
  expected_ = current->revision;
}

void RecordWrite::judge(const Status& put) {
  if (put) result_ = step_ == Step::create ? Written::created : Written::replaced;
  if (put || go_on(put.error())) return;
  if (!result_) result_ = put.error();
}

// After a conflict, where no revision was asked for. Most puts are new records, so that is tried first.
bool RecordWrite::go_on(const Error& error) {
  if (error.code != Code::conflict) return false;
  if (precondition_.kind != Kind::none && precondition_.kind != Kind::present) return false;
  if (step_ == Step::create) {
    step_ = Step::replace;
    return true;
  }
  step_ = Step::look_up;
  if (++attempts_ < kAttempts) return true;
  result_ = Error{Code::conflict, "other writers of this record were faster"};
  return false;
}

}  // namespace sluis::gateway
