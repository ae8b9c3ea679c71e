#include "hsm/fault.h"

namespace sluis::hsm {

Fault fault_of(ck_rv_t code) noexcept {
  switch (code) {
    case CKR_OK:
      return Fault::none;
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
      return Fault::lost;
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
      return Fault::stale;
    case CKR_ENCRYPTED_DATA_INVALID:
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
    case CKR_SIGNATURE_INVALID:
    case kAeadDecryptFailed:
      return Fault::tampered;
    case CKR_SESSION_COUNT:
    case CKR_DEVICE_MEMORY:
    case CKR_HOST_MEMORY:
    case kTokenResourceExceeded:
      return Fault::busy;
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_EXPIRED:
    case CKR_PIN_LOCKED:
    case CKR_USER_PIN_NOT_INITIALIZED:
      return Fault::refused_pin;
    case CKR_ATTRIBUTE_TYPE_INVALID:
    case CKR_ATTRIBUTE_VALUE_INVALID:
    case CKR_ATTRIBUTE_READ_ONLY:
    case CKR_TEMPLATE_INCONSISTENT:
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_DOMAIN_PARAMS_INVALID:
    case CKR_CURVE_NOT_SUPPORTED:
    case CKR_FUNCTION_NOT_SUPPORTED:
      return Fault::unsupported;
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_ACTION_PROHIBITED:
    case CKR_TOKEN_WRITE_PROTECTED:
    case CKR_FUNCTION_REJECTED:
      return Fault::forbidden;
    case CKR_GENERAL_ERROR:
    case CKR_FUNCTION_FAILED:
      return Fault::sick;
    case CKR_ARGUMENTS_BAD:
    case CKR_BUFFER_TOO_SMALL:
    case CKR_DATA_LEN_RANGE:
    case CKR_OPERATION_ACTIVE:
    case CKR_OPERATION_NOT_INITIALIZED:
    case CKR_TEMPLATE_INCOMPLETE:
      return Fault::misuse;
    default:
      return Fault::sick;  // vendor codes say nothing that can be relied on
  }
}

Error error_of(Fault fault) noexcept {
  switch (fault) {
    case Fault::none:
      break;
    case Fault::lost:
    case Fault::stale:
    case Fault::sick:
      return {Code::unavailable, "the HSM is away; it is tried again by itself"};
    case Fault::failing:
      return {Code::unavailable, "the HSM answers but fails this operation"};
    case Fault::missing:
      return {Code::not_found, "the HSM has no such key"};
    case Fault::tampered:
      return {Code::corrupt, "a wrapped key does not authenticate"};
    case Fault::busy:
      return {Code::busy, "all HSM sessions are in use"};
    case Fault::refused_pin:
      return {Code::denied, "the HSM refused the PIN; it is not tried again"};
    case Fault::unsupported:
      return {Code::invalid, "the HSM lacks a mechanism or attribute that this needs; check its profile"};
    case Fault::forbidden:
      return {Code::denied, "the HSM forbids this use of the key"};
    case Fault::unguarded:
      return {Code::denied, "the key in the HSM is not whole, or not guarded as Sluis demands; it is not used"};
    case Fault::ambiguous:
      return {Code::conflict, "several objects in the HSM carry this key's label"};
    case Fault::exists:
      return {Code::conflict, "the HSM has a key with this label"};
    case Fault::undead:
      return {Code::internal, "the HSM still shows a destroyed key"};
    case Fault::misuse:
      break;
  }
  return {Code::internal, "the HSM module was called in a wrong way"};
}

}  // namespace sluis::hsm
