#include "store/pg_tokens.h"

#include <algorithm>
#include <limits>

#include "store/rows.h"

namespace sluis::store::pg {
namespace {

constexpr Error kNoToken{Code::not_found, "no such token"};

// $9 now, $10 the number of other live tokens that may stay, $11 how many expired ones to remove. All parts see the
// rows as they were before the insert. Sweeps pass by each other's rows; two logins of one principal may want to
// evict the same row, and the second then finds it gone.
constexpr PgStatement kAdd{"token_add", R"(
with swept as (
  delete from login_tokens where id in (
    select id from login_tokens where expires_us <= $9::bigint order by expires_us limit $11::bigint
    for update skip locked)
), evicted as (
  delete from login_tokens where id in (
    select id from login_tokens where principal = $3 and expires_us > $9::bigint
    order by expires_us desc, id offset $10::bigint) returning 1
), new as (
  insert into login_tokens (id, accessor, principal, certificate, issued_us, expires_us, limit_us, mac)
  values ($1, $2, $3, $4, $5::bigint, $6::bigint, $7::bigint, $8)
)
select (select count(*) from evicted))"};

constexpr PgStatement kGet{"token_get", R"(
select accessor, principal, certificate, issued_us, expires_us, limit_us, mac from login_tokens where id = $1)"};

constexpr PgStatement kRenew{"token_renew", R"(
with r as (
  update login_tokens set expires_us = $2::bigint, mac = $3 where id = $1 and expires_us = $4::bigint returning 1
)
select (select count(*) from r), exists (select 1 from login_tokens where id = $1))"};

constexpr PgStatement kRemove{"token_remove", "delete from login_tokens where id = $1"};

}  // namespace

Status add_token(PgConnection& connection, const LoginToken& token, std::size_t most, std::uint64_t now_us,
                 std::uint64_t& evicted) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  PgParams params;
  params.bytes(token.id).text(token.accessor).text(token.principal).bytes(token.certificate);
  params.u64(token.issued_us).u64(token.expires_us).u64(token.limit_us).bytes(token.mac);
  params.u64(std::min(now_us, kLargest)).u64(most == 0 ? 0 : std::min<std::uint64_t>(most - 1, kLargest));
  params.u64(kMaxTokensSwept);
  auto result = connection.run(kAdd, params);
  if (!result) return result.error();
  evicted = result->size(0, 0);
  return {};
}

Result<LoginToken> get_token(PgConnection& connection, const Digest& id) {
  PgParams params;
  params.bytes(id);
  auto result = connection.run(kGet, params);
  if (!result) return result.error();
  if (result->rows() == 0) return kNoToken;
  LoginToken token;
  token.id = id;
  token.accessor = result->text(0, 0);
  token.principal = result->text(0, 1);
  if (auto ok = copy_digest(result->bytes(0, 2), token.certificate); !ok) return ok.error();
  token.issued_us = result->size(0, 3);
  token.expires_us = result->size(0, 4);
  token.limit_us = result->size(0, 5);
  const ByteView mac = result->bytes(0, 6);
  token.mac.assign(mac.begin(), mac.end());
  return token;
}

Result<bool> token_stored(PgConnection& connection, const LoginToken& token) {
  auto stored = get_token(connection, token.id);
  if (!stored && stored.error().code == Code::not_found) return false;
  if (!stored) return stored.error();
  return stored->expires_us == token.expires_us && stored->mac == token.mac;
}

Status renew_token(PgConnection& connection, const LoginToken& token, std::uint64_t expected_expires_us) {
  PgParams params;
  params.bytes(token.id).u64(token.expires_us).bytes(token.mac).u64(expected_expires_us);
  auto result = connection.run(kRenew, params);
  if (!result) return result.error();
  if (result->number(0, 0) == 1) return {};
  if (result->number(0, 1) == 0) return kNoToken;
  return Error{Code::conflict, "the token's end has moved"};
}

Status remove_token(PgConnection& connection, const Digest& id) {
  PgParams params;
  params.bytes(id);
  auto result = connection.run(kRemove, params);
  if (!result) return result.error();
  if (result->affected() == 0) return kNoToken;
  return {};
}

}  // namespace sluis::store::pg
