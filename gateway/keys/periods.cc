#include "gateway/keys/periods.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

namespace sluis::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kMost = 1000;
constexpr std::uint64_t kDayUs = std::uint64_t{86'400} * 1'000'000;
constexpr Error kMalformed{Code::corrupt, "a period's document is malformed"};

struct Known {
  Period in_force;
  std::optional<Period> approved;
  std::uint64_t approved_us = 0;
  std::uint64_t revision = 0;  // 0: there is no document
};

Result<Known> known_of(const Documents::Found& found) {
  Known known;
  known.revision = found.revision;
  const json::value* in_force = found.body.if_contains("in_force");
  if (in_force == nullptr || !in_force->is_object()) return kMalformed;
  const auto now = period_of(in_force->get_object());
  if (!now) return kMalformed;
  known.in_force = *now;
  const json::value* approved = found.body.if_contains("approved");
  const json::value* at = found.body.if_contains("approved_us");
  if (approved == nullptr) return known;
  if (!approved->is_object() || at == nullptr || !at->is_int64()) return kMalformed;
  const auto wanted = period_of(approved->get_object());
  if (!wanted) return kMalformed;
  known.approved = *wanted;
  known.approved_us = static_cast<std::uint64_t>(at->get_int64());
  return known;
}

std::string text_of(const std::optional<std::chrono::seconds>& limit) {
  return limit ? duration_text(*limit) : "no limit";
}

std::string change_text(std::string_view name, const Period& before, const Period& after) {
  std::string out;
  for (const PeriodMember& member : period_members()) {
    if (member.get(before) == member.get(after)) continue;
    out += out.empty() ? std::string(name) + ": " : ", ";
    out += std::string(member.name) + ' ' + text_of(member.get(before)) + " -> " + text_of(member.get(after));
  }
  return out;
}

// The members that go below what is in force and below what was approved.
std::vector<std::string_view> refused_of(const Known& known, const Period& wanted, std::uint64_t now_us) {
  if (known.revision == 0) return {};
  std::vector<std::string_view> out = lowered(known.in_force, wanted);
  const bool holds = known.approved && known.approved_us + kApprovalDays * kDayUs > now_us;
  if (!holds) return out;
  const auto too_low = lowered(*known.approved, wanted);
  std::erase_if(
      out, [&](std::string_view name) { return std::find(too_low.begin(), too_low.end(), name) == too_low.end(); });
  return out;
}

const Period* wanted_of(const std::vector<PeriodSetting>& settings, std::string_view name) {
  for (const PeriodSetting& setting : settings) {
    if (setting.name == name) return &setting.period;
  }
  return nullptr;
}

}  // namespace

json::object to_json(const Period& period) {
  json::object out;
  for (const PeriodMember& member : period_members()) {
    if (const auto limit = member.get(period)) out[member.name] = duration_text(*limit);
  }
  return out;
}

Result<Period> period_of(const json::object& object) {
  Period out;
  std::size_t known = 0;
  for (const PeriodMember& member : period_members()) {
    const json::value* value = object.if_contains(member.name);
    if (value == nullptr) continue;
    if (!value->is_string()) return Error{Code::invalid, "a period is a text, as \"365d\""};
    const auto duration = parse_duration(value->get_string());
    if (!duration) return duration.error();
    member.set(out, *duration);
    ++known;
  }
  if (known != object.size()) return Error{Code::invalid, "a period has rotate_every, reencrypt_within, destroy_after"};
  return out;
}

Result<Periods::Answer> Periods::settle(const std::vector<PeriodSetting>& settings, std::uint64_t now_us) {
  const auto documents = documents_.list(kPeriodDocuments, {}, kMost);
  if (!documents) return documents.error();
  std::map<std::string, Known> known;
  for (const Documents::Found& found : *documents) {
    auto one = known_of(found);
    if (!one) return one.error();
    known.emplace(found.name, *one);
  }
  for (const PeriodSetting& setting : settings) known.try_emplace(setting.name);
  Answer answer;
  for (const auto& [name, one] : known) {
    const Period* wanted = wanted_of(settings, name);
    for (const std::string_view member : refused_of(one, wanted != nullptr ? *wanted : Period{}, now_us)) {
      answer.refused.push_back("the period of " + name + ": " + std::string(member) +
                               " is lowered without approval: see `sluis keys period`");
    }
  }
  if (!answer.refused.empty()) return answer;
  for (const auto& [name, one] : known) {
    const Period* given = wanted_of(settings, name);
    const Period wanted = given != nullptr ? *given : Period{};
    if (one.revision != 0 && wanted == one.in_force) continue;
    const auto put = documents_.put(kPeriodDocuments, name, {{"in_force", to_json(wanted)}}, one.revision);
    const bool overtaken = !put && put.error().code == Code::conflict;  // by another gateway that starts too
    if (!put && !overtaken) return put.error();
    std::string text = change_text(name, one.in_force, wanted);
    if (!text.empty() && !overtaken) answer.changed.push_back(std::move(text));
  }
  return answer;
}

Status Periods::approve(std::string_view name, const Period& period, std::string_view by, std::uint64_t now_us) {
  const auto found = documents_.get(kPeriodDocuments, name);
  if (!found) return found.error();
  const auto known = known_of(*found);
  if (!known) return known.error();
  json::object body{{"in_force", to_json(known->in_force)},
                    {"approved", to_json(period)},
                    {"approved_us", static_cast<std::int64_t>(now_us)},
                    {"approved_by", by}};
  const auto put = documents_.put(kPeriodDocuments, name, body, found->revision);
  return put ? Status{} : Status(put.error());
}

}  // namespace sluis::gateway
