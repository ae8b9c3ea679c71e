// One entry of the log. The leaf is one JSON line without personal data; the payload (who the record is about, which
// record, which fields, which case) goes to the encrypted sidecar, and the leaf holds SHA-256(salt || payload).
// docs/formats.md, section Audit log, has every byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/result.h"
#include "crypto/secret.h"

namespace sluis::audit {

enum class Outcome : std::uint8_t { ok, denied, failed, refused };  // refused: a budget or an approval is missing
std::string_view name(Outcome outcome) noexcept;
Result<Outcome> outcome_named(std::string_view text);

// What was written: for comparing the store with the log later.
struct WrittenRecord {
  std::string id;
  std::uint64_t revision = 0;
  Digest digest{};  // SHA-256 of the envelope and open fields as stored; zeros for a removal
};

// Personal data: only ever in the encrypted sidecar.
struct Payload {
  std::string record;               // record id, or empty
  std::string subject;              // the value that names the citizen; stored as the period's pseudonym, never as is
  std::vector<std::string> fields;  // fields that were opened or written
  std::string case_reference;
  std::string client_address;
  std::string detail;  // reason, identifiers of an administrative act
  std::vector<WrittenRecord> written;
};

// Leaf members, in this order, all always present: no personal data in any of them.
struct Event {
  std::uint64_t time_us = 0;  // Unix time, microseconds; 0: set by the log when prepared
  std::string principal;      // name in the policy, "-" if unknown
  std::string action;         // "records.read"
  std::string key;            // name of the key, or empty
  std::uint32_t key_version = 0;
  std::string collection;
  std::string purpose;
  Outcome outcome = Outcome::ok;
  std::uint64_t count = 1;  // records or items concerned
  std::string request;      // request id: joins the entry with the operational log
  Payload payload;
};

}  // namespace sluis::audit
