// The Token whose PKCS#11 module is loaded into this process.
//
// One object owns one module: the process must not use the same module elsewhere at the same time, and must not fork
// afterwards. Errors are those of hsm/token.h; `busy` when no session came free within Pkcs11Config::session_wait.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hsm/config.h"
#include "hsm/token.h"

namespace sluis::hsm {

class Link;

// Whether a token that is away when the program starts is an error, or heals later like any other outage.
enum class Start : std::uint8_t { must_be_up, may_be_away };

// One step of the self-test.
struct SelfTestStep {
  enum class Outcome : std::uint8_t { passed, failed, skipped };
  std::string_view name;  // a literal
  Outcome outcome;
  std::string_view detail;  // a literal: what was seen, or why it was skipped; empty when passed
};

// Thread-safe.
class Pkcs11Token final : public Token {
 public:
  // Errors: invalid for a module that cannot be loaded or a contradictory configuration, unavailable when the token is
  // away (never with may_be_away), denied for a refused PIN: it is remembered and never tried again by this object.
  static Result<std::unique_ptr<Pkcs11Token>> open(Pkcs11Config config, SecretKey pin, Start start = Start::must_be_up);
  ~Pkcs11Token() override;

  Result<KeyInfo> make(KeyKind kind, std::uint32_t version) override;
  Result<std::vector<KeyInfo>> list() override;
  // Destroys all objects with the key's label, halves of a broken pair included, and proves it by looking again. Copies
  // of the token's files (a software token's backup) are beyond its reach.
  Status destroy(KeyKind kind, std::uint32_t version) override;
  Result<Bytes> wrap(std::uint32_t master_version, ByteView context, const SecretKey& key) override;
  Result<SecretKey> unwrap(std::uint32_t master_version, ByteView context, ByteView wrapped) override;
  Result<SecretKey> mac(std::uint32_t pseudonym_version, ByteView data) override;
  Result<Bytes> sign(std::uint32_t audit_version, ByteView message) override;
  Result<Bytes> public_key(std::uint32_t audit_version) override;
  Result<SecretKey> random(std::size_t size) override;
  Result<TokenInfo> probe() override;

  // Known answers and refusals, step by step; a failed step is not an error of the call. Makes session objects only.
  Result<std::vector<SelfTestStep>> selftest();
  // A new PIN after a refused one (or before the old one is withdrawn). Connects with it when not connected.
  Status replace_pin(SecretKey pin);

 private:
  Pkcs11Token(std::unique_ptr<Link> link, Profile profile);
  std::unique_ptr<Link> link_;
  const Profile profile_;
};

}  // namespace sluis::hsm
