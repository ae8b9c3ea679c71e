#include "gateway/keys/period_keys.h"

#include <algorithm>

#include "gateway/keys/newest.h"

namespace sluis::gateway {
namespace {

constexpr Error kMalformed{Code::invalid, "a period is YYYY-MM"};
constexpr std::string_view kPseudonymDomain = "sluis/pseudonym/1:";

bool is_period(std::string_view period) noexcept {
  if (period.size() != 7 || period[4] != '-') return false;
  const auto digit = [&](std::size_t i) { return i == 4 || (period[i] >= '0' && period[i] <= '9'); };
  for (std::size_t i = 0; i < period.size(); ++i) {
    if (!digit(i)) return false;
  }
  const std::string_view month = period.substr(5);
  return month >= "01" && month <= "12";
}

}  // namespace

Result<std::unique_ptr<PeriodKeys>> PeriodKeys::make(Keyring& keyring, hsm::Token& token, KeyringConfig config) {
  const auto version = newest_version(token, hsm::KeyKind::pseudonym);
  if (!version) return version.error();
  if (*version == 0) return Error{Code::not_found, "the HSM has no pseudonym key: run `sluis hsm init`"};
  return std::make_unique<PeriodKeys>(keyring, token, config, *version);
}

Result<SecretKey> PeriodKeys::sidecar_key(std::string_view period) {
  if (!is_period(period)) return kMalformed;
  const auto keys = keyring_.open_lasting("audit/" + std::string(period));
  if (!keys) return keys.error();
  return SecretKey::copy_of((*keys)->newest()->data_key().expose_secret());
}

Result<SecretKey> PeriodKeys::pseudonym_key(std::string_view period) {
  if (!is_period(period)) return kMalformed;
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  std::erase_if(pseudonyms_, [now](const auto& entry) { return entry.second.expires <= now; });
  auto found = pseudonyms_.find(period);
  if (found == pseudonyms_.end()) {
    auto key = token_.mac(pseudonym_version_, bytes_of(std::string(kPseudonymDomain) + std::string(period)));
    if (!key) return key.error();
    found = pseudonyms_.emplace(period, Cached{std::move(*key), now + config_.cache}).first;
  }
  return SecretKey::copy_of(found->second.key.expose_secret());
}

}  // namespace sluis::gateway
