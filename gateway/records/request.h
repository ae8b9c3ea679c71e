// The small JSON objects that calls on many records send: members by name, each of one kind. Views live as long as the
// call's body.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/records/document.h"
#include "gateway/records/json.h"

namespace sluis::gateway {

class Request {
 public:
  // Reads the body; `known` are the members that may be there. Empty::allowed: an empty body counts as {}.
  enum class Empty : std::uint8_t { refused, allowed };
  static Request read(std::string_view body, std::initializer_list<std::string_view> known, Empty empty);

  const MaybeFault& fault() const noexcept { return fault_; }

  const JsonValue* find(std::string_view name) const;
  // Each sets the fault, once, where the member is there but of another kind or out of bounds.
  std::optional<std::vector<std::string>> strings(std::string_view name, std::size_t at_most);
  std::optional<std::string> string(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t least, std::uint64_t most);
  void refuse(Literal text, std::string_view member);

 private:
  std::vector<JsonMember> members_;
  MaybeFault fault_;
};

// A number of a query parameter: decimal digits only.
std::optional<std::uint64_t> decimal(std::string_view text) noexcept;

}  // namespace sluis::gateway
