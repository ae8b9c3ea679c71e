#include "store/sqlite_tokens.h"

#include "store/rows.h"

namespace sluis::store::sqlite {
namespace {

constexpr Error kNoToken{Code::not_found, "no such token"};

Status sweep(SqliteDb& db, std::uint64_t now_us) {
  return db
      .query(
          "delete from login_tokens where id in"
          " (select id from login_tokens where expires_us <= ? order by expires_us limit ?)")
      .bind_size(now_us)
      .bind_size(kMaxTokensSwept)
      .run();
}

// Makes room for one more.
Status evict(SqliteDb& db, std::string_view principal, std::size_t most) {
  return db
      .query(
          "delete from login_tokens where id in"
          " (select id from login_tokens where principal = ? order by expires_us desc, id limit -1 offset ?)")
      .bind(principal)
      .bind_size(most == 0 ? 0 : most - 1)
      .run();
}

}  // namespace

Status add_token(SqliteDb& db, const LoginToken& token, std::size_t most, std::uint64_t now_us,
                 std::uint64_t& evicted) {
  if (auto ok = sweep(db, now_us); !ok) return ok;
  if (auto ok = evict(db, token.principal, most); !ok) return ok;
  evicted = static_cast<std::uint64_t>(db.changes());
  return db
      .query(
          "insert into login_tokens (id, accessor, principal, certificate, issued_us, expires_us, limit_us, mac)"
          " values (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(ByteView(token.id))
      .bind(token.accessor)
      .bind(token.principal)
      .bind(ByteView(token.certificate))
      .bind_size(token.issued_us)
      .bind_size(token.expires_us)
      .bind_size(token.limit_us)
      .bind(token.mac)
      .run();
}

Result<LoginToken> get_token(SqliteDb& db, const Digest& id) {
  auto query = db.query(
      "select accessor, principal, certificate, issued_us, expires_us, limit_us, mac from login_tokens where id = ?");
  auto row = query.bind(ByteView(id)).step();
  if (!row) return row.error();
  if (!*row) return kNoToken;
  LoginToken token;
  token.id = id;
  token.accessor = query.text(0);
  token.principal = query.text(1);
  if (auto ok = copy_digest(query.blob(2), token.certificate); !ok) return ok.error();
  token.issued_us = query.size(3);
  token.expires_us = query.size(4);
  token.limit_us = query.size(5);
  token.mac = query.blob(6);
  return token;
}

Status renew_token(SqliteDb& db, const LoginToken& token, std::uint64_t expected_expires_us) {
  auto stored = get_token(db, token.id);
  if (!stored) return stored.error();
  if (stored->expires_us != expected_expires_us) return Error{Code::conflict, "the token's end has moved"};
  return db.query("update login_tokens set expires_us = ?, mac = ? where id = ?")
      .bind_size(token.expires_us)
      .bind(token.mac)
      .bind(ByteView(token.id))
      .run();
}

Status remove_token(SqliteDb& db, const Digest& id) {
  if (auto ok = db.query("delete from login_tokens where id = ?").bind(ByteView(id)).run(); !ok) return ok;
  if (db.changes() == 0) return kNoToken;
  return {};
}

}  // namespace sluis::store::sqlite
