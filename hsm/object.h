// Attributes and objects: templates that own their bytes, finding, reading. All return what the module says.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/bytes.h"
#include "hsm/cryptoki.h"

namespace sluis::hsm {

// Where an operation runs.
struct Place {
  const ck_function_list& api;
  ck_session_handle_t session;
};

// A list of attributes with the bytes they point to. Public values only.
class Template {
 public:
  Template() = default;
  Template(Template&&) = default;
  Template& operator=(Template&&) = default;
  Template(const Template&) = delete;  // the attributes point into this object's own values
  Template& operator=(const Template&) = delete;
  ~Template() = default;

  Template& yes(ck_attribute_type_t type) { return number8(type, 1); }
  Template& no(ck_attribute_type_t type) { return number8(type, 0); }
  Template& number(ck_attribute_type_t type, unsigned long value);
  Template& bytes(ck_attribute_type_t type, ByteView value);
  Template& text(ck_attribute_type_t type, std::string_view value) { return bytes(type, bytes_of(value)); }

  ck_attribute* data() noexcept { return attributes_.data(); }
  unsigned long size() const noexcept { return attributes_.size(); }

 private:
  Template& number8(ck_attribute_type_t type, std::uint8_t value) { return bytes(type, {&value, 1}); }
  std::deque<Bytes> values_;
  std::vector<ck_attribute> attributes_;
};

using Handles = std::vector<ck_object_handle_t>;

// All objects that match. The caller keeps key generation away meanwhile (Connection::objects).
ck_rv_t find_objects(const Place& place, Template& wanted, Handles& out);

// Public attributes of one object, read in one call.
class Attributes {
 public:
  // CKR_OK also where the object lacks some of them; another code means that the module did not answer.
  ck_rv_t read(const Place& place, ck_object_handle_t object, std::initializer_list<ck_attribute_type_t> types);

  // Absent if the object lacks the attribute or does not tell.
  std::optional<ByteView> bytes(ck_attribute_type_t type) const;
  std::optional<unsigned long> number(ck_attribute_type_t type) const;
  std::string_view text(ck_attribute_type_t type) const;  // empty if absent
  bool is(ck_attribute_type_t type) const;                // present and true
  bool is_not(ck_attribute_type_t type) const;            // present and false

 private:
  std::optional<bool> flag(ck_attribute_type_t type) const;
  Bytes storage_;
  std::vector<ck_attribute> attributes_;
};

}  // namespace sluis::hsm
