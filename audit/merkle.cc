#include "audit/merkle.h"

#include <openssl/evp.h>

#include <bit>
#include <memory>
#include <stdexcept>

namespace sluis::audit {
namespace {

// One SHA-256 context a thread, made once: a reset between uses would free and allocate. Only public bytes are hashed.
class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new()) {
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(context_ == nullptr ? 0 : EVP_DigestInit_ex2(context_, sha256, nullptr));
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() { EVP_MD_CTX_free(context_); }

  Digest hash(std::uint8_t prefix, ByteView first, ByteView second) {
    Digest digest;
    require(EVP_DigestInit_ex2(context_, nullptr, nullptr));
    require(EVP_DigestUpdate(context_, &prefix, 1));
    require(EVP_DigestUpdate(context_, first.data(), first.size()));
    if (!second.empty()) require(EVP_DigestUpdate(context_, second.data(), second.size()));
    require(EVP_DigestFinal_ex(context_, digest.data(), nullptr));
    return digest;
  }

 private:
  static void require(int succeeded) {
    if (succeeded != 1) throw std::runtime_error("OpenSSL digest failed");
  }
  EVP_MD_CTX* context_;
};

Hasher& hasher() {
  thread_local Hasher one;
  return one;
}

}  // namespace

Digest leaf_hash(ByteView leaf) {
  return hasher().hash(0x00, leaf, {});
}

Digest node_hash(const Digest& left, const Digest& right) {
  return hasher().hash(0x01, left, right);
}

Result<Frontier> Frontier::from(std::uint64_t size, std::span<const Digest> subtrees) {
  if (subtrees.size() != static_cast<std::size_t>(std::popcount(size))) {
    return Error{Code::invalid, "the number of subtrees does not fit the size of the tree"};
  }
  Frontier frontier;
  frontier.size_ = size;
  frontier.subtrees_.assign(subtrees.begin(), subtrees.end());
  return frontier;
}

void Frontier::push(const Digest& leaf) {
  Digest carried = leaf;
  for (std::uint64_t full = size_; (full & 1U) != 0; full >>= 1U) {
    carried = node_hash(subtrees_.back(), carried);
    subtrees_.pop_back();
  }
  subtrees_.push_back(carried);
  ++size_;
}

Digest Frontier::root() const {
  if (subtrees_.empty()) return sha256(ByteView{});
  Digest root = subtrees_.back();
  for (std::size_t i = subtrees_.size() - 1; i > 0; --i) root = node_hash(subtrees_[i - 1], root);
  return root;
}

}  // namespace sluis::audit
