// Receipts that are checked offline: C2SP tlog-proof, version 1. The entry's line stands in the proof's extra data, so
// that the file alone says what was logged. Stateless and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "audit/tile_source.h"

namespace sluis::audit {

struct Proof {
  std::uint64_t index = 0;
  Bytes extra;               // the leaf's line; not authenticated before check_proof
  std::vector<Digest> path;  // from the leaf's sibling up to the root's child
  std::string note;          // the checkpoint, verbatim
};

inline constexpr std::size_t kProofLimit = 256U << 10U;

std::string proof_text(const Proof& proof);
Result<Proof> parse_proof(std::string_view text);  // strict; corrupt

// The root that a path leads to (RFC 9162 section 2.1.3.2). Error corrupt if the path's length does not fit.
Result<Digest> root_over(const Digest& leaf, std::uint64_t index, std::uint64_t size, std::span<const Digest> path);

// A proof for an entry, from the tiles of a log and its checkpoint. Errors: not_found if the checkpoint does not cover
// the entry yet, corrupt if the tiles do not lead to the checkpoint's root. The note's signature is not checked.
Result<Proof> make_proof(TileSource& source, std::uint64_t index);

// The checkpoint, if one of the keys signed it and the line in the extra data is entry `index` of its tree. Error
// corrupt with the reason.
Result<Checkpoint> check_proof(const Proof& proof, std::string_view origin, std::span<const Bytes> public_keys);

}  // namespace sluis::audit
