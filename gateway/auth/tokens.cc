#include "gateway/auth/tokens.h"

#include <algorithm>
#include <utility>

#include "gateway/auth/token_text.h"

namespace sluis::gateway::auth {
namespace {

constexpr int kRenewals = 10;  // tries, where others renew the same token at the same moment
constexpr Error kUnknown{Code::denied, "the token is unknown, revoked or expired"};

std::uint64_t microseconds(std::chrono::seconds time) {
  return static_cast<std::uint64_t>(std::chrono::microseconds(time).count());
}

// The order matters to nobody but the log: who holds a certificate learns nothing from being refused.
Result<store::LoginToken> judge(store::LoginToken row, const Holder& holder, std::uint64_t now_us) {
  if (!equal_constant_time(row.certificate, holder.certificate.digest)) {
    return Error{Code::denied, "the token was issued to another certificate"};
  }
  if (row.principal != holder.principal) return Error{Code::denied, "the token was issued to another principal"};
  if (row.expires_us <= now_us) return kUnknown;
  return row;
}

}  // namespace

Tokens::Tokens(store::Store& store, Governance governance, TokenConfig config, Clock clock)
    : store_(store),
      governance_(std::move(governance)),
      config_(config),
      clock_(std::move(clock)),
      cache_(config.cache_tokens) {}

Result<Tokens::Issued> Tokens::issue(const Holder& holder, std::uint64_t now_us) {
  auto text = make_token();
  if (!text) return text.error();
  auto accessor = make_accessor();
  if (!accessor) return accessor.error();
  Issued issued{*std::move(text), {}, 0};
  store::LoginToken& row = issued.row;
  row.id = token_id(issued.text.expose_text());
  row.accessor = *std::move(accessor);
  row.principal = holder.principal;
  row.certificate = holder.certificate.digest;
  row.issued_us = now_us;
  row.limit_us = std::min(now_us + microseconds(config_.max_ttl), holder.certificate.not_after * 1'000'000);
  row.expires_us = std::min(now_us + microseconds(config_.ttl), row.limit_us);
  if (row.expires_us <= now_us) return Error{Code::denied, "the certificate has ended"};
  governance_.seal(row);
  const std::uint64_t drops = cache_.drops();
  const auto evicted = store_.add_token(row, config_.per_principal, now_us);
  if (!evicted) return evicted.error();
  issued.evicted = *evicted;
  const auto now = clock_();
  cache_.put(row, drops, now, now + config_.cache);
  return issued;
}

Result<store::LoginToken> Tokens::load(const Digest& id) {
  const std::uint64_t drops = cache_.drops();
  const auto asked = clock_();
  auto row = store_.get_token(id);
  if (!row) {
    if (row.error().code != Code::not_found) return row.error();
    cache_.drop(id);
    return kUnknown;
  }
  const bool sound = equal_constant_time(row->id, id) && governance_.check(*row);
  if (!sound) return Error{Code::denied, "the token's row was changed outside Sluis"};
  cache_.put(*row, drops, asked, asked + config_.cache);
  return row;
}

Result<store::LoginToken> Tokens::read(std::string_view text, const Holder& holder, std::uint64_t now_us) {
  if (!looks_like_token(text)) return kUnknown;
  auto row = load(token_id(text));
  if (!row) return row.error();
  return judge(*std::move(row), holder, now_us);
}

std::optional<Result<store::LoginToken>> Tokens::look(std::string_view text, const Holder& holder,
                                                      std::uint64_t now_us) const {
  if (!looks_like_token(text)) return kUnknown;
  auto row = cache_.find(token_id(text), clock_());
  // Another gateway may have moved its end meanwhile.
  if (!row || row->expires_us <= now_us) return std::nullopt;
  return judge(*std::move(row), holder, now_us);
}

Result<store::LoginToken> Tokens::find(std::string_view text, const Holder& holder, std::uint64_t now_us) {
  auto known = look(text, holder, now_us);
  if (known) return *std::move(known);
  return read(text, holder, now_us);
}

Result<store::LoginToken> Tokens::renew(std::string_view text, const Holder& holder,
                                        std::optional<std::chrono::seconds> increment, std::uint64_t now_us) {
  const auto longer = std::clamp(increment.value_or(config_.ttl), std::chrono::seconds(1), config_.ttl);
  for (int tries = 1;; ++tries) {
    auto row = read(text, holder, now_us);
    if (!row) return row.error();
    const std::uint64_t before = row->expires_us;
    row->expires_us = std::min(now_us + microseconds(longer), row->limit_us);
    governance_.seal(*row);
    const std::uint64_t drops = cache_.drops();
    const Status renewed = store_.renew_token(*row, before);
    const auto now = clock_();
    if (renewed) cache_.put(*row, drops, now, now + config_.cache);
    if (renewed) return row;
    if (renewed.error().code == Code::not_found) return kUnknown;
    if (renewed.error().code != Code::conflict) return renewed.error();
    if (tries == kRenewals) return Error{Code::busy, "the token is being renewed by others"};
  }
}

Result<store::LoginToken> Tokens::revoke(std::string_view text, const Holder& holder, std::uint64_t now_us) {
  auto row = read(text, holder, now_us);
  if (!row) return row.error();
  const Status removed = store_.remove_token(row->id);
  cache_.drop(row->id);
  if (!removed && removed.error().code == Code::not_found) return kUnknown;
  if (!removed) return removed.error();
  return row;
}

}  // namespace sluis::gateway::auth
