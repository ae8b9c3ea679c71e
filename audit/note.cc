#include "audit/note.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace sluis::audit {
namespace {

using Text = std::string_view;

constexpr Text kSignatureStart = "\u2014 ";
constexpr std::uint8_t kEd25519 = 0x01;  // signature type of signed-note
constexpr Error kMalformed{Code::corrupt, "the checkpoint is malformed"};

struct KeyFreer {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct ContextFreer {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

bool verifies(Text text, ByteView signature, ByteView public_key) {
  const std::unique_ptr<EVP_PKEY, KeyFreer> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const std::unique_ptr<EVP_MD_CTX, ContextFreer> context(EVP_MD_CTX_new());
  if (key == nullptr || context == nullptr) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  const ByteView message = bytes_of(text);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

// The line at the front of `rest` without its newline, taken from it; an error where there is no newline.
Result<Text> take_line(Text& rest) {
  const std::size_t end = rest.find('\n');
  if (end == Text::npos) return kMalformed;
  const Text line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

struct Signature {
  Text key_name;
  Bytes bytes;  // key id || signature
};

Result<Signature> parse_signature(Text line) {
  if (!line.starts_with(kSignatureStart)) return kMalformed;
  line.remove_prefix(kSignatureStart.size());
  const std::size_t space = line.find(' ');
  if (space == Text::npos || space == 0) return kMalformed;
  auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return kMalformed;
  return Signature{line.substr(0, space), std::move(*bytes)};
}

}  // namespace

bool is_origin(std::string_view text) noexcept {
  const auto fits = [](char c) { return c > ' ' && c < '\x7F' && c != '+'; };
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), fits);
}

std::string checkpoint_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + to_base64(checkpoint.root) + "\n";
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
  Checkpoint checkpoint;
  const auto origin = take_line(text);
  const auto size = origin ? take_line(text) : origin;
  const auto root = size ? take_line(text) : size;
  if (!root || origin->empty() || size->empty()) return kMalformed;
  while (!text.empty()) {
    const auto extension = take_line(text);
    if (!extension || extension->empty()) return kMalformed;
  }
  const auto parsed = std::from_chars(size->data(), size->data() + size->size(), checkpoint.size);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == size->data() + size->size();
  if (!whole || (size->size() > 1 && size->front() == '0')) return kMalformed;
  const auto bytes = from_base64(*root);
  if (!bytes || bytes->size() != checkpoint.root.size()) return kMalformed;
  std::copy(bytes->begin(), bytes->end(), checkpoint.root.begin());
  checkpoint.origin = *origin;
  return checkpoint;
}

std::array<std::uint8_t, 4> key_id(std::string_view key_name, ByteView public_key) {
  const std::array<std::uint8_t, 2> between = {'\n', kEd25519};
  const Digest digest = sha256({bytes_of(key_name), between, public_key});
  return {digest[0], digest[1], digest[2], digest[3]};
}

std::string verifier_key(std::string_view key_name, ByteView public_key) {
  Bytes typed = {kEd25519};
  typed.insert(typed.end(), public_key.begin(), public_key.end());
  return std::string(key_name) + "+" + to_hex(key_id(key_name, public_key)) + "+" + to_base64(typed);
}

Result<std::string> sign_note(std::string_view text, std::string_view key_name, ByteView public_key, Signer& signer) {
  return add_signature(std::string(text) + "\n", key_name, public_key, signer);
}

Result<std::string> add_signature(std::string note, std::string_view key_name, ByteView public_key, Signer& signer) {
  const auto text = unverified_text(note);
  if (!text) return text.error();
  const auto signature = signer.sign(bytes_of(*text));
  if (!signature) return signature.error();
  if (signature->size() != kSignatureSize || !verifies(*text, *signature, public_key)) {
    return Error{Code::corrupt, "the signer's signature does not verify"};
  }
  const auto id = key_id(key_name, public_key);
  Bytes bytes(id.begin(), id.end());
  bytes.insert(bytes.end(), signature->begin(), signature->end());
  note.append(kSignatureStart).append(key_name).append(" ").append(to_base64(bytes)).append("\n");
  return note;
}

Result<std::string_view> unverified_text(std::string_view note) {
  const std::size_t blank = note.size() > kNoteLimit ? Text::npos : note.rfind("\n\n");
  if (blank == Text::npos) return kMalformed;
  return note.substr(0, blank + 1);
}

namespace {

// The key that a signature line names, if it is one of these.
const Bytes* named_key(const Signature& signature, Text key_name, std::span<const Bytes> public_keys) {
  if (signature.key_name != key_name) return nullptr;
  for (const Bytes& key : public_keys) {
    const auto id = key_id(key_name, key);
    if (std::equal(id.begin(), id.end(), signature.bytes.begin())) return &key;
  }
  return nullptr;
}

Result<Text> open_note(Text note, Text key_name, std::span<const Bytes> public_keys) {
  const auto split = unverified_text(note);
  if (!split) return split;
  const Text text = *split;
  Text lines = note.substr(text.size() + 1);
  bool signed_by_key = false;
  while (!lines.empty()) {
    const auto line = take_line(lines);
    if (!line) return kMalformed;
    const auto signature = parse_signature(*line);
    if (!signature) return kMalformed;
    const Bytes* const key = named_key(*signature, key_name, public_keys);
    if (key == nullptr) continue;
    if (!verifies(text, ByteView(signature->bytes).subspan(4), *key)) {
      return Error{Code::corrupt, "the checkpoint's signature does not verify"};
    }
    signed_by_key = true;
  }
  if (!signed_by_key) return Error{Code::corrupt, "the checkpoint is not signed by the log's key"};
  return text;
}

}  // namespace

Result<std::string_view> open_note(std::string_view note, std::string_view key_name, ByteView public_key) {
  const Bytes key(public_key.begin(), public_key.end());
  return open_note(note, key_name, std::span(&key, 1));
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin, ByteView public_key) {
  const Bytes key(public_key.begin(), public_key.end());
  return open_checkpoint(note, origin, std::span(&key, 1));
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin, std::span<const Bytes> public_keys) {
  const auto text = open_note(note, origin, public_keys);
  if (!text) return text.error();
  auto checkpoint = parse_checkpoint_text(*text);
  if (checkpoint && checkpoint->origin != origin) return Error{Code::corrupt, "the checkpoint is of another log"};
  return checkpoint;
}

}  // namespace sluis::audit
