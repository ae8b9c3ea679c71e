#include "gateway/transit/keys/backup_text.h"

#include "crypto/hash.h"
#include "gateway/transit/keys/attributes.h"
#include "gateway/transit/keys/transit_keys.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::string_view kMagic = "sluis-transit-backup/1";
constexpr std::size_t kMaxMaterial = 4096;
constexpr Error kMalformed{Code::invalid, "the backup is malformed"};

void append_number(SecretBuffer& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
}

void append_part(SecretBuffer& out, ByteView part) {
  append_number(out, part.size(), 4);
  out.append(part);
}

Result<std::string> text_part(Reader& reader, std::size_t limit) {
  const auto part = reader.prefixed(limit);
  if (!part) return kMalformed;
  return std::string(text_of(*part));
}

Result<BackupVersion> read_version(Reader& reader) {
  const auto number = reader.u32();
  const auto created = reader.u64();
  const auto material = reader.prefixed(kMaxMaterial);
  if (!material || material->empty()) return kMalformed;
  auto copy = SecretKey::copy_of(*material);
  if (!copy) return copy.error();
  return BackupVersion{*number, *created, std::move(*copy)};
}

Status read_versions(Reader& reader, BackupContent& content) {
  const auto count = reader.u32();
  if (!count || *count == 0) return kMalformed;
  for (std::uint32_t i = 0; i < *count; ++i) {
    auto version = read_version(reader);
    if (!version) return version.error();
    const bool follows =
        content.versions.empty() ? version->number > 0 : version->number == content.versions.back().number + 1;
    if (!follows) return kMalformed;
    content.versions.push_back(std::move(*version));
  }
  if (!reader.done()) return kMalformed;
  return {};
}

Result<BackupContent> decode(ByteView bytes) {
  Reader reader(bytes);
  const auto magic = reader.bytes(kMagic.size());
  if (!magic || text_of(*magic) != kMagic) return kMalformed;
  auto name = text_part(reader, 256);
  const auto created = reader.u64();
  auto attributes = text_part(reader, kMaxAttributesBytes);
  if (!name || !created || !attributes) return kMalformed;
  BackupContent content{std::move(*name), std::move(*attributes), *created, {}};
  if (const Status read = read_versions(reader, content); !read) return read.error();
  return content;
}

}  // namespace

SecretBuffer encode_backup(const BackupContent& content) {
  SecretBuffer bytes(kMagic);
  append_part(bytes, bytes_of(content.name));
  append_number(bytes, content.created_us, 8);
  append_part(bytes, bytes_of(content.attributes));
  append_number(bytes, content.versions.size(), 4);
  for (const BackupVersion& version : content.versions) {
    append_number(bytes, version.number, 4);
    append_number(bytes, version.created_us, 8);
    append_part(bytes, version.material.expose_secret());
  }
  bytes.append(ByteView(sha256(bytes.expose_secret())));
  SecretBuffer text;
  append_base64(text, bytes.expose_secret());
  return text;
}

Result<BackupContent> decode_backup(std::string_view text) {
  if (text.size() > kMaxBackupBytes) return Error{Code::too_large, "the backup is too large"};
  SecretBuffer bytes;
  if (!append_from_base64(bytes, text)) return kMalformed;
  const ByteView all = bytes.expose_secret();
  constexpr std::size_t kDigestSize = Digest{}.size();
  if (all.size() < kDigestSize) return kMalformed;
  const ByteView content = all.first(all.size() - kDigestSize);
  if (!equal_constant_time(sha256(content), all.last(kDigestSize))) return kMalformed;
  return decode(content);
}

}  // namespace sluis::gateway::transit
