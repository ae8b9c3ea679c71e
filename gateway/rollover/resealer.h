// One record from under an old data key to under the new one: every sealed field is opened and sealed again under a
// fresh nonce, and the index terms are made anew. Open fields, id and revision stay as they are, byte by byte.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gateway/keys/keyring.h"
#include "gateway/records/schema.h"
#include "gateway/records/sealer.h"
#include "store/store.h"

namespace sluis::gateway::rollover {

// Why a record is left alone: a literal, for the log.
using Unreadable = std::optional<Literal>;

// Keeps its memory between records; for one thread at a time.
class Resealer {
 public:
  // `keys` has the old versions, `to` is the new one.
  Resealer(std::shared_ptr<const Collection> collection, Keyring::Keys keys, std::shared_ptr<const OpenKey> to);
  Resealer(const Resealer&) = delete;
  Resealer& operator=(const Resealer&) = delete;

  // `out` is only of use where the result is neither an error nor a reason to leave the record alone. What would be
  // lost is left alone too: a field that is not in the schema (its name is needed to open it), a value that the index
  // does not take. Errors are failures of the machine.
  Result<Unreadable> reseal(const store::Record& record, store::Record& out);

 private:
  struct Piece {
    std::size_t position;     // in the schema
    std::size_t begin, size;  // in plain_
  };

  Result<Unreadable> open(const store::Record& record);
  Result<Unreadable> open_fields(const EnvelopeView& view, EnvelopeOpener& opener);
  Result<Unreadable> index(store::Record& out) const;
  Status seal(store::Record& out);
  std::string_view text_of(const Piece& piece) const { return plain_.expose_text().substr(piece.begin, piece.size); }

  std::shared_ptr<const Collection> collection_;
  Keyring::Keys keys_;
  std::shared_ptr<const OpenKey> to_;
  std::vector<std::size_t> by_id_;  // position of each field id, kNone where there is none
  SecretBuffer plain_;
  std::vector<Piece> pieces_;
  std::vector<PlainField> fields_;
};

}  // namespace sluis::gateway::rollover
