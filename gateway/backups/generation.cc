#include "gateway/backups/generation.h"

#include <algorithm>

#include "audit/moment.h"

namespace sluis::gateway {

std::uint64_t Census::total() const noexcept {
  std::uint64_t out = 0;
  for (const auto& [collection, versions] : records) {
    for (const auto& [version, count] : versions) out += count;
  }
  return out;
}

std::string_view name(Generation::State state) noexcept {
  switch (state) {
    case Generation::State::making:
      return "making";
    case Generation::State::made:
      return "made";
    case Generation::State::failed:
      return "failed";
    case Generation::State::expired:
      return "expired";
  }
  return "failed";
}

std::string_view name(Generation::Place place) noexcept {
  if (place == Generation::Place::folder) return "folder";
  return place == Generation::Place::command ? "command" : "outside";
}

bool same_backup(const Manifest& a, const Manifest& b) {
  return a.id == b.id && a.created_us == b.created_us && a.store == b.store && a.method == b.method &&
         a.file == b.file && a.bytes == b.bytes && a.sha256 == b.sha256 && a.schema == b.schema &&
         a.census.records == b.census.records && a.census.digest == b.census.digest && a.log.origin == b.log.origin &&
         a.log.size == b.log.size && a.log.root == b.log.root;
}

Result<std::string> new_generation_id(std::uint64_t time_us) {
  Bytes random(4);
  if (const Status drawn = random_bytes(random); !drawn) return drawn.error();
  const auto moment = audit::moment_text(std::min(time_us, audit::kTimeLimitUs - 1));
  std::string out;
  for (const char c : std::string_view(moment.data(), 23)) {
    if (c != '-' && c != ':' && c != '.') out += c;
  }
  return out + "Z-" + to_hex(random);
}

bool is_generation_id(std::string_view text) noexcept {
  constexpr std::string_view shape = "00000000T000000000Z-xxxxxxxx";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool hex = digit || (text[i] >= 'a' && text[i] <= 'f');
    if (shape[i] == '0' ? !digit : shape[i] == 'x' ? !hex : text[i] != shape[i]) return false;
  }
  return true;
}

std::string manifest_note_text(const Manifest& manifest, std::string_view manifest_json) {
  return "sluis backup manifest 1\n" + manifest.log.origin + '\n' + manifest.id + '\n' +
         to_base64(sha256(bytes_of(manifest_json))) + '\n';
}

}  // namespace sluis::gateway
