// Blind index terms as the stores keep them. Pure and thread-safe.
//
// A stored term is one byte string: field id (2 bytes, big-endian), key version (4 bytes, big-endian), term bytes. One
// column in place of three makes equality a range of one index, keeps the terms of a key version adjacent, and lets a
// record's own row hold the list of its terms. That list is why record_terms needs no second index by record: whoever
// replaces or removes a record knows the exact primary keys of the rows to delete.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "store/store.h"

namespace sluis::store {

Bytes pack_term(const IndexTerm& term);
// Sorted, without repeats.
std::vector<Bytes> pack_terms(std::span<const IndexTerm> terms);

// Back into what was packed. Error corrupt.
Result<std::vector<IndexTerm>> unpack_terms(std::span<const Bytes> packed);

// A list of packed terms as one byte string (16-bit length before each), for databases without arrays.
Bytes pack_list(std::span<const Bytes> packed);
Result<std::vector<Bytes>> unpack_list(ByteView list);

}  // namespace sluis::store
