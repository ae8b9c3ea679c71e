#include "tests/data/writer.h"

#include <array>

namespace sluis::registry {
namespace {

void append_number(std::string& out, std::uint64_t value, std::size_t digits) {
  std::array<char, 20> text{};
  std::size_t at = text.size();
  do {
    text[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0 || text.size() - at < digits);
  out.append(text.data() + at, text.size() - at);
}

void append_id(std::string& out, std::uint64_t number) {
  out += "d-";
  append_number(out, number, 10);
}

void append_date(std::string& out, std::chrono::year_month_day date) {
  append_number(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(date.day()), 2);
}

void append_national_number(std::string& out, const Person& holder) {
  const auto text = national_number(holder);
  out.append(text.data(), text.size());
}

void append_name(std::string& out, const Person& holder) {
  out += holder.first_name;
  out += ' ';
  out += holder.family_name;
}

void append_qualification(std::string& out, const Diploma& diploma) {
  out += diploma.title;
  out += ' ';
  out += diploma.subject;
}

}  // namespace

std::string diploma_id(std::uint64_t number) {
  std::string id;
  append_id(id, number);
  return id;
}

void Writer::header(std::string& out) const {
  if (format_ != Format::csv) return;
  out += "id,national_number,holder_name,birth_date,qualification,grade,institution,awarded_on,level\n";
}

void Writer::append(std::string& out, const Diploma& diploma) const {
  if (format_ == Format::csv) return append_csv(out, diploma);
  append_ndjson(out, diploma);
}

void Writer::append_marker(std::string& out, std::string_view field, std::uint64_t number) const {
  if (markers_.empty()) return;
  out += ' ';
  out += markers_;
  out += '-';
  out += field;
  out += '-';
  append_number(out, number, 10);
}

// The lists hold no character that JSON escapes: a unit test parses every one of them.
void Writer::append_ndjson(std::string& out, const Diploma& diploma) const {
  out += R"({"id":")";
  append_id(out, diploma.number);
  out += R"(","national_number":")";
  append_national_number(out, diploma.holder);
  out += R"(","holder_name":")";
  append_name(out, diploma.holder);
  append_marker(out, "name", diploma.number);
  out += R"(","birth_date":")";
  append_date(out, diploma.holder.birth);
  out += R"(","qualification":")";
  append_qualification(out, diploma);
  out += R"(","grade":")";
  out += diploma.grade;
  append_marker(out, "grade", diploma.number);
  out += R"(","institution":")";
  out += diploma.institution;
  out += R"(","awarded_on":")";
  append_date(out, diploma.awarded_on);
  out += R"(","level":)";
  append_number(out, diploma.level, 1);
  out += "}\n";
}

// Qualifications and institutions may have a comma, so they are always quoted; none of the lists has a double quote.
void Writer::append_csv(std::string& out, const Diploma& diploma) const {
  append_id(out, diploma.number);
  out += ',';
  append_national_number(out, diploma.holder);
  out += ',';
  append_name(out, diploma.holder);
  append_marker(out, "name", diploma.number);
  out += ',';
  append_date(out, diploma.holder.birth);
  out += ",\"";
  append_qualification(out, diploma);
  out += "\",";
  out += diploma.grade;
  append_marker(out, "grade", diploma.number);
  out += ",\"";
  out += diploma.institution;
  out += "\",";
  append_date(out, diploma.awarded_on);
  out += ',';
  append_number(out, diploma.level, 1);
  out += '\n';
}

}  // namespace sluis::registry
