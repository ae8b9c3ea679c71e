// Keys in a real SoftHSM are guarded as Sluis promises: their attributes, and what an attacker with the PIN cannot do.
#include "tests/contract/hsm/softhsm_fixture.h"

namespace sluis::hsm {
namespace {

class Guard : public SoftHsmTest {
 protected:
  void SetUp() override {
    SoftHsmTest::SetUp();
    if (IsSkipped()) return;
    token_ = open();
    ASSERT_TRUE(token_->make(KeyKind::master, 1));
    ASSERT_TRUE(token_->make(KeyKind::audit, 1));
    ASSERT_TRUE(token_->make(KeyKind::pseudonym, 1));
    session_ = raw_session();
  }
  Attributes attributes(ck_object_handle_t object, std::initializer_list<ck_attribute_type_t> types) {
    Attributes result;
    EXPECT_EQ(result.read({raw(), session_}, object, types), CKR_OK);
    return result;
  }
  struct Object {
    const char* label;
    ck_object_class_t object_class;
  };
  static constexpr Object kSecrets[] = {
      {"sluis-master-m1", CKO_SECRET_KEY}, {"sluis-audit-a1", CKO_PRIVATE_KEY}, {"sluis-pseudonym-p1", CKO_SECRET_KEY}};

  std::unique_ptr<Pkcs11Token> token_;
  ck_session_handle_t session_ = CK_INVALID_HANDLE;
};

TEST_F(Guard, SecretsAreSensitiveAndWereNeverExtractable) {
  for (const auto& [label, object_class] : kSecrets) {
    SCOPED_TRACE(label);
    const auto object = raw_find(session_, label, object_class);
    const auto a = attributes(object, {CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_NEVER_EXTRACTABLE,
                                       CKA_ALWAYS_SENSITIVE, CKA_LOCAL, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE});
    for (const auto type :
         {CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_LOCAL}) {
      EXPECT_TRUE(a.is(type)) << type;
    }
    for (const auto type : {CKA_EXTRACTABLE, CKA_MODIFIABLE, CKA_COPYABLE}) EXPECT_TRUE(a.is_not(type)) << type;
    EXPECT_FALSE(a.is_not(CKA_DESTROYABLE)) << "a key that cannot be destroyed cannot be certified as destroyed";
  }
}

TEST_F(Guard, KeysMayDoTheirOneTaskOnly) {
  const auto all = {CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY, CKA_DERIVE};
  const auto master = attributes(raw_find(session_, "sluis-master-m1", CKO_SECRET_KEY), all);
  for (const auto type : all) EXPECT_EQ(master.is(type), type == CKA_ENCRYPT || type == CKA_DECRYPT) << type;
  const auto pseudonym = attributes(raw_find(session_, "sluis-pseudonym-p1", CKO_SECRET_KEY), all);
  for (const auto type : all) EXPECT_EQ(pseudonym.is(type), type == CKA_SIGN) << type;
  const auto audit = attributes(raw_find(session_, "sluis-audit-a1", CKO_PRIVATE_KEY), all);
  for (const auto type : all) EXPECT_EQ(audit.is(type), type == CKA_SIGN) << type;
}

TEST_F(Guard, ValuesAreNotGivenOut) {
  for (const auto& [label, object_class] : kSecrets) {
    const auto object = raw_find(session_, label, object_class);
    Bytes room(256);
    ck_attribute value{CKA_VALUE, room.data(), room.size()};
    EXPECT_EQ(raw().C_GetAttributeValue(session_, object, &value, 1), CKR_ATTRIBUTE_SENSITIVE) << label;
    EXPECT_EQ(room, Bytes(256)) << label;
  }
}

TEST_F(Guard, GuardsCannotBeTakenOff) {
  for (const auto& [label, object_class] : kSecrets) {
    const auto object = raw_find(session_, label, object_class);
    Template extractable;
    extractable.yes(CKA_EXTRACTABLE);
    EXPECT_NE(raw().C_SetAttributeValue(session_, object, extractable.data(), extractable.size()), CKR_OK) << label;
    Template insensitive;
    insensitive.no(CKA_SENSITIVE);
    EXPECT_NE(raw().C_SetAttributeValue(session_, object, insensitive.data(), insensitive.size()), CKR_OK) << label;
    Template copy;
    copy.no(CKA_TOKEN).yes(CKA_EXTRACTABLE);
    ck_object_handle_t copied = CK_INVALID_HANDLE;
    EXPECT_NE(raw().C_CopyObject(session_, object, copy.data(), copy.size(), &copied), CKR_OK) << label;
  }
}

TEST_F(Guard, KeysCannotBeWrappedOut) {
  Template wrapping;
  wrapping.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).number(CKA_VALUE_LEN, 32);
  wrapping.no(CKA_TOKEN).yes(CKA_WRAP).yes(CKA_ENCRYPT).yes(CKA_DECRYPT).yes(CKA_EXTRACTABLE).no(CKA_SENSITIVE);
  ck_mechanism generate{CKM_AES_KEY_GEN, nullptr, 0};
  ck_object_handle_t wrapper = CK_INVALID_HANDLE;
  ASSERT_EQ(raw().C_GenerateKey(session_, &generate, wrapping.data(), wrapping.size(), &wrapper), CKR_OK);
  for (const auto& [label, object_class] : kSecrets) {
    const auto object = raw_find(session_, label, object_class);
    for (const unsigned long type : {CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD}) {
      ck_mechanism mechanism{type, nullptr, 0};
      Bytes room(512);
      unsigned long size = room.size();
      EXPECT_EQ(raw().C_WrapKey(session_, &mechanism, wrapper, object, room.data(), &size), CKR_KEY_UNEXTRACTABLE)
          << label;
    }
  }
}

// What SoftHSM enforces of ALLOWED_MECHANISMS: a master key does nothing but AES-GCM, so a weaker mode is no oracle.
TEST_F(Guard, MasterKeyRefusesOtherModes) {
  const auto object = raw_find(session_, "sluis-master-m1", CKO_SECRET_KEY);
  Bytes iv(16);
  ck_mechanism cbc{CKM_AES_CBC, iv.data(), iv.size()};
  EXPECT_NE(raw().C_EncryptInit(session_, &cbc, object), CKR_OK);
  ck_mechanism ecb{CKM_AES_ECB, nullptr, 0};
  EXPECT_NE(raw().C_DecryptInit(session_, &ecb, object), CKR_OK);
}

// A key that somebody planted under a master key's name, with a value that is known, is not used.
TEST_F(Guard, PlantedKeyIsNotUsed) {
  Template planted;
  const Bytes value(32, 7);
  planted.number(CKA_CLASS, CKO_SECRET_KEY)
      .number(CKA_KEY_TYPE, CKK_AES)
      .yes(CKA_TOKEN)
      .text(CKA_LABEL, "sluis-master-m5");
  planted.bytes(CKA_VALUE, value).yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE).yes(CKA_ENCRYPT).yes(CKA_DECRYPT);
  ck_object_handle_t object = CK_INVALID_HANDLE;
  ASSERT_EQ(raw().C_CreateObject(session_, planted.data(), planted.size(), &object), CKR_OK);
  EXPECT_EQ(code_of(token_->wrap(5, {}, test_secret())), Code::denied);
  const auto keys = token_->list();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 3U);
  const auto info = token_->probe();
  ASSERT_TRUE(info);
  ASSERT_EQ(info->orphans.size(), 1U);
  EXPECT_EQ(info->orphans.front(), "sluis-master-m5: extractable, or not made in the token");
}

TEST_F(Guard, OrphansAreReported) {
  const auto half = raw_find(session_, "sluis-audit-a1", CKO_PUBLIC_KEY);
  ASSERT_EQ(raw().C_DestroyObject(session_, half), CKR_OK);
  Template foreign;
  foreign.number(CKA_CLASS, CKO_DATA).yes(CKA_TOKEN).text(CKA_LABEL, "a note\n").text(CKA_VALUE, "x");
  ck_object_handle_t object = CK_INVALID_HANDLE;
  ASSERT_EQ(raw().C_CreateObject(session_, foreign.data(), foreign.size(), &object), CKR_OK);
  const auto keys = token_->list();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2U);
  const auto info = token_->probe();
  ASSERT_TRUE(info);
  const std::set<std::string> orphans(info->orphans.begin(), info->orphans.end());
  EXPECT_EQ(orphans, (std::set<std::string>{"a note?: not a key of Sluis",
                                            "sluis-audit-a1: private key without its public half"}));
  EXPECT_EQ(code_of(token_->make(KeyKind::audit, 1)), Code::conflict);
  EXPECT_TRUE(token_->destroy(KeyKind::audit, 1)) << "a broken pair can be cleared away";
  EXPECT_TRUE(token_->make(KeyKind::audit, 1));
}

TEST_F(Guard, TwoKeysOfOneNameAreNotUsed) {
  Template twin;
  twin.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES).number(CKA_VALUE_LEN, 32).yes(CKA_TOKEN);
  twin.text(CKA_LABEL, "sluis-master-m1").yes(CKA_SENSITIVE).no(CKA_EXTRACTABLE).yes(CKA_ENCRYPT).yes(CKA_DECRYPT);
  ck_mechanism generate{CKM_AES_KEY_GEN, nullptr, 0};
  ck_object_handle_t object = CK_INVALID_HANDLE;
  ASSERT_EQ(raw().C_GenerateKey(session_, &generate, twin.data(), twin.size(), &object), CKR_OK);
  EXPECT_EQ(code_of(token_->wrap(1, {}, test_secret())), Code::conflict);
}

}  // namespace
}  // namespace sluis::hsm
