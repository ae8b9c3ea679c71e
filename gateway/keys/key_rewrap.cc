// Data keys from under older master keys to under a newer one.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "gateway/keys/key_draft.h"
#include "gateway/keys/key_rows.h"

namespace sluis::gateway {
namespace {

constexpr unsigned kThreads = 4;  // of the HSM's sessions; the database works meanwhile
constexpr std::size_t kBatch = 200;
constexpr int kTries = 16;
constexpr std::size_t kCountPage = 1000;

}  // namespace

// Whether anything was to be done. Opened in the context of the old master key, wrapped in that of the new.
Result<bool> KeyAdmin::rewrap_row(std::uint32_t to, store::Key& row, std::uint64_t& versions) {
  if (const Status sound = keyring_.governance().check(row); !sound) return sound.error();
  std::uint64_t done = 0;
  for (store::KeyVersion& version : row.versions) {
    if (!rights_of(version.state).live || version.master_version >= to) continue;
    const auto key = token_.unwrap(version.master_version, encode(context_of(row, version)), version.wrapped);
    if (!key) return key.error();
    version.master_version = to;
    auto wrapped = token_.wrap(to, encode(context_of(row, version)), *key);
    if (!wrapped) return wrapped.error();
    version.wrapped = std::move(*wrapped);
    ++done;
  }
  if (done == 0) return false;
  ++row.revision;
  keyring_.governance().seal(row);
  versions += done;
  return true;
}

Status KeyAdmin::rewrap_alone(std::uint32_t to, const std::string& name, std::uint64_t& versions) {
  for (int i = 0; i < kTries; ++i) {
    auto row = store_.get_key(name);
    if (!row && row.error().code == Code::not_found) return {};
    if (!row) return row.error();
    const std::uint64_t expected = row->revision;
    std::uint64_t done = 0;
    const auto wanted = rewrap_row(to, *row, done);
    if (!wanted) return wanted.error();
    if (!*wanted) return {};
    const Status stored = store_.update_key(*row, expected);
    if (stored) versions += done;
    if (stored || stored.error().code == Code::not_found) return {};
    if (stored.error().code != Code::conflict) return stored;
  }
  return Error{Code::busy, "the key is being changed by others"};
}

Status KeyAdmin::rewrap_batch(std::uint32_t to, std::vector<store::Key> keys, RewrapPage& page) {
  std::vector<store::KeyUpdate> updates;
  std::vector<std::uint64_t> versions;
  for (store::Key& key : keys) {
    const std::uint64_t expected = key.revision;
    std::uint64_t done = 0;
    const auto wanted = rewrap_row(to, key, done);
    if (!wanted) return wanted.error();
    if (!*wanted) continue;
    updates.push_back({&key, expected});
    versions.push_back(done);
  }
  page.keys += keys.size();
  if (updates.empty()) return {};
  const auto overtaken = store_.update_keys(updates);
  if (!overtaken) return overtaken.error();
  for (const std::uint64_t done : versions) page.rewrapped += done;
  for (const std::size_t i : *overtaken) {
    page.rewrapped -= versions[i];
    const Status again = rewrap_alone(to, updates[i].key->name, page.rewrapped);
    if (!again) return again;
  }
  return {};
}

Result<RewrapPage> KeyAdmin::rewrap(std::uint32_t to, std::string_view after, std::size_t limit) {
  auto found = store_.scan_keys({}, after, limit);
  if (!found) return found.error();
  RewrapPage page;
  page.more = found->more;
  page.last = found->keys.empty() ? std::string(after) : found->keys.back().name;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<Error> failed;
  const auto work = [&] {
    for (;;) {
      const std::size_t begin = next.fetch_add(kBatch);
      if (begin >= found->keys.size()) return;
      const std::size_t end = std::min(begin + kBatch, found->keys.size());
      const auto at = [&](std::size_t i) {
        return std::make_move_iterator(found->keys.begin() + static_cast<std::ptrdiff_t>(i));
      };
      RewrapPage part;
      const Status done = rewrap_batch(to, {at(begin), at(end)}, part);
      const std::lock_guard lock(mutex);
      page.keys += part.keys;
      page.rewrapped += part.rewrapped;
      if (!done) failed.emplace(done.error());
      if (failed) return;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < kThreads && i * kBatch < found->keys.size(); ++i) threads.emplace_back(work);
    work();
  }
  if (failed) return *failed;
  return page;
}

Status KeyAdmin::rewrap_governance(std::uint32_t to) {
  return Governance::rewrap(store_, token_, to);
}

Result<std::map<std::uint32_t, std::uint64_t>> KeyAdmin::count_masters() {
  std::map<std::uint32_t, std::uint64_t> counts;
  const auto governance = Governance::master_of(store_);
  if (!governance) return governance.error();
  ++counts[*governance];
  std::string after;
  for (bool more = true; more;) {
    const auto page = store_.scan_keys({}, after, kCountPage);
    if (!page) return page.error();
    for (const store::Key& key : page->keys) {
      if (const Status sound = keyring_.governance().check(key); !sound) return sound.error();
      for (const store::KeyVersion& version : key.versions) {
        if (rights_of(version.state).live) ++counts[version.master_version];
      }
    }
    more = page->more;
    if (!page->keys.empty()) after = page->keys.back().name;
  }
  return counts;
}

}  // namespace sluis::gateway
