#include "gateway/keys/audit_signer.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "audit/folder.h"
#include "gateway/keys/newest.h"

namespace sluis::gateway {
namespace {

constexpr Error kNoKey{Code::not_found, "the HSM has no audit key: run `sluis hsm init`"};
constexpr std::string_view kNoted = "signing-key";  // "VERSION TIME\n": the newest key, and when it was first seen

// When the newest key was first seen, if that was written down of it.
std::uint64_t noted_time(std::string_view text, std::uint32_t version) {
  const std::string start = std::to_string(version) + " ";
  if (!text.starts_with(start)) return 0;
  std::uint64_t time = 0;
  std::from_chars(text.data() + start.size(), text.data() + text.size(), time);
  return time;
}

Result<std::uint64_t> first_seen(const std::string& folder, std::uint32_t version, std::uint64_t now_us) {
  if (!std::filesystem::exists(folder)) return now_us;  // a log that is yet to be made: only the newest has signed
  const auto noted = audit::read_small_file(audit::path_in(folder, kNoted), 64);
  if (!noted) return noted.error();
  const std::uint64_t time = noted->has_value() ? noted_time(**noted, version) : 0;
  if (time != 0) return time;
  const std::string line = std::to_string(version) + " " + std::to_string(now_us) + "\n";
  const Status written = audit::replace_file(audit::system_files(), folder, "signing-key.tmp", kNoted, line);
  if (!written) return written.error();
  return now_us;
}

}  // namespace

Result<std::unique_ptr<AuditSigner>> AuditSigner::make(hsm::Token& token) {
  const auto version = newest_version(token, hsm::KeyKind::audit);
  if (!version) return version.error();
  if (*version == 0) return kNoKey;
  return std::make_unique<AuditSigner>(token, *version);
}

Result<std::unique_ptr<AuditSigners>> AuditSigners::make(hsm::Token& token) {
  const auto keys = token.list();
  if (!keys) return keys.error();
  std::vector<std::unique_ptr<AuditSigner>> signers;
  for (const hsm::KeyInfo& key : *keys) {
    if (key.kind == hsm::KeyKind::audit) signers.push_back(std::make_unique<AuditSigner>(token, key.version));
  }
  if (signers.empty()) return kNoKey;
  std::sort(signers.begin(), signers.end(), [](const auto& a, const auto& b) { return a->version() > b->version(); });
  return std::make_unique<AuditSigners>(std::move(signers));
}

Result<std::vector<audit::EarlierKey>> AuditSigners::earlier(const std::string& log_folder, std::uint64_t overlap_us,
                                                             std::uint64_t now_us) {
  std::vector<audit::EarlierKey> earlier;
  if (signers_.size() == 1) return earlier;
  const auto seen = first_seen(log_folder, newest().version(), now_us);
  if (!seen) return seen.error();
  for (std::size_t i = 1; i < signers_.size(); ++i) {
    earlier.push_back({signers_[i].get(), i == 1 ? *seen + overlap_us : 0});
  }
  return earlier;
}

}  // namespace sluis::gateway
