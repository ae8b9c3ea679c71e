// Putting a sealed record into the store under a precondition.
#pragma once

#include <optional>

#include "gateway/records/precondition.h"
#include "store/store.h"

namespace sluis::gateway {

enum class Written : std::uint8_t { created, replaced };

// One record on its way into the store. Its revision is chosen here: the time, or one above the stored revision where
// that is ahead. Mostly one put, and more where other writers come between. The record outlives this.
class RecordWrite {
 public:
  RecordWrite(store::Record& record, const Precondition& precondition, std::uint64_t now_us);

  // What the store is to put next; reads the store where that takes it. Nothing once there is a result.
  std::optional<store::Put> next(store::Store& store);
  void judge(const Status& put);
  // Errors: conflict if the precondition does not hold, or if other writers were faster every time; unavailable and
  // busy as the store has them.
  const std::optional<Result<Written>>& result() const noexcept { return result_; }

 private:
  enum class Step : std::uint8_t { create, replace, replace_revision, look_up };
  store::Put put() const;
  void look_up(store::Store& store);
  bool go_on(const Error& error);

  store::Record& record_;
  const Precondition precondition_;
  const std::uint64_t now_us_;
  Step step_ = Step::create;
  std::uint64_t expected_ = 0;  // of Step::replace_revision
  int attempts_ = 0;
  std::optional<Result<Written>> result_;
};

// One above `revision`, or the time where that is later.
std::uint64_t revision_after(std::uint64_t revision, std::uint64_t now_us) noexcept;

}  // namespace sluis::gateway
