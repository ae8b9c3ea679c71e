#include "gateway/transit/api/item_steps.h"

#include "crypto/hash.h"

namespace sluis::gateway::transit {
namespace {

constexpr Error missing_ciphertext() noexcept {
  return {Code::invalid, "missing ciphertext to decrypt"};
}

// Where the ciphertext is newer than the key at hand, another gateway may have rotated it.
Status catch_up(const Parts& parts, ItemCipher& cipher, std::uint32_t version) {
  if (version <= cipher.key().latest()) return {};
  auto newer = parts.keys.open_for(cipher.key().name, version);
  if (!newer) return newer.error();
  if (const Status fits = still_fits(**newer, cipher.key()); !fits) return fits;
  if ((*newer)->revision != cipher.key().revision) cipher.replace(*std::move(newer));
  return {};
}

Result<Versioned> ciphertext_of(const Parts& parts, const Item& item, ItemCipher& cipher) {
  if (item.fault) return *item.fault;
  if (!item.main || item.main->empty()) return missing_ciphertext();
  auto split = split_versioned(*item.main, kCiphertextWords);
  if (!split) return split.error();
  if (const Status caught_up = catch_up(parts, cipher, split->version); !caught_up) return caught_up.error();
  return split;
}

Status append_ciphertext(ItemCipher& cipher, std::uint32_t version, const ItemContext& context, ByteView plaintext,
                         JsonPen& pen, SecretBuffer& out) {
  pen.name("ciphertext").open_text();
  const Status done = cipher.encrypt(version, context, plaintext, out);
  if (!done) return done;
  pen.close_text().name("key_version").number(version);
  return {};
}

}  // namespace

std::string digest_text(std::string_view text) {
  constexpr std::size_t kShown = 16;  // bytes
  const Digest digest = sha256(bytes_of(text));
  return to_hex(ByteView(digest).first(kShown));
}

Status EncryptStep::run(const Item& item, const Uses& uses, JsonPen& pen, SecretBuffer& out) {
  if (item.fault) return *item.fault;
  if (!item.main) return Error{Code::invalid, "missing plaintext to encrypt"};
  ByteView plaintext;
  if (const Status decoded = desk_.decode_main(item, plaintext); !decoded) return decoded;
  ItemContext context;
  if (const Status decoded = desk_.decode(item, cipher_.key(), context); !decoded) return decoded;
  const auto version = version_to_encrypt(cipher_.key(), item.key_version);
  if (!version) return version.error();
  if (const Status left = uses.check(*version); !left) return left;
  return append_ciphertext(cipher_, *version, context, plaintext, pen, out);
}

Status DecryptStep::run(const Item& item, JsonPen& pen, std::vector<audit::Event>& events) {
  const auto ciphertext = ciphertext_of(parts_, item, cipher_);
  if (!ciphertext) return ciphertext.error();
  ItemContext context;
  if (const Status decoded = desk_.decode(item, cipher_.key(), context); !decoded) return decoded;
  const Status opened = cipher_.decrypt(*ciphertext, context, plaintext_);
  audit::Event& event = events.emplace_back(event_of("transit.decrypt", cipher_.key().name, ciphertext->version));
  event.payload.detail = digest_text(*item.main);
  if (item.reference) event.payload.record = item.reference->substr(0, 256);
  if (!opened) {
    event.outcome = audit::Outcome::failed;
    return opened;
  }
  pen.name("plaintext").base64(plaintext_.expose_secret());
  return {};
}

Status RewrapStep::run(const Item& item, const Uses& uses, JsonPen& pen, SecretBuffer& out) {
  const auto ciphertext = ciphertext_of(parts_, item, from_);
  if (!ciphertext) return ciphertext.error();
  ItemContext context;
  if (const Status decoded = desk_.decode(item, from_.key(), context); !decoded) return decoded;
  if (!context.associated_data.empty() && !is_aead(to_.key().attributes.type)) {
    return Error{Code::invalid, "'associated_data' provided for non-AEAD cipher suite"};
  }
  const auto version = version_to_encrypt(to_.key(), item.key_version);
  if (!version) return version.error();
  if (const Status left = uses.check(*version); !left) return left;
  if (const Status opened = from_.decrypt(*ciphertext, context, plaintext_); !opened) return opened;
  return append_ciphertext(to_, *version, context, plaintext_.expose_secret(), pen, out);
}

}  // namespace sluis::gateway::transit
