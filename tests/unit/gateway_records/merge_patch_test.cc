#include "gateway/records/merge_patch.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

namespace sluis::gateway {
namespace {

std::string merged(std::string_view target, std::string_view patch) {
  SecretBuffer out;
  merge_patch(target, patch, out);
  return std::string(out.expose_text());
}

struct Row {
  const char* target;
  const char* patch;
  const char* result;
};

// RFC 7386, appendix A, all of it.
constexpr Row kAppendix[] = {{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                             {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                             {R"({"a":"b"})", R"({"a":null})", R"({})"},
                             {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                             {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                             {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                             {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
                             {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                             {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                             {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
                             {R"({"a":"foo"})", R"(null)", R"(null)"},
                             {R"({"a":"foo"})", R"("bar")", R"("bar")"},
                             {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                             {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
                             {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}};

TEST(MergePatch, DoesWhatTheRfcsAppendixShows) {
  for (const Row& row : kAppendix) {
    EXPECT_EQ(boost::json::parse(merged(row.target, row.patch)), boost::json::parse(row.result))
        << row.target << " with " << row.patch;
  }
}

TEST(MergePatch, KeepsTheTextOfWhatItDoesNotTouch) {
  EXPECT_EQ(merged(R"({"n": 1.10, "t":"\u00e9"})", R"({"x":{"y":2.50,"z":null}})"),
            R"({"n":1.10,"t":"\u00e9","x":{"y":2.50}})");
}

TEST(MergePatch, MatchesNamesHoweverTheyAreWritten) {
  EXPECT_EQ(merged(R"({"\u0061":1,"b":2})", R"({"a":null})"), R"({"b":2})");
  EXPECT_EQ(merged(R"({"a":1})", R"({"\u0061":3})"), R"({"a":3})");
}

TEST(MergePatch, AnAbsentTargetIsAnEmptyObject) {
  EXPECT_EQ(merged("", R"({"a":{"b":null,"c":1}})"), R"({"a":{"c":1}})");
}

}  // namespace
}  // namespace sluis::gateway
