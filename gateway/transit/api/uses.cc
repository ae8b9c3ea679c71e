#include "gateway/transit/api/uses.h"

namespace sluis::gateway::transit {

Uses::Uses(const TransitKey& key, const std::vector<Item>& items) {
  for (const Item& item : items) {
    if (item.fault || !item.main) continue;
    const auto version = version_to_encrypt(key, item.key_version);
    if (version) want(*version);
  }
}

void Uses::want(std::uint32_t version, std::uint64_t count) {
  for (Row& row : rows_) {
    if (row.version != version) continue;
    row.count += count;
    return;
  }
  rows_.push_back({version, count, UseAnswer::ok});
}

Status Uses::take(TransitKeys& keys, const TransitKey& key) {
  for (Row& row : rows_) {
    const auto answer = keys.take_use(key, row.version, row.count);
    // The key is there, or it would not be open: another gateway has trimmed the version since.
    if (!answer && answer.error().code == Code::not_found) {
      return Error{Code::busy, "the key has changed at this moment: try again"};
    }
    if (!answer) return answer.error();
    row.answer = *answer;
  }
  return {};
}

Status Uses::check(std::uint32_t version) const {
  for (const Row& row : rows_) {
    if (row.version == version && row.answer == UseAnswer::refused) {
      return Error{Code::invalid, "the key version has reached its limit of encryptions: rotate the key"};
    }
  }
  return {};
}

std::vector<std::string> Uses::warnings() const {
  std::vector<std::string> out;
  for (const Row& row : rows_) {
    if (row.answer != UseAnswer::near_limit) continue;
    out.push_back("version " + std::to_string(row.version) +
                  " of the key has spent more than half of its encryptions: rotate the key");
  }
  return out;
}

}  // namespace sluis::gateway::transit
