// Answers that hold several records, in the making: {"records":[…],…,"failed":[…]}. For one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/records/release.h"

namespace sluis::gateway {

class Listing {
 public:
  Listing() { body_.append(std::string_view("{\"records\":[")); }

  // Opens one record into the list. An error means that the list may not be answered now.
  Status add(Release& release, const store::Record& record, const std::vector<Wanted>& wanted);
  // An entry that belongs to no record.
  void note(audit::Event event) { events_.push_back(std::move(event)); }

  // The answer; `missing` goes in under that name if it is given, `next` unless it is empty.
  Outcome finish(const std::vector<std::string>* missing, std::string_view next);
  // The refusal in its place, with the entries of what had been opened by then.
  Outcome give_up(const Error& error);

 private:
  void append_list(std::string_view name, const std::vector<std::string>& ids);
  SecretBuffer body_;
  std::vector<std::string> failed_;
  std::vector<audit::Event> events_;
  std::size_t released_ = 0;
};

}  // namespace sluis::gateway
