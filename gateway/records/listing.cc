#include "gateway/records/listing.h"

#include <utility>

#include "gateway/records/json_text.h"

namespace sluis::gateway {

Status Listing::add(Release& release, const store::Record& record, const std::vector<Wanted>& wanted) {
  const std::size_t before = body_.size();
  if (released_ > 0) body_.push_back(',');
  body_.append(std::string_view("{\"id\":"));
  append_quoted(body_, record.id);
  body_.append(std::string_view(",\"revision\":"));
  append_number(body_, record.revision);
  body_.append(std::string_view(",\"fields\":"));
  const auto opened = release.open(record, wanted, body_, events_);
  if (!opened) return opened.error();
  if (*opened == Release::Opened::failed) failed_.push_back(record.id);
  if (*opened != Release::Opened::released) {
    body_.resize(before);
    return {};
  }
  body_.push_back('}');
  ++released_;
  return {};
}

void Listing::append_list(std::string_view name, const std::vector<std::string>& ids) {
  body_.append(std::string_view(",\""));
  body_.append(name);
  body_.append(std::string_view("\":["));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) body_.push_back(',');
    append_quoted(body_, ids[i]);
  }
  body_.push_back(']');
}

Outcome Listing::finish(const std::vector<std::string>* missing, std::string_view next) {
  body_.push_back(']');
  if (missing != nullptr) append_list("missing", *missing);
  append_list("failed", failed_);
  if (!next.empty()) {
    body_.append(std::string_view(",\"next\":"));
    append_quoted(body_, next);
  }
  body_.push_back('}');
  Outcome outcome = plaintext_reply(std::move(body_), std::move(events_));
  if (outcome.events.empty()) outcome.hold = Hold::nothing;  // nothing was opened
  return outcome;
}

Outcome Listing::give_up(const Error& error) {
  Outcome refusal = refuse(error);
  refusal.events = std::move(events_);
  if (!refusal.events.empty()) refusal.hold = Hold::write;
  return refusal;
}

}  // namespace sluis::gateway
