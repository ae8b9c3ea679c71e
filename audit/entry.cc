#include "audit/entry.h"

namespace sluis::audit {

std::string_view name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::denied:
      return "denied";
    case Outcome::failed:
      return "failed";
    case Outcome::refused:
      return "refused";
  }
  return "failed";
}

Result<Outcome> outcome_named(std::string_view text) {
  for (const Outcome outcome : {Outcome::ok, Outcome::denied, Outcome::failed, Outcome::refused}) {
    if (text == name(outcome)) return outcome;
  }
  return Error{Code::invalid, "no such outcome of a log entry"};
}

}  // namespace sluis::audit
