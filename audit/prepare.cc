#include "audit/prepare.h"

#include <optional>

#include "audit/leaf.h"
#include "audit/merkle.h"
#include "audit/payload.h"
#include "audit/segment.h"

namespace sluis::audit {
namespace {

constexpr std::size_t kUsualFrame = 1024;  // bytes

}  // namespace

// Buffers that one call uses again for each of its entries.
struct Preparer::Desk {
  std::string leaf;
  Pen plain;
};

Preparer::Preparer(std::string gateway, std::unique_ptr<Sealers> sealers) noexcept
    : gateway_(std::move(gateway)), sealers_(std::move(sealers)) {}

Result<std::unique_ptr<Preparer>> Preparer::make(std::string gateway, PeriodKeys& keys) {
  auto sealers = Sealers::make(keys);
  if (!sealers) return sealers.error();
  return std::make_unique<Preparer>(std::move(gateway), std::move(*sealers));
}

Status Preparer::warm(std::uint64_t time_us) {
  const auto sealer = sealers_->of(period_of(time_us));
  if (!sealer) return sealer.error();
  return {};
}

Result<Prepared> Preparer::prepare(std::vector<Event>& events) {
  Prepared out;
  const Status done = prepare_all(events, out);
  for (Event& event : events) wipe_payload(event.payload);
  if (!done) return done.error();
  return out;
}

Status Preparer::prepare_all(std::vector<Event>& events, Prepared& out) {
  if (events.empty()) return Error{Code::invalid, "no entries to append"};
  out.frames.reserve(events.size() * kUsualFrame);
  out.leaf_hashes.reserve(events.size());
  Desk desk;
  std::shared_ptr<PeriodSealer> sealer;
  std::optional<PeriodSealer::Lease> lease;  // after its sealer, so destroyed before it
  const std::uint64_t now = now_us();
  for (Event& event : events) {
    if (event.time_us == 0) event.time_us = now;
    if (event.time_us >= kTimeLimitUs) return Error{Code::invalid, "an entry's time is past the year 9999"};
    const Period period = period_of(event.time_us);
    if (sealer == nullptr || sealer->period() != period) {
      auto found = sealers_->of(period);
      if (!found) return found.error();
      lease.reset();
      sealer = std::move(*found);
      auto leased = sealer->lease();
      if (!leased) return leased.error();
      lease.emplace(std::move(*leased));
    }
    const Status done = prepare_one(event, *lease, desk, out);
    if (!done) return done;
  }
  return {};
}

Status Preparer::prepare_one(const Event& event, PeriodSealer::Lease& lease, Desk& desk, Prepared& out) {
  const auto salt = lease.salt();
  if (!salt) return salt.error();
  std::array<char, 64> pseudonym;
  std::size_t pseudonym_size = 0;
  if (!event.payload.subject.empty()) {
    const auto digest = lease.pseudonym(event.payload.subject);
    if (!digest) return digest.error();
    pseudonym = hex_of(*digest);
    pseudonym_size = pseudonym.size();
  }
  desk.plain.clear();
  desk.plain.append(text_of(*salt));
  append_payload(desk.plain, event.payload, {pseudonym.data(), pseudonym_size});
  if (desk.plain.size() > kSidecarLimit) return Error{Code::too_large, "an entry's payload is too large"};
  const Digest commitment = sha256(desk.plain.expose_secret());
  desk.leaf.clear();
  append_leaf(desk.leaf, event, gateway_, commitment);
  if (desk.leaf.size() > kLeafLimit) return Error{Code::too_large, "an entry's line is too large"};
  out.leaf_hashes.push_back(leaf_hash(bytes_of(desk.leaf)));
  const ByteSpan sidecar = append_frame(out.frames, desk.leaf, desk.plain.size() + kSidecarOverhead);
  return lease.seal(sealers_->next_counter(), commitment, desk.plain.expose_secret(), sidecar);
}

}  // namespace sluis::audit
