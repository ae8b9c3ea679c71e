// Connection's way to a key: handle cache, find, and what to make of a failure.
#include "hsm/connection.h"

namespace sluis::hsm {

Fault Connection::locate(const Place& place, const KeyRef& key, ck_object_handle_t& out) {
  if (const auto known = memory_.handle(key)) {
    out = *known;
    return Fault::none;
  }
  const std::shared_lock lock(objects_);
  Handles found;
  Attributes guards;
  Template query = key_query(profile_, key);
  ck_rv_t code = find_objects(place, query, found);
  if (code == CKR_OK && found.size() == 1) code = read_guards(place, found.front(), guards);
  if (code != CKR_OK) return fault_of(code);
  if (found.empty()) return Fault::missing;
  if (found.size() > 1) return Fault::ambiguous;
  if (!is_guarded(key.kind, guards)) return Fault::unguarded;
  out = found.front();
  memory_.learn(key, out);
  return Fault::none;
}

Fault Connection::try_key(const KeyRef& key, const KeyOperation& operation) {
  Session session;
  const ck_rv_t code = pool_.acquire(Access::read, session);
  if (code != CKR_OK) return fault_of(code);
  const Place place{api_, session.handle()};
  ck_object_handle_t handle = CK_INVALID_HANDLE;
  Fault fault = locate(place, key, handle);
  if (fault == Fault::none) fault = fault_of(operation({place, handle, profile_}));
  if (fault != Fault::none) session.discard();
  return fault;
}

Fault Connection::key_answers(const KeyRef& key) {
  return try_key(key, [](const KeyUse& use) { return known_answer_round_trip(use); });
}

// Besides unclear errors: a token that is leaving can make a module say that a mechanism is unknown or that a key lacks
// its attributes.
static bool may_be_illness(Fault fault) noexcept {
  switch (fault) {
    case Fault::sick:
    case Fault::unsupported:
    case Fault::forbidden:
    case Fault::unguarded:
    case Fault::misuse:
      return true;
    default:
      return false;
  }
}

Fault Connection::prove() {
  const Fault fault = fault_of(check_anchor());
  if (fault != Fault::none) return fault;
  if (const auto master = memory_.newest_master_in_use(); master && key_answers(*master) == Fault::none)
    return Fault::none;
  Inventory inventory;
  return take_stock(inventory);
}

Fault Connection::use_key(const KeyRef& key, Unclear unclear, const KeyOperation& operation) {
  Fault fault = try_key(key, operation);
  if (fault == Fault::stale) {
    memory_.drop_handle(key);
    fault = try_key(key, operation);
  }
  if (may_be_illness(fault)) fault = try_again(key, unclear, operation, fault);
  return fault == Fault::missing ? missing_or_lost(key) : fault;
}

// A passing hiccup must condemn neither good data nor the HSM: the operation has a second chance if the rest works.
Fault Connection::try_again(const KeyRef& key, Unclear unclear, const KeyOperation& operation, Fault first) {
  const bool doubtful = first == Fault::sick && unclear == Unclear::may_mean_tampered;
  const bool key_works = doubtful && key_answers(key) == Fault::none;
  const Fault rest = key_works ? Fault::none : health();
  if (rest != Fault::none) return rest;
  const Fault fault = try_key(key, operation);
  if (fault != Fault::sick) return fault;
  return key_works ? Fault::tampered : Fault::failing;
}

}  // namespace sluis::hsm
