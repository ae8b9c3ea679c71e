// deploy/policy.sample.toml, which the quickstart starts with, and the example in docs/policy.md.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "support.h"

namespace sluis::policy {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::string text_of_file(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(std::string(SLUIS_SOURCE_DIR "/") + path).rdbuf();
  return text.str();
}

class Sample : public testing::Test {
 protected:
  Sample() : loaded(load_file(SLUIS_SOURCE_DIR "/deploy/policy.sample.toml")) {}
  Decision decide(std::string_view who, std::string_view action, std::string_view purpose = {},
                  std::string_view case_ref = {}) const {
    return loaded.policy->decide(ask(*loaded.policy, who, action, "diplomas", purpose, case_ref));
  }
  Loaded loaded;
};

TEST_F(Sample, LoadsWithoutErrorOrWarning) {
  EXPECT_EQ(all_text(loaded.errors), "");
  EXPECT_EQ(all_text(loaded.warnings), "");
  ASSERT_NE(loaded.policy, nullptr);
  EXPECT_THAT(loaded.policy->principals(), UnorderedElementsAre("registry-backend", "officer-1", "officer-2",
                                                                "auditor-1", "custodian-1", "operator-1"));
}

TEST_F(Sample, VerifyingADiplomaShowsNoNationalNumber) {
  ASSERT_NE(loaded.policy, nullptr);
  const Decision d = decide("registry-backend", "records.read", "diploma-verification");
  EXPECT_TRUE(d.allowed);
  EXPECT_THAT(d.fields.names, ElementsAre("awarded_on", "holder_name", "institution", "qualification"));
  EXPECT_FALSE(d.fields.all);
  EXPECT_FALSE(decide("registry-backend", "records.search", "diploma-verification").allowed);
}

TEST_F(Sample, EachPurposeHasItsOwnView) {
  ASSERT_NE(loaded.policy, nullptr);
  EXPECT_EQ(decide("registry-backend", "records.read", "citizen-request").reason, "case reference required");
  EXPECT_TRUE(decide("registry-backend", "records.read", "citizen-request", "c").fields.all);
  const Decision seeker = decide("registry-backend", "records.search", "employment-service", "c");
  EXPECT_FALSE(seeker.fields.contains("national_number"));
  EXPECT_TRUE(seeker.search_by.contains("national_number"));
  EXPECT_TRUE(decide("registry-backend", "records.export", "register-maintenance", "c").allowed);
  EXPECT_FALSE(decide("registry-backend", "records.export", "citizen-request", "c").allowed);
  EXPECT_EQ(decide("registry-backend", "records.read").reason, "purpose required");
  EXPECT_TRUE(decide("registry-backend", "records.import").allowed);
}

TEST_F(Sample, WhoeverIsNotTheBackendOpensNothing) {
  ASSERT_NE(loaded.policy, nullptr);
  for (const char* who : {"officer-1", "officer-2", "auditor-1", "custodian-1", "operator-1"}) {
    EXPECT_FALSE(decide(who, "records.read", "register-maintenance", "c").allowed) << who;
    EXPECT_TRUE(decide(who, "status.read").allowed) << who;
  }
  EXPECT_TRUE(decide("auditor-1", "audit.read").allowed);
  EXPECT_TRUE(decide("officer-2", "policy.explain").allowed);
  EXPECT_TRUE(decide("operator-1", "metrics.read").allowed);
  EXPECT_FALSE(decide("registry-backend", "audit.read").allowed);
}

TEST(PolicyDocument, ItsExampleLoadsWithoutErrorOrWarning) {
  const std::string page = text_of_file("docs/policy.md");
  const std::string fence = "```toml\n";
  const auto begin = page.find(fence);
  ASSERT_NE(begin, std::string::npos);
  const auto end = page.find("\n```", begin);
  const Loaded loaded = load_text(page.substr(begin + fence.size(), end + 1 - begin - fence.size()), "docs/policy.md");
  EXPECT_EQ(all_text(loaded.errors), "");
  EXPECT_EQ(all_text(loaded.warnings), "");
}

}  // namespace
}  // namespace sluis::policy
