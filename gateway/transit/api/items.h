// What a call works on: one item out of its parameters, or the items of batch_input. Reading copies nothing but texts
// with escapes; views live as long as the call's body and the reader. For one thread.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "gateway/transit/api/item_cipher.h"
#include "gateway/transit/api/params.h"

namespace sluis::gateway::transit {

struct Item {
  std::optional<std::string_view> main;  // plaintext, ciphertext or input
  std::optional<std::string_view> context, associated_data, reference, signature, hmac;
  std::int64_t key_version = 0;
  std::optional<Error> fault;  // why the item cannot be used, if that is known already

  bool has_context() const noexcept { return context && !context->empty(); }
};

class ItemReader {
 public:
  // `main`: "plaintext", "ciphertext" or "input".
  explicit ItemReader(std::string_view main) : main_(main) {}

  // One item of JSON text: what is wrong with it is told by its `fault`.
  void read(std::string_view json, Item& out);
  void forget() { unescaped_.clear(); }  // the texts of items read before
  // A list of items. Refused: what is no list, an empty one, or one of more than `most`.
  std::optional<Refusal> read_list(std::string_view json, std::size_t most, std::vector<Item>& out);

 private:
  void take(const JsonMember& member, Item& out);
  void take_text(const JsonValue& value, Literal fault, std::optional<std::string_view>& out, Item& item);
  void take_version(const JsonValue& value, Item& out);

  std::string_view main_;
  JsonScanner scanner_;
  std::vector<JsonMember> members_;
  std::vector<JsonValue> values_;
  std::deque<SecretBuffer> unescaped_;
};

// The items of a call.
class Items {
 public:
  // On trouble, params.refusal() is set.
  Items(Params& params, std::string_view main, std::size_t most);

  bool batch() const noexcept { return batch_; }
  const std::vector<Item>& all() const noexcept { return items_; }
  std::size_t size() const noexcept { return items_.size(); }

  // Refuses where some items have a context and others have none.
  void check_contexts(Params& params) const;

 private:
  ItemReader reader_;
  std::vector<Item> items_;
  bool batch_ = false;
};

// Decodes the Base64 parts of items, one item at a time, into buffers that are used again.
class ItemDesk {
 public:
  // Error invalid, in words for the client. The views live until the next call.
  Status decode(const Item& item, const TransitKey& key, ItemContext& out);
  Status decode_main(const Item& item, ByteView& out);

 private:
  SecretBuffer context_, associated_data_, main_;
};

}  // namespace sluis::gateway::transit
