#include "store/store.h"

#include "store/rows.h"

namespace sluis::store {

std::string_view name(KeyState state) noexcept {
  switch (state) {
    case KeyState::active:
      return "active";
    case KeyState::deactivated:
      return "deactivated";
    case KeyState::destroyed:
      return "destroyed";
    case KeyState::pre_active:
      return "pre-active";
    case KeyState::destruction_scheduled:
      return "destruction-scheduled";
    case KeyState::compromised:
      return "compromised";
  }
  return "unknown";
}

Status Store::put(const Record& record, const Expected& expected) {
  const Put one{&record, expected};
  return put_many({&one, 1}).front();
}

Result<KeyPage> Store::scan_keys(std::string_view prefix, std::string_view after, std::size_t limit) {
  const std::size_t most = page_rows(limit);
  const auto names = list_keys(prefix, after, most);
  if (!names) return names.error();
  KeyPage page;
  for (const std::string& name : *names) {
    auto key = get_key(name);
    if (!key && key.error().code == Code::not_found) continue;
    if (!key) return key.error();
    page.keys.push_back(std::move(*key));
  }
  const auto beyond = names->empty() ? names : list_keys(prefix, names->back(), 1);
  if (!beyond) return beyond.error();
  page.more = !beyond->empty();
  return page;
}

Result<std::vector<std::size_t>> Store::update_keys(std::span<const KeyUpdate> updates) {
  std::vector<std::size_t> overtaken;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Status stored = update_key(*updates[i].key, updates[i].expected_revision);
    const bool lost = !stored && (stored.error().code == Code::conflict || stored.error().code == Code::not_found);
    if (lost) overtaken.push_back(i);
    if (!stored && !lost) return stored.error();
  }
  return overtaken;
}

}  // namespace sluis::store
