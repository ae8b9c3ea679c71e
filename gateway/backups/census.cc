#include "gateway/backups/census.h"

#include "gateway/records/sealer.h"

namespace sluis::gateway {
namespace {

constexpr std::size_t kPage = 2000;
constexpr std::size_t kKeyPage = 1000;
constexpr Error kStopped{Code::unavailable, "stopped"};

void add(Digest& digest, const store::Record& record) {
  Bytes row(digest.begin(), digest.end());
  append_prefixed(row, bytes_of(record.collection));
  append_prefixed(row, bytes_of(record.id));
  append_u64(row, record.revision);
  append_u32(row, record.key_version);
  const Digest content = digest_of(record);
  row.insert(row.end(), content.begin(), content.end());
  digest = sha256(row);
}

Status count_records(store::Snapshot& snapshot, const std::string& collection, Census& census,
                     const std::stop_token& stop, const OnRecord& on_record) {
  std::string after;
  std::uint64_t before = 0;
  for (bool more = true; more;) {
    if (stop.stop_requested()) return kStopped;
    const auto page = snapshot.scan(collection, after, kPage);
    if (!page) return page.error();
    more = page->more;
    for (const store::Record& record : page->records) {
      add(census.digest, record);
      ++census.records[collection][record.key_version];
      if (!on_record) continue;
      if (const Status seen = on_record(record, before++); !seen) return seen;
    }
    if (!page->records.empty()) after = page->records.back().id;
  }
  return {};
}

Status list_keys(store::Snapshot& snapshot, Census& census, const std::stop_token& stop) {
  for (std::string after;;) {
    if (stop.stop_requested()) return kStopped;
    const auto names = snapshot.list_keys(after, kKeyPage);
    if (!names) return names.error();
    if (names->empty()) return {};
    for (const std::string& name : *names) {
      const auto key = snapshot.get_key(name);
      if (!key) return key.error();
      auto& versions = census.keys[name];
      for (const auto& each : key->versions) versions.push_back({each.version, each.state, each.master_version});
    }
    after = names->back();
  }
}

}  // namespace

Result<Census> take_census(store::Snapshot& snapshot, const std::stop_token& stop, const OnRecord& on_record) {
  Census census;
  census.digest = sha256(bytes_of("sluis/backup-records/1"));
  const auto collections = snapshot.collections();
  if (!collections) return collections.error();
  for (const std::string& collection : *collections) {
    if (const Status done = count_records(snapshot, collection, census, stop, on_record); !done) return done.error();
  }
  if (const Status done = list_keys(snapshot, census, stop); !done) return done.error();
  return census;
}

}  // namespace sluis::gateway
