#include "store/sqlite_leases.h"

namespace sluis::store::sqlite {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

std::int64_t now_us() {
  return duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The row stays when a lease is dropped: the epoch goes on from there.
Status save(SqliteDb& db, const Lease& lease, std::int64_t ends_us) {
  return db
      .query(
          "insert into leases (name, holder, epoch, ends_us) values (?, ?, ?, ?) on conflict (name) do update set"
          " holder = excluded.holder, epoch = excluded.epoch, ends_us = excluded.ends_us")
      .bind(lease.name)
      .bind(lease.holder)
      .bind_size(lease.epoch)
      .bind(ends_us)
      .run();
}

}  // namespace

Result<Lease> take_lease(SqliteDb& db, std::string_view name, std::string_view holder, std::chrono::milliseconds ttl) {
  Lease lease{std::string(name), std::string(holder), 1};
  const std::int64_t now = now_us();
  {
    auto query = db.query("select holder, epoch, ends_us from leases where name = ?");
    auto row = query.bind(name).step();
    if (!row) return row.error();
    if (*row) {
      const bool mine = query.text_view(0) == holder;
      const bool live = query.number(2) > now;
      if (live && !mine) return Error{Code::conflict, "another holder has the lease"};
      lease.epoch = query.size(1) + (live ? 0U : 1U);
    }
  }
  if (auto ok = save(db, lease, now + microseconds(ttl).count()); !ok) return ok.error();
  return lease;
}

Status renew_lease(SqliteDb& db, const Lease& lease, std::chrono::milliseconds ttl) {
  if (auto ok = hold_lease(db, lease); !ok) return ok;
  return save(db, lease, now_us() + microseconds(ttl).count());
}

Status drop_lease(SqliteDb& db, const Lease& lease) {
  if (auto ok = hold_lease(db, lease); !ok) return ok;
  return save(db, lease, 0);
}

Status hold_lease(SqliteDb& db, const Lease& lease) {
  auto query = db.query("select 1 from leases where name = ? and holder = ? and epoch = ? and ends_us > ?");
  auto row = query.bind(lease.name).bind(lease.holder).bind_size(lease.epoch).bind(now_us()).step();
  if (!row) return row.error();
  if (!*row) return Error{Code::conflict, "the lease is another holder's or has ended"};
  return {};
}

}  // namespace sluis::store::sqlite
