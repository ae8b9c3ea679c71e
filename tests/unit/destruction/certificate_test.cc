// Certificates prove themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gateway/destruction/certificate.h"
#include "tests/support/audit_keys.h"

namespace sluis::gateway::destruction {
namespace {

using ::testing::HasSubstr;

Certificate certificate(bool software) {
  Certificate out;
  out.id = "1";
  out.key = "master";
  out.version = 1;
  out.time_us = 1'770'000'000'000'000;
  out.origin = "sluis.example/gateway-1";
  out.requester = "custodian-1";
  out.approved_by = {"officer-1 (security-officer)"};
  out.hsm.serial = "0815";
  out.hsm.software = software;
  out.facts.backups = {{"old", 1, false, false, true}, {"new", 2, true, true, false}};
  return out;
}

TEST(CertificateTest, SignedAndRead) {
  tests::MemorySigner signer;
  const auto note = sign_certificate(certificate(false), signer);
  ASSERT_TRUE(note);
  const auto key = signer.public_key();
  const auto body = open_certificate(*note, "sluis.example/gateway-1", *key);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->at("hsm").at("serial").as_string(), "0815");
  EXPECT_EQ(body->at("hsm").at("kind").as_string(), "hardware");
  EXPECT_EQ(boost::json::serialize(body->at("backups").at("needed_it_and_expired")), R"(["old"])");
  EXPECT_EQ(boost::json::serialize(body->at("approved_by")), R"x(["officer-1 (security-officer)"])x");
}

TEST(CertificateTest, ASoftwareTokenSaysSo) {
  const auto text = boost::json::serialize(to_json(certificate(true)));
  EXPECT_THAT(text, HasSubstr("software token"));
}

TEST(CertificateTest, EveryChangedByteIsNoticed) {
  tests::MemorySigner signer;
  const auto note = sign_certificate(certificate(false), signer);
  const auto key = signer.public_key();
  for (std::size_t i = 0; i < note->size(); i += 7) {
    std::string other = *note;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(open_certificate(other, "sluis.example/gateway-1", *key)) << i;
  }
}

TEST(CertificateTest, AnotherNoteOfTheLogIsNone) {
  tests::MemorySigner signer;
  const auto key = signer.public_key();
  const auto note = audit::sign_note("sluis.example/gateway-1\n5\nAAAA\n", "sluis.example/gateway-1", *key, signer);
  ASSERT_TRUE(note);
  EXPECT_FALSE(open_certificate(*note, "sluis.example/gateway-1", *key));
}

}  // namespace
}  // namespace sluis::gateway::destruction
