#include "hsm/connection.h"

#include <algorithm>
#include <iterator>

namespace sluis::hsm {

Result<std::unique_ptr<Connection>> Connection::open(Module& module, const Pkcs11Config& config, const SecretKey& pin,
                                                     Expectation& expectation) {
  if (Status status = module.initialize(config.reserved); !status) return status.error();
  auto slot = find_token(module.api(), config);
  if (!slot) {
    module.finalize();
    return slot.error();
  }
  std::unique_ptr<Connection> connection(new Connection(module, config, *slot));
  if (Status status = connection->log_in(pin); !status) return status.error();
  if (Status status = connection->first_look(expectation); !status) return status.error();
  return connection;
}

Connection::Connection(Module& module, const Pkcs11Config& config, const Slot& slot)
    : module_(module),
      api_(module.api()),
      profile_(config.profile),
      slot_(slot),
      session_limit_(std::max(2U, config.session_limit)),
      pool_(api_, slot.id, session_limit_ - 1, config.session_wait) {}

Connection::~Connection() {
  pool_.close();
  if (anchor_ != CK_INVALID_HANDLE) api_.C_Logout(anchor_);
  api_.C_CloseAllSessions(slot_.id);
  module_.finalize();
}

Status Connection::log_in(const SecretKey& pin) {
  const ck_flags_t flags = slot_.token.flags;
  if ((flags & CKF_USER_PIN_INITIALIZED) == 0)
    return Error{Code::denied, "the token's user PIN is not set: run hsm init"};
  if ((flags & CKF_USER_PIN_LOCKED) != 0) return Error{Code::denied, "the token's user PIN is locked"};
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    return Error{Code::denied, "one try of the PIN is left: log in by hand with the vendor's tool first"};
  }
  ck_rv_t code = api_.C_OpenSession(slot_.id, CKF_SERIAL_SESSION, nullptr, nullptr, &anchor_);
  if (code != CKR_OK) {
    anchor_ = CK_INVALID_HANDLE;
    return error_of(Fault::lost);
  }
  auto* const text = const_cast<unsigned char*>(pin.expose_secret().data());
  code = api_.C_Login(anchor_, CKU_USER, text, pin.size());
  if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) return {};
  const Fault fault = fault_of(code);
  return error_of(fault == Fault::refused_pin ? fault : Fault::lost);
}

ck_rv_t Connection::check_anchor() const {
  ck_session_info info{};
  const ck_rv_t code = api_.C_GetSessionInfo(anchor_, &info);
  if (code != CKR_OK) return code;
  const bool logged_in = info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS;
  return logged_in ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

TokenInfo Connection::describe() const {
  const ck_token_info& token = slot_.token;
  TokenInfo info;
  info.label = unpadded(token.label);
  info.manufacturer = unpadded(token.manufacturer_id);
  info.model = unpadded(token.model);
  info.serial = unpadded(token.serial_number);
  info.firmware = std::to_string(token.firmware_version.major) + "." + std::to_string(token.firmware_version.minor);
  info.profile = profile_.name;
  info.software = profile_.software;
  info.sessions_open = sessions_open();
  info.sessions_limit = session_limit_;
  info.orphans = memory_.orphans();
  return info;
}

Fault Connection::use_session(Access access, const SessionOperation& operation) {
  Session session;
  ck_rv_t code = pool_.acquire(access, session);
  if (code != CKR_OK) return fault_of(code);
  code = operation({api_, session.handle()});
  if (code != CKR_OK) session.discard();
  return fault_of(code);
}

Fault Connection::take_stock(Inventory& out) {
  bool agrees = false;
  const auto look = [&](const Place& place) {
    const std::shared_lock lock(objects_);
    const ck_rv_t code = take_inventory(place, profile_, out);
    if (code == CKR_OK) agrees = memory_.agrees(out);
    return code;
  };
  Fault fault = use_session(Access::read, look);
  // Another process that makes a key at this moment breaks a find.
  if (fault == Fault::sick) fault = use_session(Access::read, look);
  if (fault == Fault::none && agrees) return fault;
  // Looking cannot fail for any other reason than that there is nothing to look at.
  return fault == Fault::busy ? fault : Fault::lost;
}

Fault Connection::missing_or_lost(const KeyRef& key) {
  Inventory inventory;
  if (const Fault fault = take_stock(inventory); fault != Fault::none) return fault;
  if (!inventory.seen.contains(key)) return Fault::missing;
  const auto is_it = [&](const KeyInfo& k) { return k.kind == key.kind && k.version == key.version; };
  const bool whole = std::any_of(inventory.keys.begin(), inventory.keys.end(), is_it);
  return whole ? Fault::lost : Fault::unguarded;
}

Fault Connection::health() {
  Inventory inventory;
  const Fault fault = take_stock(inventory);
  return fault == Fault::none && inventory.seen.empty() ? Fault::lost : fault;
}

// A small public object is written to the token and removed: only a token that is there can do that.
bool Connection::proves_presence() {
  const Fault fault = use_session(Access::write, [&](const Place& place) {
    const std::unique_lock lock(objects_);
    Template note;
    note.number(CKA_CLASS, CKO_DATA).yes(CKA_TOKEN).text(CKA_LABEL, "sluis-presence").text(CKA_VALUE, "here");
    ck_object_handle_t object = CK_INVALID_HANDLE;
    const ck_rv_t code = place.api.C_CreateObject(place.session, note.data(), note.size(), &object);
    return code == CKR_OK ? place.api.C_DestroyObject(place.session, object) : code;
  });
  return fault == Fault::none;
}

Status Connection::first_look(Expectation& expectation) {
  Inventory inventory;
  if (const Fault fault = take_stock(inventory); fault != Fault::none) return error_of(fault);
  std::set<KeyRef> missing;
  std::set_difference(expectation.keys.begin(), expectation.keys.end(), inventory.seen.begin(), inventory.seen.end(),
                      std::inserter(missing, missing.end()));
  if (missing.empty()) {
    expectation.doubted.clear();
    return {};
  }
  if (!proves_presence()) return error_of(Fault::lost);
  const bool again = missing == expectation.doubted;
  expectation.doubted = std::move(missing);
  return again ? Status{} : error_of(Fault::lost);
}

}  // namespace sluis::hsm
