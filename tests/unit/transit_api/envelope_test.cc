#include "gateway/transit/api/envelope.h"

#include <gtest/gtest.h>

namespace sluis::gateway::transit {
namespace {

TEST(Envelope, HasEveryMember) {
  Call call;
  call.request_id = "6e8bc430-9c3a-8000-8000-000000000001";
  const Reply bare = envelope_of(call, {});
  EXPECT_EQ(
      bare.body.expose_text(),
      R"({"request_id":"6e8bc430-9c3a-8000-8000-000000000001","lease_id":"","renewable":false,"lease_duration":0,)"
      R"("data":null,"wrap_info":null,"warnings":null,"auth":null})");
  Answer answer;
  answer.data = SecretBuffer(R"({"a":1})");
  answer.warnings = {"one", "t\"wo"};
  answer.status = 418;
  const Reply full = envelope_of(call, std::move(answer));
  EXPECT_EQ(full.status, 418U);
  EXPECT_NE(full.body.expose_text().find(R"("data":{"a":1},"wrap_info":null,"warnings":["one","t\"wo"],"auth":null})"),
            std::string_view::npos);
}

TEST(Envelope, Refusals) {
  EXPECT_EQ(errors_of({404, {}}).body.expose_text(), R"({"errors":[]})");
  EXPECT_EQ(errors_of({400, "no"}).body.expose_text(), R"({"errors":["no"]})");
  EXPECT_EQ(refusal_of(Error{Code::corrupt, "inner words"}).text, "internal error");
  EXPECT_EQ(refusal_of(Error{Code::denied, "inner words"}).text, "permission denied");
  EXPECT_EQ(refusal_of(Error{Code::audit_halted, "x"}).status, 503U);
}

TEST(Envelope, ProblemsOfTheServerTakeTheForm) {
  Reply denied = compatible(problem(403, "not allowed", "no grant for it"));
  EXPECT_EQ(denied.status, 403U);
  EXPECT_EQ(denied.content_type, "application/json");
  EXPECT_EQ(denied.body.expose_text(), R"({"errors":["permission denied"]})");
  Reply busy = problem_of(Error{Code::busy, "the worker queue is full"});
  busy = compatible(std::move(busy));
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(busy.body.expose_text(), R"({"errors":["the worker queue is full"]})");
  ASSERT_EQ(busy.headers.size(), 1U);
  EXPECT_EQ(busy.headers.front().first, "Retry-After");
  Reply own = errors_of({400, "mine"});
  EXPECT_EQ(compatible(std::move(own)).body.expose_text(), R"({"errors":["mine"]})");
}

}  // namespace
}  // namespace sluis::gateway::transit
