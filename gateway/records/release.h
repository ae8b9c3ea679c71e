// Opens records of the store for a call: the fields that are released, as JSON; the values that are only compared; and
// the log entry of each record.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/keys/keyring.h"
#include "gateway/records/caller.h"
#include "gateway/records/sealer.h"
#include "store/store.h"

namespace sluis::gateway {

// A value that a record must have, for searches: compared after decryption, since truncated index terms match by
// chance.
struct Wanted {
  std::size_t position;
  SecretBuffer comparable_text;
};

// For one thread at a time; for the records of one call. The caller must outlive it.
class Release {
 public:
  // `positions`: the fields to release, ascending.
  Release(const Caller& caller, Keyring& keyring, std::vector<std::size_t> positions);

  // Fetches the key once a call, so that nothing is counted against a budget while the HSM is away. A collection whose
  // key does not exist yet has no records: not_found.
  Status prepare();
  const Keyring::Keys& keys() const noexcept { return keys_; }
  void use(Keyring::Keys keys) noexcept { keys_ = std::move(keys); }  // a later set of the same key

  enum class Opened : std::uint8_t { released, no_match, failed };
  // released: appended `{"field":value,…}` to `out`. no_match: the record was opened but is not what was searched for.
  // failed: it does not open. In each case one entry was appended to `events`; `out` has nothing of the latter two.
  // An error (unavailable) has no entry: nothing was opened.
  Result<Opened> open(const store::Record& record, const std::vector<Wanted>& wanted, SecretBuffer& out,
                      std::vector<audit::Event>& events);

  // The parts of open(), for those who open a record for something else than its release.
  Result<std::shared_ptr<const OpenKey>> key_of(const store::Record& record);
  audit::Event event_of(const store::Record& record, std::vector<std::string> fields) const;
  // The normalised value of the field that names the citizen; empty if there is none, or it does not open.
  std::string subject_of(OpenedRecord& opened) const;

 private:
  Result<Opened> open_under(const OpenKey& key, OpenedRecord& opened, const std::vector<Wanted>& wanted,
                            SecretBuffer& out);
  Status append_fields(OpenedRecord& opened, SecretBuffer& out);
  std::string subject_of(std::string_view json_text) const;
  std::string subject_in(OpenedRecord& opened, const SecretBuffer& out) const;
  Result<bool> matches(OpenedRecord& opened, const std::vector<Wanted>& wanted) const;

  const Caller& caller_;
  const Collection& collection_;
  Keyring& keyring_;
  std::vector<std::size_t> positions_;
  std::vector<std::string> names_;
  Keyring::Keys keys_;
  // Where the subject's value lies in the output, if it is among what was released of the record at hand.
  std::size_t subject_at_ = 0, subject_size_ = 0;
};

// The entry of a record that does not open.
void mark_failed(audit::Event& event);

}  // namespace sluis::gateway
