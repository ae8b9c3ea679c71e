// The Merkle tree of RFC 6962 section 2.1 with SHA-256, grown one leaf at a time. Only the right edge is kept: the
// roots of the full subtrees that make up the tree, at most 64 of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/bytes.h"
#include "crypto/hash.h"
#include "crypto/result.h"

namespace sluis::audit {

Digest leaf_hash(ByteView leaf);                            // SHA-256(0x00 || leaf)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)

// A value type; one thread at a time.
class Frontier {
 public:
  Frontier() = default;
  // From the roots of full subtrees, the largest first. Error invalid if their number does not fit the size.
  static Result<Frontier> from(std::uint64_t size, std::span<const Digest> subtrees);

  void push(const Digest& leaf);
  std::uint64_t size() const noexcept { return size_; }
  std::span<const Digest> subtrees() const noexcept { return subtrees_; }
  Digest root() const;  // SHA-256 of nothing for the empty tree

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> subtrees_;
};

}  // namespace sluis::audit
