#include "gateway/keys/key_rows.h"

#include <chrono>

#include "gateway/keys/newest.h"

namespace sluis::gateway {

WrapContext context_of(const store::Key& key, const store::KeyVersion& version) {
  return {key.name, key.id, version.version, version.master_version};
}

Result<std::uint32_t> newest_master(hsm::Token& token) {
  const auto newest = newest_version(token, hsm::KeyKind::master);
  if (newest && *newest == 0) return Error{Code::not_found, "the HSM has no master key: run `sluis hsm init`"};
  return newest;
}

std::uint64_t unix_time_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace sluis::gateway
