#include "hsm/object.h"

#include <array>
#include <cstring>

namespace sluis::hsm {

Template& Template::bytes(ck_attribute_type_t type, ByteView value) {
  Bytes& kept = values_.emplace_back(value.begin(), value.end());
  attributes_.push_back({type, kept.data(), kept.size()});
  return *this;
}

Template& Template::number(ck_attribute_type_t type, unsigned long value) {
  std::array<std::uint8_t, sizeof value> raw{};
  std::memcpy(raw.data(), &value, sizeof value);  // CK_ULONG, in the machine's byte order
  return bytes(type, raw);
}

ck_rv_t find_objects(const Place& place, Template& wanted, Handles& out) {
  out.clear();
  ck_rv_t code = place.api.C_FindObjectsInit(place.session, wanted.data(), wanted.size());
  if (code != CKR_OK) return code;
  std::array<ck_object_handle_t, 64> batch{};
  unsigned long count = 0;
  do {
    count = 0;
    code = place.api.C_FindObjects(place.session, batch.data(), batch.size(), &count);
    if (code == CKR_OK) out.insert(out.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  } while (code == CKR_OK && count > 0);
  const ck_rv_t final_code = place.api.C_FindObjectsFinal(place.session);
  return code == CKR_OK ? final_code : code;
}

ck_rv_t Attributes::read(const Place& place, ck_object_handle_t object,
                         std::initializer_list<ck_attribute_type_t> types) {
  constexpr std::size_t kRoom = 512;  // labels, ids, points and curve names are all far shorter
  storage_.assign(types.size() * kRoom, 0);
  attributes_.clear();
  for (const ck_attribute_type_t type : types) {
    attributes_.push_back({type, storage_.data() + attributes_.size() * kRoom, kRoom});
  }
  const ck_rv_t code = place.api.C_GetAttributeValue(place.session, object, attributes_.data(), attributes_.size());
  if (code == CKR_OK) return code;
  // PKCS#11 2.40, C_GetAttributeValue: with these three the other attributes are filled in, and the lacking ones
  // marked.
  const bool partial =
      code == CKR_ATTRIBUTE_TYPE_INVALID || code == CKR_ATTRIBUTE_SENSITIVE || code == CKR_BUFFER_TOO_SMALL;
  return partial ? CKR_OK : code;
}

std::optional<ByteView> Attributes::bytes(ck_attribute_type_t type) const {
  for (const ck_attribute& attribute : attributes_) {
    if (attribute.type != type) continue;
    if (attribute.value_len == CK_UNAVAILABLE_INFORMATION) return std::nullopt;
    return ByteView{static_cast<const std::uint8_t*>(attribute.value), attribute.value_len};
  }
  return std::nullopt;
}

std::optional<unsigned long> Attributes::number(ck_attribute_type_t type) const {
  const auto raw = bytes(type);
  unsigned long value = 0;
  if (!raw || raw->size() != sizeof value) return std::nullopt;
  std::memcpy(&value, raw->data(), sizeof value);
  return value;
}

std::string_view Attributes::text(ck_attribute_type_t type) const {
  const auto raw = bytes(type);
  return raw ? text_of(*raw) : std::string_view{};
}

std::optional<bool> Attributes::flag(ck_attribute_type_t type) const {
  const auto raw = bytes(type);
  if (!raw || raw->size() != 1) return std::nullopt;
  return (*raw)[0] != 0;
}

bool Attributes::is(ck_attribute_type_t type) const {
  return flag(type) == true;
}
bool Attributes::is_not(ck_attribute_type_t type) const {
  return flag(type) == false;
}

}  // namespace sluis::hsm
