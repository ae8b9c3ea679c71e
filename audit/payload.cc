#include "audit/payload.h"

namespace sluis::audit {
namespace {

using Text = std::string_view;

void wipe_text(std::string& text) noexcept {
  wipe(text.data(), text.size());
  text.clear();
}

void append_member(Pen& out, Text name_and_colon, Text value) {
  out.append(name_and_colon);
  append_json_text(out, value);
}

template <typename List, typename Each>
void append_list(Pen& out, Text name_and_bracket, const List& list, Each&& each) {
  out.append(name_and_bracket);
  Text comma;
  for (const auto& item : list) {
    out.append(comma);
    each(item);
    comma = ",";
  }
  out.append(Text("]"));
}

void append_written(Pen& out, const WrittenRecord& record) {
  append_member(out, R"({"id":)", record.id);
  out.append(Text(R"(,"revision":)"));
  append_json_number(out, record.revision);
  out.append(Text(R"(,"digest":")"));
  append_hex(out, record.digest);
  out.append(Text("\"}"));
}

}  // namespace

void append_payload(Pen& out, const Payload& payload, std::string_view pseudonym) {
  append_member(out, R"({"record":)", payload.record);
  append_member(out, R"(,"subject":)", pseudonym);
  append_list(out, R"(,"fields":[)", payload.fields, [&](const std::string& field) { append_json_text(out, field); });
  append_member(out, R"(,"case":)", payload.case_reference);
  append_member(out, R"(,"client":)", payload.client_address);
  append_member(out, R"(,"detail":)", payload.detail);
  append_list(out, R"(,"written":[)", payload.written,
              [&](const WrittenRecord& record) { append_written(out, record); });
  out.append(Text("}"));
}

void wipe_payload(Payload& payload) noexcept {
  for (std::string* const text :
       {&payload.record, &payload.subject, &payload.case_reference, &payload.client_address, &payload.detail}) {
    wipe_text(*text);
  }
  for (std::string& field : payload.fields) wipe_text(field);
  for (WrittenRecord& record : payload.written) wipe_text(record.id);
  payload.fields.clear();
  payload.written.clear();
}

}  // namespace sluis::audit
