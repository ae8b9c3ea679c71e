#include "gateway/rollover/plan.h"

#include <utility>

namespace sluis::gateway::rollover {
namespace {

constexpr std::string_view kRecords = "records/";
constexpr std::string_view kTransit = "transit/";

Status add_one(const Sweepers& sweepers, Target target, std::vector<Step>& steps) {
  constexpr Error missing{Code::not_found, "there is nothing of that name to roll over"};
  const auto sweeper = sweepers.find(target.kind);
  if (sweeper == sweepers.end()) return missing;
  const auto sweep = sweeper->second.make(target);
  if (!sweep) return sweep.error();
  if (*sweep == nullptr) return missing;
  steps.push_back({std::move(target)});
  return {};
}

Status add_all(const Sweepers& sweepers, Kind kind, std::string_view key, std::vector<Step>& steps) {
  const auto sweeper = sweepers.find(kind);
  if (sweeper == sweepers.end() || !sweeper->second.list) return {};
  auto targets = sweeper->second.list(key);
  if (!targets) return targets.error();
  for (Target& target : *targets) steps.push_back({std::move(target)});
  return {};
}

Status add_key(const Sweepers& sweepers, const std::string& key, std::vector<Step>& steps) {
  if (key.starts_with(kRecords)) return add_one(sweepers, {Kind::collection, key.substr(kRecords.size())}, steps);
  if (!key.starts_with(kTransit)) return Error{Code::invalid, "this key is not rolled over by itself"};
  if (const Status added = add_one(sweepers, {Kind::key, key}, steps); !added) return added;
  return add_all(sweepers, Kind::adopted, key, steps);
}

Status add_wish(const Sweepers& sweepers, const Wish& wish, std::vector<Step>& steps) {
  switch (wish.what) {
    case Wish::What::collection:
      return add_one(sweepers, {Kind::collection, wish.subject}, steps);
    case Wish::What::key:
      return add_key(sweepers, wish.subject, steps);
    case Wish::What::adopted:
      return add_one(sweepers, {Kind::adopted, wish.subject}, steps);
    case Wish::What::master:
      return add_one(sweepers, {Kind::master, ""}, steps);
    case Wish::What::full:
      break;
  }
  for (const Kind kind : {Kind::master, Kind::collection, Kind::key, Kind::adopted}) {
    if (const Status added = add_all(sweepers, kind, "", steps); !added) return added;
  }
  return {};
}

}  // namespace

Result<std::vector<Step>> plan(const Sweepers& sweepers, const Wish& wish) {
  std::vector<Step> steps;
  if (const Status added = add_wish(sweepers, wish, steps); !added) return added.error();
  return steps;
}

}  // namespace sluis::gateway::rollover
