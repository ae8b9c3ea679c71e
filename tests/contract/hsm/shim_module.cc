#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

#include "hsm/cryptoki.h"
#include "tests/contract/hsm/shim.h"

namespace sluis::hsm {
namespace {

ShimControl control;
ck_function_list* real = nullptr;
ck_function_list shim;
std::atomic<bool> running{false};
std::atomic<int> inside{0};
std::atomic<int> generating{0};
std::atomic<int> finding{0};
std::atomic<unsigned char> nonces{0};

// Counts the calls that are inside the module.
class Inside {
 public:
  Inside() {
    ++inside;
    if (!running) ++control.called_after_finalize;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { --inside; }
};

// Sessions in which an operation failed: they must be closed and not used again.
std::mutex failed_mutex;
std::set<ck_session_handle_t> failed;

ck_rv_t noted(ck_session_handle_t session, ck_rv_t code) {
  const std::lock_guard lock(failed_mutex);
  if (code != CKR_OK) failed.insert(session);
  return code;
}
void use(ck_session_handle_t session) {
  const std::lock_guard lock(failed_mutex);
  if (failed.contains(session)) ++control.failed_session_used;
}

// Counts a call; the code it is to fail with, or CKR_OK.
ck_rv_t count(Call call) {
  CallControl& c = control[call];
  ++c.calls;
  int left = c.failures;
  while (left != 0) {
    if (left < 0) return c.code;
    if (c.failures.compare_exchange_weak(left, left - 1)) return c.code;
  }
  return CKR_OK;
}

ck_rv_t initialize(void* arguments) {
  if (const ck_rv_t code = count(Call::initialize); code != CKR_OK) return code;
  const ck_rv_t code = real->C_Initialize(arguments);
  if (code == CKR_OK) running = true;
  return code;
}

ck_rv_t finalize(void* reserved) {
  if (inside != 0) ++control.finalized_while_inside;
  running = false;
  const std::lock_guard lock(failed_mutex);
  failed.clear();
  return real->C_Finalize(reserved);
}

ck_rv_t get_token_info(ck_slot_id_t slot, ck_token_info* info) {
  const Inside guard;
  const ck_rv_t code = real->C_GetTokenInfo(slot, info);
  info->flags |= control.token_flags;
  return code;
}

ck_rv_t open_session(ck_slot_id_t slot, ck_flags_t flags, void* application, ck_notify_t notify,
                     ck_session_handle_t* out) {
  const Inside guard;
  if (const ck_rv_t code = count(Call::open_session); code != CKR_OK) return code;
  return real->C_OpenSession(slot, flags, application, notify, out);
}

ck_rv_t close_session(ck_session_handle_t session) {
  const Inside guard;
  {
    const std::lock_guard lock(failed_mutex);
    failed.erase(session);
  }
  return real->C_CloseSession(session);
}

ck_rv_t login(ck_session_handle_t session, ck_user_type_t user, unsigned char* pin, unsigned long size) {
  const Inside guard;
  if (const ck_rv_t code = count(Call::login); code != CKR_OK) return code;
  return real->C_Login(session, user, pin, size);
}

ck_rv_t find_init(ck_session_handle_t session, ck_attribute* wanted, unsigned long size) {
  const Inside guard;
  use(session);
  ++finding;
  if (generating != 0) ++control.found_during_generation;
  if (const ck_rv_t code = count(Call::find); code != CKR_OK) {
    --finding;
    return noted(session, code);
  }
  const ck_rv_t code = real->C_FindObjectsInit(session, wanted, size);
  if (code != CKR_OK) --finding;
  return noted(session, code);
}

ck_rv_t find_final(ck_session_handle_t session) {
  const Inside guard;
  --finding;
  return real->C_FindObjectsFinal(session);
}

void unwrap_point(ck_attribute& attribute) {
  auto* const bytes = static_cast<unsigned char*>(attribute.value);
  if (attribute.value_len != 34 || bytes[0] != 0x04 || bytes[1] != 32) return;
  std::memmove(bytes, bytes + 2, 32);
  attribute.value_len = 32;
}

ck_rv_t get_attributes(ck_session_handle_t session, ck_object_handle_t object, ck_attribute* wanted,
                       unsigned long size) {
  const Inside guard;
  if (const ck_rv_t code = count(Call::attributes); code != CKR_OK) return code;
  ck_rv_t code = real->C_GetAttributeValue(session, object, wanted, size);
  for (unsigned long i = 0; i < size; ++i) {
    if (wanted[i].type == CKA_EC_POINT && control.raw_points) unwrap_point(wanted[i]);
    if (wanted[i].type == CKA_VALUE && control.gives_values && code == CKR_ATTRIBUTE_SENSITIVE) {
      wanted[i].value_len = 32;
      code = CKR_OK;
    }
  }
  return code;
}

bool asks_hardening(const ck_attribute* attributes, unsigned long size) {
  return std::any_of(attributes, attributes + size, [](const ck_attribute& a) {
    return a.type == CKA_ALLOWED_MECHANISMS || a.type == CKA_MODIFIABLE || a.type == CKA_COPYABLE;
  });
}

void make_extractable(ck_attribute* attributes, unsigned long size) {
  static unsigned char yes = 1;
  for (unsigned long i = 0; i < size; ++i) {
    if (attributes[i].type == CKA_EXTRACTABLE) attributes[i].value = &yes;
  }
}

// What a generation answers before it is tried.
ck_rv_t before_generation(ck_attribute* secret, unsigned long size) {
  if (const ck_rv_t code = count(Call::generate); code != CKR_OK) return code;
  if (control.no_hardening && asks_hardening(secret, size)) return CKR_ATTRIBUTE_TYPE_INVALID;
  if (control.makes_extractable) make_extractable(secret, size);
  if (finding != 0) ++control.found_during_generation;
  return CKR_OK;
}

ck_rv_t generate_key(ck_session_handle_t session, ck_mechanism* mechanism, ck_attribute* attributes, unsigned long size,
                     ck_object_handle_t* out) {
  const Inside guard;
  if (const ck_rv_t code = before_generation(attributes, size); code != CKR_OK) return code;
  ++generating;
  const ck_rv_t code = real->C_GenerateKey(session, mechanism, attributes, size, out);
  --generating;
  return code;
}

ck_rv_t generate_pair(ck_session_handle_t session, ck_mechanism* mechanism, ck_attribute* pub, unsigned long pub_size,
                      ck_attribute* priv, unsigned long priv_size, ck_object_handle_t* pub_out,
                      ck_object_handle_t* priv_out) {
  const Inside guard;
  if (const ck_rv_t code = before_generation(priv, priv_size); code != CKR_OK) return code;
  ++generating;
  const ck_rv_t code = real->C_GenerateKeyPair(session, mechanism, pub, pub_size, priv, priv_size, pub_out, priv_out);
  --generating;
  return code == CKR_OK && control.leaves_halves ? ck_rv_t{CKR_GENERAL_ERROR} : code;
}

ck_rv_t create_object(ck_session_handle_t session, ck_attribute* attributes, unsigned long size,
                      ck_object_handle_t* out) {
  const Inside guard;
  const bool key = std::any_of(attributes, attributes + size, [](const auto& a) { return a.type == CKA_KEY_TYPE; });
  if (key && control.refuses_known_keys) return CKR_TEMPLATE_INCONSISTENT;
  return real->C_CreateObject(session, attributes, size, out);
}

ck_rv_t destroy_object(ck_session_handle_t session, ck_object_handle_t object) {
  const Inside guard;
  if (const ck_rv_t code = count(Call::destroy); code != CKR_OK) return code;
  return real->C_DestroyObject(session, object);
}

ck_rv_t encrypt_init(ck_session_handle_t session, ck_mechanism* mechanism, ck_object_handle_t key) {
  const Inside guard;
  use(session);
  if (control.own_nonce && mechanism->mechanism == CKM_AES_GCM) {
    auto& params = *static_cast<ck_gcm_params*>(mechanism->parameter);
    const bool blank =
        std::all_of(params.iv_ptr, params.iv_ptr + params.iv_len, [](unsigned char b) { return b == 0; });
    if (!blank) return noted(session, CKR_MECHANISM_PARAM_INVALID);
    params.iv_ptr[0] = ++nonces;
  }
  return noted(session, real->C_EncryptInit(session, mechanism, key));
}

ck_rv_t encrypt(ck_session_handle_t session, unsigned char* in, unsigned long in_size, unsigned char* out,
                unsigned long* size) {
  const Inside guard;
  use(session);
  if (out == nullptr) ++control.null_outputs;
  ++control.held;
  while (control.hold_encrypt) ::usleep(200);
  --control.held;
  if (const ck_rv_t code = count(Call::encrypt); code != CKR_OK) return noted(session, code);
  const ck_rv_t code = real->C_Encrypt(session, in, in_size, out, size);
  if (code == CKR_OK && control.wrong_results) out[0] ^= 1;
  return noted(session, code);
}

ck_rv_t decrypt(ck_session_handle_t session, unsigned char* in, unsigned long in_size, unsigned char* out,
                unsigned long* size) {
  const Inside guard;
  use(session);
  if (out == nullptr) ++control.null_outputs;
  if (const ck_rv_t code = count(Call::decrypt); code != CKR_OK) return noted(session, code);
  return noted(session, real->C_Decrypt(session, in, in_size, out, size));
}

ck_rv_t sign(ck_session_handle_t session, unsigned char* in, unsigned long in_size, unsigned char* out,
             unsigned long* size) {
  const Inside guard;
  use(session);
  if (out == nullptr) ++control.null_outputs;
  if (const ck_rv_t code = count(Call::sign); code != CKR_OK) return noted(session, code);
  const ck_rv_t code = real->C_Sign(session, in, in_size, out, size);
  if (code == CKR_OK && control.wrong_results) out[0] ^= 1;
  return noted(session, code);
}

ck_rv_t generate_random(ck_session_handle_t session, unsigned char* out, unsigned long size) {
  const Inside guard;
  if (const ck_rv_t code = count(Call::random); code != CKR_OK) return noted(session, code);
  return real->C_GenerateRandom(session, out, size);
}

void fill_list() {
  shim = *real;
  shim.C_Initialize = initialize;
  shim.C_Finalize = finalize;
  shim.C_GetTokenInfo = get_token_info;
  shim.C_OpenSession = open_session;
  shim.C_CloseSession = close_session;
  shim.C_Login = login;
  shim.C_FindObjectsInit = find_init;
  shim.C_FindObjectsFinal = find_final;
  shim.C_GetAttributeValue = get_attributes;
  shim.C_GenerateKey = generate_key;
  shim.C_GenerateKeyPair = generate_pair;
  shim.C_CreateObject = create_object;
  shim.C_DestroyObject = destroy_object;
  shim.C_EncryptInit = encrypt_init;
  shim.C_Encrypt = encrypt;
  shim.C_Decrypt = decrypt;
  shim.C_Sign = sign;
  shim.C_GenerateRandom = generate_random;
}

}  // namespace
}  // namespace sluis::hsm

extern "C" __attribute__((visibility("default"))) sluis::hsm::ShimControl* sluis_shim_control() {
  return &sluis::hsm::control;
}

extern "C" __attribute__((visibility("default"))) ck_rv_t C_GetFunctionList(ck_function_list** list) {
  using namespace sluis::hsm;
  if (real == nullptr) {
    const char* const path = std::getenv("SLUIS_SHIM_TARGET");
    void* const library = path == nullptr ? nullptr : ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return CKR_GENERAL_ERROR;
    const auto entry = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    if (entry == nullptr || entry(&real) != CKR_OK) return CKR_GENERAL_ERROR;
    fill_list();
  }
  *list = &shim;
  return CKR_OK;
}
