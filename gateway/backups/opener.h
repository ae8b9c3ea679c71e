// Opens what is in a restored store through the code that serves calls: keys by the keyring, records by OpenedRecord,
// and looks records up by their blind indexes. Nothing that is opened leaves this; it is wiped. One thread at a time.
#pragma once

#include <map>
#include <memory>

#include "gateway/backups/generation.h"
#include "gateway/keys/keyring.h"
#include "gateway/records/schema.h"
#include "store/backup.h"

namespace sluis::gateway {

class TrialOpener {
 public:
  // `sample`: how many records of a collection are opened, spread evenly; 0: all. Error corrupt if the store has no
  // governance key (none is made), and whatever keeps that from being opened.
  static Result<std::unique_ptr<TrialOpener>> make(store::Store& restored, hsm::Token& token,
                                                   std::shared_ptr<const Collections> collections, const Census& census,
                                                   std::uint64_t sample);

  // Every key's MACs, and every version that is not destroyed, unwrapped; of the keys of others than collections and
  // the log at most `sample`.
  Status open_keys(store::Snapshot& snapshot);
  // Opens every field, and finds the record by its indexed ones, if it is part of the sample. A collection that the
  // configuration does not know has its key opened alone.
  Status look(const store::Record& record, std::uint64_t before);

  std::uint64_t opened() const noexcept { return opened_; }
  std::uint64_t keys_opened() const noexcept { return keys_opened_; }

 private:
  TrialOpener(store::Store& restored, hsm::Token& token, std::shared_ptr<const Collections> collections,
              const Census& census, std::uint64_t sample);
  Status open_key(const store::Key& key);
  Status open_record(const Collection& collection, const store::Record& record);
  Status find(const Collection& collection, std::size_t position, const OpenKey& key, const SecretBuffer& value,
              const store::Record& record);

  store::Store& restored_;
  hsm::Token& token_;
  std::shared_ptr<const Collections> collections_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t sample_;
  Keyring keyring_;
  std::optional<Governance> governance_;
  std::uint64_t opened_ = 0, keys_opened_ = 0;
};

}  // namespace sluis::gateway
