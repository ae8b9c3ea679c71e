#include "gateway/rollover/jobs.h"

#include <algorithm>
#include <utility>

namespace sluis::gateway::rollover {
namespace {

constexpr std::size_t kPage = 200;
constexpr int kAttempts = 50;
// Two gateways that start rollovers of the same thing at the same moment would not see each other's.
constexpr std::string_view kStarting = "rollovers/start";
constexpr std::chrono::seconds kStartingTtl{5};

}  // namespace

Jobs::Jobs(store::Store& store, Documents& documents, std::string holder, WallClock clock)
    : store_(store), documents_(documents), holder_(std::move(holder)), clock_(std::move(clock)) {}

Result<Job> Jobs::add(Job job) {
  const std::lock_guard lock(starting_);
  const auto lease = store_.take_lease(kStarting, holder_, kStartingTtl);
  if (!lease && lease.error().code == Code::conflict) return Error{Code::busy, "another rollover is being started"};
  if (!lease) return lease.error();
  const Status stored = store_new(job);
  static_cast<void>(store_.drop_lease(*lease));  // ends by itself otherwise
  if (!stored) return stored.error();
  return job;
}

Status Jobs::store_new(Job& job) {
  const auto others = open_jobs();
  if (!others) return others.error();
  const auto same = [&](const Job& other) { return overlap(job, other); };
  if (std::any_of(others->begin(), others->end(), same)) {
    return Error{Code::conflict, "a rollover of this has not ended yet"};
  }
  auto id = make_job_id(clock_());
  if (!id) return id.error();
  job.id = std::move(*id);
  job.created_us = job.updated_us = clock_();
  const auto stored = documents_.put(kJobDocuments, job.id, body_of(job), Documents::kNew);
  if (!stored) return stored.error();
  return {};
}

Result<Job> Jobs::get(std::string_view id) const {
  if (!valid_job_id(id)) return Error{Code::not_found, "there is no such rollover"};
  const auto found = documents_.get(kJobDocuments, id);
  if (!found) return found.error();
  return job_of(id, found->body);
}

Result<std::vector<Job>> Jobs::list(std::string_view after, std::size_t limit) const {
  const auto found = documents_.list(kJobDocuments, after, limit);
  if (!found) return found.error();
  std::vector<Job> out;
  for (const auto& document : *found) {
    auto job = job_of(document.name, document.body);
    if (!job) return job.error();
    out.push_back(std::move(*job));
  }
  return out;
}

Result<std::vector<Job>> Jobs::where(const std::function<bool(const Job&)>& wanted) const {
  std::vector<Job> out;
  for (std::string after;;) {
    auto page = list(after, kPage);
    if (!page) return page.error();
    const bool last = page->size() < kPage;
    if (!last) after = page->back().id;
    for (Job& job : *page) {
      if (wanted(job)) out.push_back(std::move(job));
    }
    if (last) return out;
  }
}

Result<std::vector<Job>> Jobs::since(std::uint64_t time_us) const {
  return where([time_us](const Job& job) { return !ended(job.state) || job.ended_us > time_us; });
}

Result<std::vector<Job>> Jobs::open_jobs() const {
  auto out = where([](const Job& job) { return !ended(job.state); });
  if (!out) return out;
  const auto before = [](const Job& a, const Job& b) {
    const bool first = a.trigger == Trigger::compromise;
    const bool second = b.trigger == Trigger::compromise;
    return first != second ? first : a.id < b.id;
  };
  std::sort(out->begin(), out->end(), before);
  return out;
}

Result<Job> Jobs::update(std::string_view id, const Change& change) {
  if (!valid_job_id(id)) return Error{Code::not_found, "there is no such rollover"};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto found = documents_.get(kJobDocuments, id);
    if (!found) return found.error();
    auto job = job_of(id, found->body);
    if (!job) return job.error();
    const State before = job->state;
    if (const Status changed = change(*job); !changed) return changed.error();
    if (!may_follow(before, job->state)) return Error{Code::conflict, "the rollover's state does not allow that"};
    job->updated_us = clock_();
    if (ended(job->state) && !ended(before)) job->ended_us = job->updated_us;
    const auto stored = documents_.put(kJobDocuments, id, body_of(*job), found->revision);
    if (stored) return job;
    if (stored.error().code != Code::conflict) return stored.error();
  }
  return Error{Code::busy, "the rollover is being changed by others"};
}

}  // namespace sluis::gateway::rollover
