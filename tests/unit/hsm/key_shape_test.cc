#include "hsm/key_shape.h"

#include <gtest/gtest.h>

namespace sluis::hsm {
namespace {

TEST(Labels, NameAKeyBothWays) {
  EXPECT_EQ(label_of(KeyKind::master, 1), "sluis-master-m1");
  EXPECT_EQ(label_of(KeyKind::audit, 12), "sluis-audit-a12");
  EXPECT_EQ(label_of(KeyKind::pseudonym, 4294967295U), "sluis-pseudonym-p4294967295");
  for (const KeyKind kind : {KeyKind::master, KeyKind::audit, KeyKind::pseudonym}) {
    for (const std::uint32_t version : {1U, 9U, 10U, 4294967295U}) {
      EXPECT_EQ(key_of_label(label_of(kind, version)), (KeyRef{kind, version}));
    }
  }
}

TEST(Labels, AreReadStrictly) {
  for (const char* label :
       {"", "sluis", "sluis-master-", "sluis-master-m", "sluis-master-m0", "sluis-master-m01", "sluis-master-m1 ",
        "sluis-master-m1x", "sluis-master-a1", "sluis-master-m-1", "sluis-master-m+1", "sluis-master-m4294967296",
        "SLUIS-MASTER-M1", "xsluis-master-m1", "sluis-master-m1\n"}) {
    EXPECT_EQ(key_of_label(label), std::nullopt) << label;
  }
}

TEST(Points, AreReadInBothForms) {
  Bytes raw(32, 7);
  EXPECT_EQ(edwards_point(raw), raw);
  Bytes der{0x04, 0x20};
  der.insert(der.end(), raw.begin(), raw.end());
  EXPECT_EQ(edwards_point(der), raw);
  raw[0] = 0x04;
  raw[1] = 0x20;
  EXPECT_EQ(edwards_point(raw), raw) << "a raw point that begins like DER";
  for (const std::size_t size : {0U, 1U, 31U, 33U, 35U}) EXPECT_EQ(edwards_point(Bytes(size, 4)), std::nullopt) << size;
  der[0] = 0x03;
  EXPECT_EQ(edwards_point(der), std::nullopt);
}

TEST(Curves, ProfilesNameComesFirst) {
  EXPECT_EQ(edwards_params(EdwardsName::printable).front()[0], 0x13);
  EXPECT_EQ(edwards_params(EdwardsName::oid).front(), (Bytes{0x06, 0x03, 0x2b, 0x65, 0x70}));
  for (const EdwardsName name : {EdwardsName::printable, EdwardsName::oid, EdwardsName::old_oid}) {
    EXPECT_EQ(edwards_params(name).size(), 3U) << "and the others follow";
  }
}

std::optional<bool> flag_of(Template& from, ck_attribute_type_t type) {
  for (unsigned long i = 0; i < from.size(); ++i) {
    const ck_attribute& attribute = from.data()[i];
    if (attribute.type == type) return *static_cast<const std::uint8_t*>(attribute.value) != 0;
  }
  return std::nullopt;
}

TEST(Templates, LeaveNothingToTheModulesDefaults) {
  const Profile profile;
  const KeyNames names{"label", Bytes(16), Home::token};
  for (const Hardening hardening : {Hardening::full, Hardening::plain}) {
    Template templates[] = {master_template(profile, names, hardening), pseudonym_template(profile, names, hardening),
                            audit_private_template(profile, names, hardening)};
    for (Template& one : templates) {
      EXPECT_EQ(flag_of(one, CKA_TOKEN), true);
      EXPECT_EQ(flag_of(one, CKA_PRIVATE), true);
      EXPECT_EQ(flag_of(one, CKA_SENSITIVE), true);
      EXPECT_EQ(flag_of(one, CKA_EXTRACTABLE), false);
      EXPECT_EQ(flag_of(one, CKA_UNWRAP), false);
      EXPECT_EQ(flag_of(one, CKA_DERIVE), false);
      EXPECT_EQ(flag_of(one, CKA_DESTROYABLE), std::nullopt) << "false could never be undone";
      EXPECT_EQ(flag_of(one, CKA_MODIFIABLE).has_value(), hardening == Hardening::full);
    }
    EXPECT_EQ(flag_of(templates[0], CKA_WRAP), false);
    EXPECT_EQ(flag_of(templates[0], CKA_SIGN), false);
    EXPECT_EQ(flag_of(templates[0], CKA_VERIFY), false);
  }
}

TEST(Faults, EveryOneHasAnErrorAndNoneLeaksAVendorsText) {
  for (int i = 1; i <= static_cast<int>(Fault::misuse); ++i) {
    const Error error = error_of(static_cast<Fault>(i));
    EXPECT_FALSE(error.what.view().empty());
  }
  EXPECT_EQ(error_of(Fault::lost).code, Code::unavailable);
  EXPECT_EQ(error_of(Fault::tampered).code, Code::corrupt);
  EXPECT_EQ(error_of(Fault::missing).code, Code::not_found);
  EXPECT_EQ(error_of(Fault::exists).code, Code::conflict);
  EXPECT_EQ(error_of(Fault::refused_pin).code, Code::denied);
  EXPECT_EQ(error_of(Fault::busy).code, Code::busy);
  EXPECT_EQ(fault_of(CKR_VENDOR_DEFINED | 5), Fault::sick) << "vendors' codes are unclear, not fatal";
}

TEST(Profiles, AreKnownByName) {
  for (const std::string_view name : builtin_profile_names()) {
    const auto profile = builtin_profile(name);
    ASSERT_TRUE(profile) << name;
    EXPECT_EQ(profile->name, name);
  }
  EXPECT_FALSE(builtin_profile("nss")->signs());
  EXPECT_TRUE(builtin_profile("softhsm")->software);
  EXPECT_FALSE(builtin_profile("generic")->software);
  EXPECT_FALSE(builtin_profile("acme"));
}

}  // namespace
}  // namespace sluis::hsm
