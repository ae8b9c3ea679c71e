// Diplomas as lines of text: NDJSON (one JSON object a line) or CSV (RFC 4180 quoting, LF line ends, a header line).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/data/diploma.h"

namespace sluis::registry {

enum class Format : std::uint8_t { ndjson, csv };

// "d-" and ten digits (more if there are more): sorts by number.
std::string diploma_id(std::uint64_t number);

class Writer {
 public:
  // `markers`: if not empty, holder_name and grade end in " PREFIX-FIELD-NUMBER", a text that occurs nowhere else.
  // Only letters, digits, '-', '_' and '.' may be in it. The national number is unique to its holder as it is.
  Writer(Format format, std::string markers) : format_(format), markers_(std::move(markers)) {}

  void header(std::string& out) const;  // nothing for NDJSON
  void append(std::string& out, const Diploma& diploma) const;

 private:
  void append_ndjson(std::string& out, const Diploma& diploma) const;
  void append_csv(std::string& out, const Diploma& diploma) const;
  void append_marker(std::string& out, std::string_view field, std::uint64_t number) const;

  Format format_;
  std::string markers_;
};

}  // namespace sluis::registry
