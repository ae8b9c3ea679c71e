#include "hsm/selftest.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "hsm/key_maker.h"

namespace sluis::hsm {

namespace {

using Outcome = SelfTestStep::Outcome;

struct Verdict {
  Outcome outcome;
  Literal detail = "";
};

struct Context {
  Connection& connection;
  Inventory inventory;
  Fault fault = Fault::none;  // what cut the test off
};

const Verdict kPassed{Outcome::passed};

Verdict failed(Literal detail) {
  return {Outcome::failed, detail};
}
Verdict skipped(Literal detail) {
  return {Outcome::skipped, detail};
}

// A public test value, so nothing of it is a secret.
constexpr std::size_t kTestKeySize = 32;
Bytes test_key() {
  Bytes key(kTestKeySize);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}
constexpr Nonce kTestNonce{0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};

template <typename Operation>
ck_rv_t with_test_key(const Place& place, unsigned long type, const Operation& operation) {
  Template key;
  key.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, type).no(CKA_TOKEN).bytes(CKA_VALUE, test_key());
  if (type == CKK_AES) key.yes(CKA_ENCRYPT).yes(CKA_DECRYPT);
  if (type != CKK_AES) key.yes(CKA_SIGN);
  ck_object_handle_t object = CK_INVALID_HANDLE;
  if (place.api.C_CreateObject(place.session, key.data(), key.size(), &object) != CKR_OK) return CKR_FUNCTION_REJECTED;
  const ck_rv_t code = operation(object);
  place.api.C_DestroyObject(place.session, object);
  return code;
}

Verdict judge(Context& context, Fault fault, bool right, Literal wrong) {
  if (fault == Fault::forbidden) return skipped("the token takes no known test key");
  if (fault == Fault::lost || fault == Fault::busy) context.fault = fault;
  if (fault != Fault::none) return failed("the module refuses the operation");
  return right ? kPassed : failed(wrong);
}

Verdict gcm_seals(Context& context) {
  const ByteView ad = bytes_of("sluis self-test");
  const Bytes plain(40, 0xa5);
  bool right = false;
  const Fault fault = context.connection.use_session(Access::read, [&](const Place& place) {
    return with_test_key(place, CKK_AES, [&](ck_object_handle_t key) {
      Nonce nonce = kTestNonce;
      Bytes sealed;
      const ck_rv_t code = gcm_encrypt({place, key, context.connection.profile()}, nonce, ad, plain, sealed);
      Bytes expected(plain.size() + kTagSize);
      auto local = SecretKey::copy_of(test_key());
      right = local && gcm_seal(*local, nonce, ad, plain, expected) && sealed == expected;
      return code;
    });
  });
  return judge(context, fault, right, "the ciphertext differs from OpenSSL's");
}

Verdict gcm_opens(Context& context) {
  const ByteView ad = bytes_of("sluis self-test");
  const Bytes plain(40, 0xa5);
  bool right = false;
  const Fault fault = context.connection.use_session(Access::read, [&](const Place& place) {
    return with_test_key(place, CKK_AES, [&](ck_object_handle_t key) {
      Bytes sealed(plain.size() + kTagSize);
      auto local = SecretKey::copy_of(test_key());
      if (!local || !gcm_seal(*local, kTestNonce, ad, plain, sealed)) return ck_rv_t{CKR_HOST_MEMORY};
      Bytes opened(sealed.size() + kSlack);
      std::size_t size = 0;
      const KeyUse use{place, key, context.connection.profile()};
      const ck_rv_t code = gcm_decrypt(use, kTestNonce, ad, sealed, opened, size);
      opened.resize(size);
      right = opened == plain;
      return code;
    });
  });
  return judge(context, fault, right, "OpenSSL's ciphertext opens to something else");
}

Verdict hmac_answers(Context& context) {
  const ByteView message = bytes_of("sluis self-test");
  const Profile& profile = context.connection.profile();
  bool right = false;
  const Fault fault = context.connection.use_session(Access::read, [&](const Place& place) {
    return with_test_key(place, profile.hmac_key_type, [&](ck_object_handle_t key) {
      Bytes mac(kSlack * 2);
      std::size_t size = 0;
      const ck_rv_t code = sign_once({place, key, profile}, profile.hmac_sha256, message, mac, size);
      mac.resize(size);
      right = equal_constant_time(mac, hmac_sha256(test_key(), {message}));
      return code;
    });
  });
  return judge(context, fault, right, "the MAC differs from OpenSSL's");
}

bool verifies(ByteView point, ByteView message, ByteView signature) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.data(), point.size()), &EVP_PKEY_free);
  const Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!key || !digest || EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(digest.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

ck_rv_t sign_with_new_pair(Connection& connection, const Place& place, bool& right) {
  const std::unique_lock lock(connection.objects());
  const Profile& profile = connection.profile();
  KeyPair pair;
  ck_rv_t code = generate_audit(place, profile, {"sluis-selftest", Bytes(16, 0x5e), Home::session}, pair);
  if (code != CKR_OK) return code;
  Attributes attributes;
  code = attributes.read(place, pair.public_key, {CKA_EC_POINT});
  const auto point = edwards_point(attributes.bytes(CKA_EC_POINT).value_or(ByteView{}));
  const ByteView message = bytes_of("sluis self-test");
  Bytes signature(kSlack * 2);
  std::size_t size = 0;
  if (code == CKR_OK) code = sign_once({place, pair.private_key, profile}, profile.eddsa, message, signature, size);
  signature.resize(size);
  right = point && verifies(*point, message, signature);
  place.api.C_DestroyObject(place.session, pair.private_key);
  place.api.C_DestroyObject(place.session, pair.public_key);
  return code;
}

Verdict edwards_signs(Context& context) {
  Connection& connection = context.connection;
  if (!connection.profile().signs()) return skipped("the profile has no Ed25519");
  bool right = false;
  const auto sign = [&](const Place& place) { return sign_with_new_pair(connection, place, right); };
  const Fault fault = connection.use_session(Access::write, sign);
  return judge(context, fault, right, "OpenSSL does not verify the signature");
}

Verdict random_varies(Context& context) {
  std::array<std::uint8_t, 32> first{};
  std::array<std::uint8_t, 32> second{};
  const Fault fault = context.connection.use_session(Access::read, [&](const Place& place) {
    const ck_rv_t code = place.api.C_GenerateRandom(place.session, first.data(), first.size());
    if (code != CKR_OK) return code;
    return place.api.C_GenerateRandom(place.session, second.data(), second.size());
  });
  const bool differ = first != second && second != std::array<std::uint8_t, 32>{};
  return judge(context, fault, differ, "two draws are the same");
}

// Runs a check on every key of a kind; the first verdict that is not `passed` decides.
template <typename Check>
Verdict for_each_key(Context& context, KeyKind kind, const Check& check) {
  Verdict verdict = skipped("there is no such key yet");
  for (const KeyInfo& key : context.inventory.keys) {
    if (key.kind != kind) continue;
    verdict = check(KeyRef{key.kind, key.version});
    if (verdict.outcome != Outcome::passed) return verdict;
  }
  return verdict;
}

Verdict masters_round_trip(Context& context) {
  return for_each_key(context, KeyKind::master, [&](const KeyRef& key) {
    const Fault fault = context.connection.use_key(key, Unclear::means_sick, known_answer_round_trip);
    return judge(context, fault, true, "");
  });
}

// What becomes of a block sealed under the key and opened with `spoil` applied to context and ciphertext.
template <typename Spoil>
Verdict must_refuse(Context& context, const Spoil& spoil) {
  return for_each_key(context, KeyKind::master, [&](const KeyRef& key) {
    Nonce nonce = kTestNonce;
    Bytes sealed;
    const Bytes plain(32, 0x5a);
    Bytes ad{1, 2, 3};
    Fault fault = context.connection.use_key(key, Unclear::means_sick, [&](const KeyUse& use) {
      if (!random_bytes(nonce)) return ck_rv_t{CKR_HOST_MEMORY};
      return gcm_encrypt(use, nonce, ad, plain, sealed);
    });
    if (fault != Fault::none) return judge(context, fault, true, "");
    spoil(ad, sealed);
    Bytes opened(sealed.size() + kSlack);
    fault = context.connection.use_key(key, Unclear::may_mean_tampered, [&](const KeyUse& use) {
      std::size_t size = 0;
      return gcm_decrypt(use, nonce, ad, sealed, opened, size);
    });
    if (fault == Fault::tampered) return kPassed;
    return judge(context, fault, false, "it was opened all the same");
  });
}

Verdict other_context_refused(Context& context) {
  return must_refuse(context, [](Bytes& ad, Bytes&) { ad.push_back(4); });
}

Verdict changed_byte_refused(Context& context) {
  return must_refuse(context, [](Bytes&, Bytes& sealed) { sealed.back() ^= 1; });
}

Verdict values_stay_inside(Context& context) {
  return for_each_key(context, KeyKind::master, [&](const KeyRef& key) {
    auto buffer = SecretKey::make(256);
    if (!buffer) return failed("no locked memory for the check");
    bool given_out = false;
    const Fault fault = context.connection.use_key(key, Unclear::means_sick, [&](const KeyUse& use) {
      ck_attribute value{CKA_VALUE, buffer->expose_secret_mutable().data(), buffer->size()};
      const ck_rv_t code = use.place.api.C_GetAttributeValue(use.place.session, use.key, &value, 1);
      given_out = code == CKR_OK && value.value_len != CK_UNAVAILABLE_INFORMATION;
      const bool refused = code == CKR_ATTRIBUTE_SENSITIVE || code == CKR_ATTRIBUTE_TYPE_INVALID;
      return refused ? ck_rv_t{CKR_OK} : code;
    });
    return judge(context, fault, !given_out, "the module gives out a sensitive key's value");
  });
}

Verdict audit_keys_sign(Context& context) {
  return for_each_key(context, KeyKind::audit, [&](const KeyRef& key) {
    Bytes point;
    Fault fault = read_public_key(context.connection, key, point);
    if (fault != Fault::none) return judge(context, fault, true, "");
    Bytes signature(kSlack * 2);
    std::size_t size = 0;
    const ByteView message = bytes_of("sluis self-test");
    fault = context.connection.use_key(key, Unclear::means_sick, [&](const KeyUse& use) {
      return sign_once(use, use.profile.eddsa, message, signature, size);
    });
    const ByteView made = ByteView(signature).first(size);
    return judge(context, fault, verifies(point, message, made), "OpenSSL does not verify the signature");
  });
}

struct Step {
  Literal name;
  Verdict (*run)(Context&);
};

const std::array<Step, 10> kSteps{{
    {"AES-256-GCM seals as OpenSSL does", gcm_seals},
    {"AES-256-GCM opens what OpenSSL sealed", gcm_opens},
    {"HMAC-SHA-256 as OpenSSL computes it", hmac_answers},
    {"Ed25519 signature verified by OpenSSL", edwards_signs},
    {"random source", random_varies},
    {"master keys wrap and unwrap", masters_round_trip},
    {"master keys refuse another context", other_context_refused},
    {"master keys refuse a changed byte", changed_byte_refused},
    {"master keys stay inside", values_stay_inside},
    {"audit keys sign", audit_keys_sign},
}};

}  // namespace

Fault run_selftest(Connection& connection, std::vector<SelfTestStep>& out) {
  out.clear();
  Context context{connection, {}};
  Fault fault = connection.take_stock(context.inventory);
  if (fault != Fault::none) return fault;
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(context);
    if (context.fault != Fault::none) return context.fault;
    out.push_back({step.name.view(), verdict.outcome, verdict.detail.view()});
  }
  return Fault::none;
}

}  // namespace sluis::hsm
