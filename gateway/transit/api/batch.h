// The answer of a call on items: one result, or batch_results in the order of the items, and the status that follows
// from them. For one thread.
#pragma once

#include "gateway/transit/api/items.h"
#include "gateway/transit/api/service.h"

namespace sluis::gateway::transit {

class BatchReply {
 public:
  // Whether a mistake in an item makes the status 400 (encrypt, decrypt) or shows in the item alone.
  enum class Mistakes : std::uint8_t { fail_the_call, stay_in_items };

  BatchReply(const Items& items, Mistakes mistakes, std::size_t bytes);

  // One result: begin(), the members by pen(), then end() or fail(). fail() drops what was written since begin();
  // `extra` are members that a failed item has besides its error.
  void begin();
  JsonPen& pen() noexcept { return pen_; }
  SecretBuffer& out() noexcept { return data_; }
  void end(const Item& item);
  void fail(const Item& item, const Error& error, std::string_view extra = {});

  std::size_t succeeded() const noexcept { return succeeded_; }

  // For a call without batch_input: why its one item failed.
  const std::optional<Error>& only_fault() const noexcept { return only_fault_; }

  // The whole answer. `partial_failure` 0: not given.
  Outcome finish(const Call& call, std::vector<std::string> warnings, std::int64_t partial_failure);

 private:
  unsigned status(std::int64_t partial_failure) const noexcept;

  const bool batch_;
  const Mistakes mistakes_;
  SecretBuffer data_;
  JsonPen pen_;
  std::size_t began_ = 0;
  std::size_t succeeded_ = 0;
  std::size_t user_mistakes_ = 0, failures_ = 0;
  std::optional<Error> only_fault_;
};

// What an item's result says of an error: a failure inside says nothing.
std::string_view words_for_item(const Error& error) noexcept;

// Reads partial_failure_response_code; refuses what cannot be the status of a reply with a body.
std::int64_t partial_failure_code(Params& params);

}  // namespace sluis::gateway::transit
