#include "gateway/records/claims.h"

#include <gtest/gtest.h>

namespace sluis::gateway {
namespace {

using Kind = FieldSchema::Kind;

const Collection& diplomas() {
  static const Collection collection({"diplomas",
                                      {{1, "degree", Kind::sealed, Normaliser::exact, 0, false, 200},
                                       {2, "name", Kind::indexed, Normaliser::text, 32, false, 200},
                                       {3, "awarded", Kind::sealed, Normaliser::exact, 0, false, 200},
                                       {4, "credits", Kind::sealed, Normaliser::exact, 0, false, 200}},
                                      4000,
                                      ""});
  return collection;
}

// -1, 0, 1; 9 where there is no order.
int order(std::optional<std::strong_ordering> ordering) {
  if (!ordering) return 9;
  return *ordering < 0 ? -1 : (*ordering > 0 ? 1 : 0);
}

TEST(Numbers, CompareAsExactDecimals) {
  const std::tuple<const char*, const char*, int> rows[] = {
      {"1", "1.0", 0},
      {"1.10", "1.1", 0},
      {"0", "-0", 0},
      {"0.000", "0e99", 0},
      {"1e2", "100", 0},
      {"1.5e-3", "0.0015", 0},
      {"12e-1", "1.2", 0},
      {"1", "2", -1},
      {"-1", "1", -1},
      {"-2", "-1", -1},
      {"9", "10", -1},
      {"0.9", "0.10", 1},
      {"100", "99.999", 1},
      {"-0.5", "0", -1},
      {"1e400", "1e399", 1},
      {"1e-400", "0", 1},
      {"123456789012345678901234567890", "123456789012345678901234567891", -1},
      {"0.1000000000000000000000001", "0.1", 1},
      {"10e1", "1E+2", 0},
      {"0.001", "1e-3", 0}};
  for (const auto& [a, b, expected] : rows) {
    EXPECT_EQ(order(compare_numbers(a, b)), expected) << a << " " << b;
    EXPECT_EQ(order(compare_numbers(b, a)), -expected) << b << " " << a;
  }
  EXPECT_EQ(order(compare_numbers("1e9999999999", "1")), 9);
}

TEST(Times, CompareDatesAndUtcTimesOnly) {
  EXPECT_EQ(order(compare_times("2001-02-28", "2001-03-01")), -1);
  EXPECT_EQ(order(compare_times("2001-02-28", "2001-02-28")), 0);
  EXPECT_EQ(order(compare_times("2001-02-28T10:00:00Z", "2001-02-28T09:59:59Z")), 1);
  EXPECT_EQ(order(compare_times("2001-02-28", "2001-02-28T10:00:00Z")), 9);
  EXPECT_EQ(order(compare_times("28-02-2001", "28-02-2001")), 9);
  EXPECT_EQ(order(compare_times("2001-2-28", "2001-2-28")), 9);
  EXPECT_EQ(order(compare_times("2001-02-28T10:00:00+01:00", "2001-02-28T10:00:00+01:00")), 9);
}

bool holds(std::string_view claims_text, std::string_view field, std::string_view value) {
  const Claims claims = read_claims(diplomas(), claims_text);
  EXPECT_FALSE(claims.fault) << claims_text;
  bool all = !claims.all_of.empty();
  for (const Claim& claim : claims.all_of) {
    EXPECT_EQ(diplomas().field(claim.position).name, field);
    all = satisfied(claim, diplomas().field(claim.position), value) && all;
  }
  return all;
}

TEST(Claims, EqualityFollowsTheNormaliserOfIndexedFields) {
  EXPECT_TRUE(holds(R"({"name":"PEETERS  Zoé"})", "name", R"("Peeters Zo\u00e9")"));
  EXPECT_TRUE(holds(R"({"name":{"equals":"peeters zoe"}})", "name", R"("Peeters Zoé")"));
  EXPECT_FALSE(holds(R"({"name":"Pieters"})", "name", R"("Peeters")"));
  EXPECT_TRUE(holds(R"({"degree":"Ma\u0073ter"})", "degree", R"("Master")"));
  EXPECT_FALSE(holds(R"({"degree":"master"})", "degree", R"("Master")"));
  EXPECT_TRUE(holds(R"({"degree":true})", "degree", "true"));
  EXPECT_FALSE(holds(R"({"degree":true})", "degree", "false"));
  EXPECT_TRUE(holds(R"({"degree":null})", "degree", "null"));
}

TEST(Claims, RangesOfDatesAndNumbers) {
  EXPECT_TRUE(holds(R"({"awarded":{"gte":"2001-01-01","lt":"2002-01-01"}})", "awarded", R"("2001-06-30")"));
  EXPECT_FALSE(holds(R"({"awarded":{"gte":"2001-01-01","lt":"2002-01-01"}})", "awarded", R"("2002-01-01")"));
  EXPECT_TRUE(holds(R"({"awarded":{"lte":"2002-01-01"}})", "awarded", R"("2002-01-01")"));
  EXPECT_FALSE(holds(R"({"awarded":{"gt":"2002-01-01"}})", "awarded", R"("2002-01-01")"));
  EXPECT_TRUE(holds(R"({"credits":{"gte":180}})", "credits", "180.0"));
  EXPECT_FALSE(holds(R"({"credits":{"gt":180}})", "credits", "18e1"));
  EXPECT_TRUE(holds(R"({"credits":180})", "credits", "1.8e2"));
}

TEST(Claims, AnotherTypeOrNoValueIsNotSatisfied) {
  EXPECT_FALSE(holds(R"({"credits":"180"})", "credits", "180"));
  EXPECT_FALSE(holds(R"({"credits":{"gte":0}})", "credits", "\"180\""));
  EXPECT_FALSE(holds(R"({"credits":{"gte":0}})", "credits", "1e9999999999"));
  EXPECT_FALSE(holds(R"({"awarded":{"gte":"2001-01-01"}})", "awarded", "\"yesterday\""));
  EXPECT_FALSE(holds(R"({"degree":"x"})", "degree", R"({"a":1})"));
  EXPECT_FALSE(holds(R"({"degree":null})", "degree", ""));
}

TEST(Claims, RefusesWhatIsNoClaim) {
  const auto code = [](std::string_view text) {
    const Claims claims = read_claims(diplomas(), text);
    EXPECT_TRUE(claims.all_of.empty() || !claims.fault);
    return claims.fault ? std::string(claims.fault->code.view()) : "";
  };
  EXPECT_EQ(code("{}"), "claim");
  EXPECT_EQ(code("[]"), "kind");
  EXPECT_EQ(code(R"({"other":1})"), "unknown_field");
  EXPECT_EQ(code(R"({"degree":{}})"), "claim");
  EXPECT_EQ(code(R"({"degree":[1]})"), "claim");
  EXPECT_EQ(code(R"({"degree":{"like":"x"}})"), "claim");
  EXPECT_EQ(code(R"({"degree":{"equals":{"a":1}}})"), "claim");
  EXPECT_EQ(code(R"({"degree":{"gte":"abc"}})"), "claim");
  EXPECT_EQ(code(R"({"degree":{"gte":true}})"), "claim");
  EXPECT_EQ(code(R"({"degree":{"gte":1e9999999999}})"), "claim");
}

}  // namespace
}  // namespace sluis::gateway
