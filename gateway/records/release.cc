#include "gateway/records/release.h"

#include <algorithm>
#include <utility>

namespace sluis::gateway {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

// The record's key is not what it should be, as opposed to out of reach for now.
bool is_missing_or_corrupt(const Error& error) noexcept {
  return error.code == Code::not_found || error.code == Code::corrupt;
}

}  // namespace

Release::Release(const Caller& caller, Keyring& keyring, std::vector<std::size_t> positions)
    : caller_(caller),
      collection_(*caller.collection),
      keyring_(keyring),
      positions_(std::move(positions)),
      names_(names_of(collection_, positions_)) {}

Status Release::prepare() {
  auto keys = keyring_.open(collection_.key_name());
  if (!keys) return keys.error();
  keys_ = std::move(*keys);
  return {};
}

Result<std::shared_ptr<const OpenKey>> Release::key_of(const store::Record& record) {
  if (keys_) {
    if (auto key = keys_->find(record.key_version)) return key;
  }
  return keyring_.open_version(collection_.key_name(), record.key_version);
}

audit::Event Release::event_of(const store::Record& record, std::vector<std::string> fields) const {
  audit::Event event = caller_.event();
  event.key_version = record.key_version;
  event.payload.record = record.id;
  event.payload.fields = std::move(fields);
  return event;
}

std::string Release::subject_of(OpenedRecord& opened) const {
  if (collection_.subject() == Collection::kNone) return {};
  SecretBuffer text;
  const auto found = opened.append(collection_.subject(), text);
  if (!found || !*found) return {};
  return subject_of(text.expose_text());
}

// What was released is not opened twice.
std::string Release::subject_in(OpenedRecord& opened, const SecretBuffer& out) const {
  if (subject_size_ == 0) return subject_of(opened);
  return subject_of(out.expose_text().substr(subject_at_, subject_size_));
}

std::string Release::subject_of(std::string_view json_text) const {
  const auto normal = comparable(collection_.field(collection_.subject()), as_value(json_text));
  return normal ? subject_text(normal->expose_text()) : std::string();
}

Status Release::append_fields(OpenedRecord& opened, SecretBuffer& out) {
  out.push_back('{');
  const std::size_t first = out.size();
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const std::size_t before = out.size();
    if (before != first) out.push_back(',');
    out.push_back('"');
    out.append(names_[i]);
    out.append(std::string_view("\":"));
    const std::size_t value = out.size();
    const auto found = opened.append(positions_[i], out);
    if (!found) return found.error();
    if (!*found) out.resize(before);
    if (positions_[i] != collection_.subject() || !*found) continue;
    subject_at_ = value;
    subject_size_ = out.size() - value;
  }
  out.push_back('}');
  return {};
}

Result<bool> Release::matches(OpenedRecord& opened, const std::vector<Wanted>& wanted) const {
  for (const Wanted& want : wanted) {
    SecretBuffer text;
    const auto found = opened.append(want.position, text);
    if (!found) return found.error();
    const auto normal = comparable(collection_.field(want.position), as_value(text.expose_text()));
    if (!normal || !equal_constant_time(normal->expose_secret(), want.comparable_text.expose_secret())) return false;
  }
  return true;
}

Result<Release::Opened> Release::open_under(const OpenKey& key, OpenedRecord& opened, const std::vector<Wanted>& wanted,
                                            SecretBuffer& out) {
  subject_size_ = 0;
  if (const Status started = opened.start(key); !started) return started.error();
  const auto matching = matches(opened, wanted);
  if (!matching) return matching.error();
  if (!*matching) return Opened::no_match;
  const Status appended = append_fields(opened, out);
  if (!appended) return appended.error();
  return Opened::released;
}

Result<Release::Opened> Release::open(const store::Record& record, const std::vector<Wanted>& wanted, SecretBuffer& out,
                                      std::vector<audit::Event>& events) {
  const auto key = key_of(record);
  if (!key && !is_missing_or_corrupt(key.error())) return key.error();
  const std::size_t before = out.size();
  OpenedRecord opened(collection_, record);
  const auto result = key ? open_under(**key, opened, wanted, out) : Result<Opened>(key.error());
  audit::Event& event = events.emplace_back(event_of(record, names_));
  if (!result) {
    out.resize(before);
    mark_failed(event);
    return Opened::failed;
  }
  event.payload.subject = subject_in(opened, out);
  if (*result == Opened::no_match) {
    event.payload.fields.clear();
    event.payload.detail = "opened to compare, not returned";
  }
  for (const Wanted& want : wanted) add_once(event.payload.fields, collection_.field(want.position).name);
  return *result;
}

void mark_failed(audit::Event& event) {
  event.outcome = audit::Outcome::failed;
  event.payload.detail = "corrupt";
}

}  // namespace sluis::gateway
