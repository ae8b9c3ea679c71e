// Claims about a record's fields, for attestations: they compare without releasing. docs/records.md has the rules.
#pragma once

#include <compare>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/records/document.h"
#include "gateway/records/json.h"
#include "gateway/records/schema.h"

namespace sluis::gateway {

// The order of two JSON numbers as exact decimals, whatever their length; nullopt if an exponent has over 9 digits.
std::optional<std::strong_ordering> compare_numbers(std::string_view a, std::string_view b);
// The order of two dates ("2001-02-28") or two UTC times ("2001-02-28T23:59:59Z"); nullopt for anything else.
std::optional<std::strong_ordering> compare_times(std::string_view a, std::string_view b);

struct Claim {
  enum class Relation : std::uint8_t { equals, gt, gte, lt, lte } relation;
  std::size_t position;  // of the field
  JsonValue value;       // a view into the request
};

struct Claims {
  std::vector<Claim> all_of;
  MaybeFault fault;  // why the request is refused; all_of is empty then
};

// Reads {"field": claim, …}. Views point into `text`.
Claims read_claims(const Collection& collection, std::string_view text);

// Whether the record's value (JSON text; empty: it has none) satisfies the claim.
bool satisfied(const Claim& claim, const FieldSchema& field, std::string_view value);

}  // namespace sluis::gateway
