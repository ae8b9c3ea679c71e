// Blind index: equality search over sealed values. HMAC-SHA-256 under the field's index key over the normalised value,
// truncated to the configured bits. Thread-safe.
#pragma once

#include <string_view>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

namespace sluis {

enum class Normaliser : std::uint8_t {
  exact,   // the bytes as they are
  digits,  // decimal digits only: register numbers with or without punctuation
  text,    // ASCII letters lowered, Latin-1 and Latin Extended-A letters folded to their base letter, combining marks
           // (U+0300 to U+036F) dropped, runs of white space to one space, ends trimmed; docs/formats.md has the table
};

Result<Normaliser> normaliser_named(std::string_view name);

// The normalised form; invalid for text that is not UTF-8 or is empty once normalised.
Result<SecretBuffer> normalise(Normaliser how, std::string_view value);

// The first `bits` (8 to 256, else std::invalid_argument) of the HMAC; in a partial last byte the unused low bits are
// zero.
Bytes blind_index(const SecretKey& index_key, unsigned bits, ByteView normalised);

// The keys under one data key (HKDF info): sealing key and one index key per indexed field.
Result<SecretKey> derive_sealing_key(const SecretKey& data_key);
Result<SecretKey> derive_index_key(const SecretKey& data_key, std::string_view collection, std::string_view field);

}  // namespace sluis
