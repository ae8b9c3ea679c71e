#include "gateway/backups/opener.h"

#include <algorithm>

#include "gateway/keys/key_rows.h"
#include "gateway/records/sealer.h"

namespace sluis::gateway {
namespace {

constexpr std::chrono::seconds kKeyTime{300};
constexpr std::size_t kKeyPage = 1000;
constexpr std::size_t kSearchPages = 20;
constexpr std::size_t kSearchPage = 500;

bool always(std::string_view key) noexcept {
  return key.starts_with("records/") || key.starts_with("audit/");
}

}  // namespace

TrialOpener::TrialOpener(store::Store& restored, hsm::Token& token, std::shared_ptr<const Collections> collections,
                         const Census& census, std::uint64_t sample)
    : restored_(restored),
      token_(token),
      collections_(std::move(collections)),
      sample_(sample),
      keyring_(restored, token, KeyringConfig{kKeyTime}, [](const audit::Event&) {}) {
  for (const auto& [collection, versions] : census.records) {
    for (const auto& [version, count] : versions) counts_[collection] += count;
  }
}

Result<std::unique_ptr<TrialOpener>> TrialOpener::make(store::Store& restored, hsm::Token& token,
                                                       std::shared_ptr<const Collections> collections,
                                                       const Census& census, std::uint64_t sample) {
  if (const auto fact = restored.get_fact("governance-key"); !fact) {
    if (fact.error().code != Code::not_found) return fact.error();
    return Error{Code::corrupt, "the restored store has no governance key"};
  }
  std::unique_ptr<TrialOpener> out(new TrialOpener(restored, token, std::move(collections), census, sample));
  const auto master = newest_master(token);
  if (!master) return master.error();
  auto governance = Governance::open(restored, token, *master);
  if (!governance) return governance.error();
  out->governance_.emplace(*std::move(governance));
  if (const auto started = out->keyring_.start(); !started) return started.error();
  return out;
}

Status TrialOpener::open_keys(store::Snapshot& snapshot) {
  std::uint64_t others = 0;
  for (std::string after;;) {
    const auto names = snapshot.list_keys(after, kKeyPage);
    if (!names) return names.error();
    if (names->empty()) return {};
    for (const std::string& name : *names) {
      const auto key = snapshot.get_key(name);
      if (!key) return key.error();
      if (const auto sound = governance_->check(*key); !sound) return sound;
      if (!always(name) && sample_ != 0 && others++ >= sample_) continue;
      if (const auto opened = open_key(*key); !opened) return opened;
    }
    after = names->back();
  }
}

Status TrialOpener::open_key(const store::Key& key) {
  for (const store::KeyVersion& version : key.versions) {
    if (version.state == store::KeyState::destroyed || version.wrapped.empty()) continue;
    const auto opened = token_.unwrap(version.master_version, encode(context_of(key, version)), version.wrapped);
    if (!opened) return opened.error();
    ++keys_opened_;
  }
  return {};
}

Status TrialOpener::look(const store::Record& record, std::uint64_t before) {
  const std::uint64_t count = counts_[record.collection];
  const std::uint64_t stride = sample_ == 0 ? 1 : std::max<std::uint64_t>(1, count / sample_);
  if (before % stride != 0) return {};
  const auto collection = collections_->find(record.collection);
  if (collection != collections_->end()) return open_record(*collection->second, record);
  const auto key = keyring_.open_version("records/" + record.collection, record.key_version);
  return key ? Status() : Status(key.error());
}

Status TrialOpener::open_record(const Collection& collection, const store::Record& record) {
  const auto key = keyring_.open_version(collection.key_name(), record.key_version);
  if (!key) return key.error();
  OpenedRecord opened(collection, record);
  if (const auto started = opened.start(**key); !started) return started;
  for (std::size_t i = 0; i < collection.fields().size(); ++i) {
    SecretBuffer value;
    const auto there = opened.append(i, value);
    if (!there) return there.error();
    if (!*there || collection.field(i).kind != FieldSchema::Kind::indexed) continue;
    if (const auto found = find(collection, i, **key, value, record); !found) return found;
  }
  ++opened_;
  return {};
}

// A value that very many records share is not looked for to the end.
Status TrialOpener::find(const Collection& collection, std::size_t position, const OpenKey& key,
                         const SecretBuffer& value, const store::Record& record) {
  const JsonValue json = as_value(value.expose_text());
  if (json.kind == JsonKind::null) return {};
  const auto text = comparable(collection.field(position), json);
  if (!text) return text.error();
  auto term = index_term(collection, position, key, text->expose_secret());
  if (!term) return term.error();
  const std::vector<store::Match> match{{{*std::move(term)}}};
  std::string after;
  for (std::size_t page = 0; page < kSearchPages; ++page) {
    const auto found = restored_.search(collection.name(), match, after, kSearchPage);
    if (!found) return found.error();
    const auto same = [&](const store::Record& each) { return each.id == record.id; };
    if (std::any_of(found->records.begin(), found->records.end(), same)) return {};
    if (!found->more) return Error{Code::corrupt, "a record of the restored store is not found by its index"};
    after = found->records.back().id;
  }
  return {};
}

}  // namespace sluis::gateway
