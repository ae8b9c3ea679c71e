#include "gateway/http/reply_gate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fake_log.h"

namespace sluis::gateway {
namespace {

using test::FakeLog;
using Ready = ReplyGate::Ready;
using What = ReplyGate::What;

struct Counter final : Resumer {
  int resumed = 0;
  void resume() noexcept override { ++resumed; }
};

Outcome outcome(Hold hold, std::size_t entries) {
  Outcome out;
  out.hold = hold;
  out.reply.body = SecretBuffer("plaintext");
  out.events.resize(entries);
  return out;
}

std::string receipt_of(const Reply& reply) {
  for (const auto& [name, value] : reply.headers) {
    if (name == "Sluis-Receipt") return value;
  }
  return {};
}

TEST(ReplyGate, PlaintextWaitsForItsEntry) {
  FakeLog log(FakeLog::Mode::when_told);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  ASSERT_EQ(gate.hold(held, outcome(Hold::plaintext, 1), counter), Ready::later);
  EXPECT_EQ(counter.resumed, 0);
  ASSERT_TRUE(log.complete_one());
  EXPECT_EQ(counter.resumed, 1);
  const auto released = gate.take_out(held);
  EXPECT_EQ(released.what, What::reply);
  EXPECT_EQ(released.reply.body.expose_text(), "plaintext");
  EXPECT_EQ(receipt_of(released.reply), "test.example/log/0");
}

TEST(ReplyGate, PlaintextStaysInsideWhenTheLogFails) {
  for (const auto code : {Code::audit_halted, Code::busy, Code::unavailable}) {
    FakeLog log(FakeLog::Mode::when_told);
    ReplyGate gate(log);
    HeldReply held;
    Counter counter;
    gate.hold(held, outcome(Hold::plaintext, 1), counter);
    log.complete_one(Error{code, "no"});
    const auto released = gate.take_out(held);
    EXPECT_EQ(released.what, What::refusal);
    EXPECT_EQ(released.reply.status, 503U);
    EXPECT_EQ(released.reply.body.expose_text().find("plaintext"), std::string_view::npos);
    EXPECT_EQ(receipt_of(released.reply), "");
    // Nor is it there for a second try.
    EXPECT_EQ(gate.take_out(held).reply.body.expose_text().find("plaintext"), std::string_view::npos);
  }
}

TEST(ReplyGate, PlaintextWithoutAnEntryIsABug) {
  FakeLog log(FakeLog::Mode::when_told);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  ASSERT_EQ(gate.hold(held, outcome(Hold::plaintext, 0), counter), Ready::now);
  const auto released = gate.take_out(held);
  EXPECT_EQ(released.reply.status, 500U);
  EXPECT_EQ(released.what, What::refusal);
}

TEST(ReplyGate, PlaintextTakenOutTooEarlyStaysInside) {
  FakeLog log(FakeLog::Mode::when_told);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  gate.hold(held, outcome(Hold::plaintext, 1), counter);
  EXPECT_EQ(gate.take_out(held).what, What::refusal);
  log.complete_one();
}

TEST(ReplyGate, WritesGoOnWithoutTheLog) {
  FakeLog log(FakeLog::Mode::halted);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  ASSERT_EQ(gate.hold(held, outcome(Hold::write, 1), counter), Ready::later);
  EXPECT_EQ(counter.resumed, 1);  // it failed at once
  const auto released = gate.take_out(held);
  EXPECT_EQ(released.what, What::reply);
  EXPECT_EQ(released.reply.status, 200U);
  EXPECT_EQ(receipt_of(released.reply), "");
}

TEST(ReplyGate, WritesWaitWhileTheLogWorks) {
  FakeLog log(FakeLog::Mode::when_told);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  ASSERT_EQ(gate.hold(held, outcome(Hold::write, 3), counter), Ready::later);
  EXPECT_EQ(counter.resumed, 0);
  log.complete_one();
  EXPECT_EQ(receipt_of(gate.take_out(held).reply), "test.example/log/0-2");
}

TEST(ReplyGate, NothingToWaitForStillAppends) {
  FakeLog log(FakeLog::Mode::when_told);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  ASSERT_EQ(gate.hold(held, outcome(Hold::nothing, 1), counter), Ready::now);
  EXPECT_EQ(gate.take_out(held).what, What::reply);
  EXPECT_TRUE(log.complete_one());
  EXPECT_EQ(log.size(), 1U);
  EXPECT_EQ(counter.resumed, 0);
}

TEST(ReplyGate, AHeldReplyCanBeUsedAgain) {
  FakeLog log(FakeLog::Mode::when_told);
  ReplyGate gate(log);
  HeldReply held;
  Counter counter;
  gate.hold(held, outcome(Hold::plaintext, 1), counter);
  log.complete_one();
  gate.take_out(held);
  // The first verdict must not let the second one out.
  gate.hold(held, outcome(Hold::plaintext, 1), counter);
  EXPECT_EQ(gate.take_out(held).what, What::refusal);
  log.complete_one();
}

}  // namespace
}  // namespace sluis::gateway
