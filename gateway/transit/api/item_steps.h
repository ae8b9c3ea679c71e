// The work on one item, the same for one call, a batch and a stream. Each appends the members of the item's result to
// `pen`, or returns why there is none; what was appended of a failed one is for the caller to drop. For one thread.
#pragma once

#include "gateway/transit/api/items.h"
#include "gateway/transit/api/service.h"
#include "gateway/transit/api/uses.h"

namespace sluis::gateway::transit {

// {"ciphertext":…,"key_version":…}
class EncryptStep {
 public:
  EncryptStep(TransitKeys::Key key, std::size_t items) : cipher_(std::move(key), items) {}
  const TransitKey& key() const noexcept { return cipher_.key(); }
  // The key as it is now: nothing happens if it is the same object.
  void replace(TransitKeys::Key key) { cipher_.replace(std::move(key)); }
  Status run(const Item& item, const Uses& uses, JsonPen& pen, SecretBuffer& out);

 private:
  ItemCipher cipher_;
  ItemDesk desk_;
};

// {"plaintext":…}; the event of what was opened, or failed to, is appended to `events`.
class DecryptStep {
 public:
  DecryptStep(const Parts& parts, TransitKeys::Key key, std::size_t items)
      : parts_(parts), cipher_(std::move(key), items) {}
  const TransitKey& key() const noexcept { return cipher_.key(); }
  // The key as it is now: nothing happens if it is the same object.
  void replace(TransitKeys::Key key) { cipher_.replace(std::move(key)); }
  Status run(const Item& item, JsonPen& pen, std::vector<audit::Event>& events);

 private:
  const Parts& parts_;
  ItemCipher cipher_;
  ItemDesk desk_;
  SecretBuffer plaintext_;
};

// {"ciphertext":…,"key_version":…}, from one key to another or to itself. Nothing is opened for the caller.
class RewrapStep {
 public:
  RewrapStep(const Parts& parts, TransitKeys::Key from, TransitKeys::Key to, std::size_t items)
      : parts_(parts), from_(std::move(from), items), to_(std::move(to), items) {}
  const TransitKey& from() const noexcept { return from_.key(); }
  const TransitKey& to() const noexcept { return to_.key(); }
  void replace(TransitKeys::Key from, TransitKeys::Key to) {
    from_.replace(std::move(from));
    to_.replace(std::move(to));
  }
  Status run(const Item& item, const Uses& uses, JsonPen& pen, SecretBuffer& out);

 private:
  const Parts& parts_;
  ItemCipher from_, to_;
  ItemDesk desk_;
  SecretBuffer plaintext_;
};

// The 32 first hexadecimal digits of the text's SHA-256: how entries name a ciphertext or an input.
std::string digest_text(std::string_view text);

}  // namespace sluis::gateway::transit
