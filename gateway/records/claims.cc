#include "gateway/records/claims.h"

#include <algorithm>
#include <array>

#include "gateway/records/sealer.h"

namespace sluis::gateway {
namespace {

using Relation = Claim::Relation;

Fault malformed(Literal text, std::string_view field = {}) {
  return {Code::invalid, "claim", text, std::string(field)};
}

struct NamedRelation {
  std::string_view name;
  Relation relation;
};
constexpr std::array<NamedRelation, 5> kRelations{{{"equals", Relation::equals},
                                                   {"gt", Relation::gt},
                                                   {"gte", Relation::gte},
                                                   {"lt", Relation::lt},
                                                   {"lte", Relation::lte}}};

std::optional<Relation> relation_named(const JsonName& name) {
  for (const auto& row : kRelations) {
    if (same_name(name, row.name)) return row.relation;
  }
  return std::nullopt;
}

bool scalar(const JsonValue& value) noexcept {
  return value.kind != JsonKind::object && value.kind != JsonKind::array;
}

// Numbers, dates and times have an order.
bool ordered(const JsonValue& value) {
  if (value.kind == JsonKind::number) return compare_numbers(value.text, value.text).has_value();
  if (value.kind != JsonKind::string) return false;
  const SecretBuffer text = string_text(value);
  return compare_times(text.expose_text(), text.expose_text()).has_value();
}

MaybeFault check_claim(const Claim& claim, const FieldSchema& field) {
  if (!scalar(claim.value)) return malformed("a claim compares with a scalar", field.name);
  if (claim.relation == Relation::equals || ordered(claim.value)) return std::nullopt;
  return malformed("gt, gte, lt and lte compare numbers, dates and UTC times", field.name);
}

MaybeFault read_claim(const Collection& collection, std::size_t position, const JsonValue& value,
                      std::vector<Claim>& out) {
  const FieldSchema& field = collection.field(position);
  if (value.kind != JsonKind::object) {
    out.push_back({Relation::equals, position, value});
    return check_claim(out.back(), field);
  }
  JsonScanner scanner;
  std::vector<JsonMember> members;
  if (const JsonFault fault = scanner.object(value.text, members); fault != JsonFault::none) return fault_of(fault);
  if (members.empty()) return malformed("a claim says at least one thing", field.name);
  for (const JsonMember& member : members) {
    const auto relation = relation_named(member.name);
    if (!relation) return malformed("a claim has equals, gt, gte, lt or lte", field.name);
    out.push_back({*relation, position, member.value});
    if (auto fault = check_claim(out.back(), field)) return fault;
  }
  return std::nullopt;
}

MaybeFault read_all(const Collection& collection, std::string_view text, std::vector<Claim>& out) {
  JsonScanner scanner;
  std::vector<JsonMember> members;
  if (const JsonFault fault = scanner.object(text, members); fault != JsonFault::none) return fault_of(fault);
  if (members.empty()) return malformed("there are no claims");
  for (const JsonMember& member : members) {
    const std::size_t position = member.name.escaped ? Collection::kNone : collection.find(member.name.raw);
    if (position == Collection::kNone) {
      return Fault{Code::invalid, "unknown_field", "the collection has no such field", bounded_name(member.name.raw)};
    }
    if (auto fault = read_claim(collection, position, member.value, out)) return fault;
  }
  return std::nullopt;
}

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Value = sign * 0.DIGITS * 10^point; no digits for zero. The digits may have a '.' among them, which is skipped.
struct Decimal {
  bool negative = false;
  std::int64_t point = 0;
  SecretBuffer digits;
};

// The digits of the mantissa without zeros at either end, and where the decimal point stands.
void read_mantissa(std::string_view mantissa, Decimal& out) {
  std::int64_t before_point = 0;
  bool fraction = false;
  for (const char c : mantissa) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (!fraction) ++before_point;
    out.digits.push_back(c);
  }
  const std::string_view all = out.digits.expose_text();
  const std::size_t leading = std::min(all.find_first_not_of('0'), all.size());
  const std::size_t last = all.find_last_not_of('0');
  const std::size_t size = last == std::string_view::npos ? 0 : last + 1 - leading;
  SecretBuffer trimmed(all.substr(leading, size));
  out.digits = std::move(trimmed);
  out.point = before_point - static_cast<std::int64_t>(leading);
}

std::optional<Decimal> decimal_of(std::string_view number) {
  constexpr std::size_t kMaxExponentDigits = 9;
  Decimal out;
  if (number.substr(0, 1) == "-") {
    out.negative = true;
    number.remove_prefix(1);
  }
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  read_mantissa(number.substr(0, e), out);
  if (e == number.size()) return out;
  std::string_view exponent = number.substr(e + 1);
  const bool minus = exponent.substr(0, 1) == "-";
  if (minus || exponent.substr(0, 1) == "+") exponent.remove_prefix(1);
  if (exponent.size() > kMaxExponentDigits) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : exponent) value = value * 10 + (c - '0');
  out.point += minus ? -value : value;
  return out;
}

std::strong_ordering compare_magnitudes(const Decimal& a, const Decimal& b) {
  if (a.digits.empty() || b.digits.empty()) return a.digits.size() <=> b.digits.size();
  if (a.point != b.point) return a.point <=> b.point;
  return a.digits.expose_text().compare(b.digits.expose_text()) <=> 0;  // no zeros at the ends: text order is right
}

bool fits(std::string_view text, std::string_view shape) noexcept {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == '0' ? !digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

bool holds(Relation relation, std::strong_ordering order) noexcept {
  switch (relation) {
    case Relation::equals:
      return order == 0;
    case Relation::gt:
      return order > 0;
    case Relation::gte:
      return order >= 0;
    case Relation::lt:
      return order < 0;
    case Relation::lte:
      return order <= 0;
  }
  return false;
}

bool same_text(const FieldSchema& field, const JsonValue& a, const JsonValue& b) {
  if (field.kind != FieldSchema::Kind::indexed) {
    return equal_constant_time(string_text(a).expose_secret(), string_text(b).expose_secret());
  }
  const auto normal_a = comparable(field, a);
  const auto normal_b = comparable(field, b);
  return normal_a && normal_b && equal_constant_time(normal_a->expose_secret(), normal_b->expose_secret());
}

}  // namespace

std::optional<std::strong_ordering> compare_numbers(std::string_view a, std::string_view b) {
  const auto left = decimal_of(a);
  const auto right = decimal_of(b);
  if (!left || !right) return std::nullopt;
  const auto sign = [](const Decimal& d) { return d.digits.empty() ? 0 : (d.negative ? -1 : 1); };
  if (sign(*left) != sign(*right)) return sign(*left) <=> sign(*right);
  return sign(*left) < 0 ? compare_magnitudes(*right, *left) : compare_magnitudes(*left, *right);
}

std::optional<std::strong_ordering> compare_times(std::string_view a, std::string_view b) {
  for (const std::string_view shape : {"0000-00-00", "0000-00-00T00:00:00Z"}) {
    if (fits(a, shape) && fits(b, shape)) return a.compare(b) <=> 0;
  }
  return std::nullopt;
}

Claims read_claims(const Collection& collection, std::string_view text) {
  Claims claims;
  claims.fault = read_all(collection, text, claims.all_of);
  if (claims.fault) claims.all_of.clear();
  return claims;
}

bool satisfied(const Claim& claim, const FieldSchema& field, std::string_view text) {
  if (text.empty()) return false;
  const JsonValue value = as_value(text);
  const bool indexed = field.kind == FieldSchema::Kind::indexed;
  // What is indexed is compared as it is indexed: a number's digits equal the same digits in a text.
  if (indexed && claim.relation == Relation::equals) return same_text(field, value, claim.value);
  if (value.kind != claim.value.kind) return false;
  if (value.kind == JsonKind::number) {
    const auto order = compare_numbers(value.text, claim.value.text);
    return order && holds(claim.relation, *order);
  }
  if (claim.relation == Relation::equals) {
    return value.kind == JsonKind::string ? same_text(field, value, claim.value) : value.text == claim.value.text;
  }
  if (value.kind != JsonKind::string) return false;
  const SecretBuffer left = string_text(value);
  const SecretBuffer right = string_text(claim.value);
  const auto order = compare_times(left.expose_text(), right.expose_text());
  return order && holds(claim.relation, *order);
}

}  // namespace sluis::gateway
