#include "gateway/records/precondition.h"

#include <charconv>

#include "gateway/records/caller.h"

namespace sluis::gateway {
namespace {

constexpr Error malformed() noexcept {
  return {Code::invalid, "If-Match takes one entity tag or *"};
}

// A weak tag never matches: If-Match compares strongly.
Result<std::uint64_t> revision_of(std::string_view tag) {
  if (tag.substr(0, 2) == "W/") return std::uint64_t{0};
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return malformed();
  const std::string_view inner = tag.substr(1, tag.size() - 2);
  if (inner.find('"') != std::string_view::npos) return malformed();
  std::uint64_t revision = 0;
  const auto [end, error] = std::from_chars(inner.data(), inner.data() + inner.size(), revision);
  if (error != std::errc{} || end != inner.data() + inner.size() || etag_of(revision) != tag) return std::uint64_t{0};
  return revision;
}

}  // namespace

Result<Precondition> write_precondition(const Call& call) {
  using Kind = Precondition::Kind;
  const std::string_view match = call.header("If-Match");
  const std::string_view none_match = call.header("If-None-Match");
  // An empty or a second value is a slip that would overwrite what it was meant to protect.
  for (const std::string_view name : {"If-Match", "If-None-Match"}) {
    const std::size_t count = call.count_header(name);
    if (count > 1 || (count == 1 && call.header(name).empty())) {
      return Error{Code::invalid, "If-Match and If-None-Match have one value, and are there once"};
    }
  }
  if (!match.empty() && !none_match.empty())
    return Error{Code::invalid, "If-Match and If-None-Match exclude each other"};
  if (none_match == "*") return Precondition{Kind::absent, 0};
  if (!none_match.empty()) return Error{Code::invalid, "If-None-Match of a write takes * only"};
  if (match.empty()) return Precondition{};
  if (match == "*") return Precondition{Kind::present, 0};
  const auto revision = revision_of(match);
  if (!revision) return revision.error();
  return Precondition{Kind::revision, *revision};
}

bool not_modified(const Call& call, std::uint64_t revision) {
  std::string_view tag = call.header("If-None-Match");
  if (tag.substr(0, 2) == "W/") tag.remove_prefix(2);
  return tag == "*" || tag == etag_of(revision);
}

}  // namespace sluis::gateway
