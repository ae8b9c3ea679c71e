#include "store/pg_leases.h"

namespace sluis::store::pg {
namespace {

constexpr Error kLost{Code::conflict, "the lease is another holder's or has ended"};

// $1 name, $2 holder, $3 µs it is to last. A row stays when its lease is dropped: the epoch goes on from there.
constexpr PgStatement kTake{"lease_take", R"(
insert into leases as l (name, holder, epoch, ends_us)
values ($1, $2, 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint + $3::bigint)
on conflict (name) do update set holder = excluded.holder,
  ends_us = (extract(epoch from clock_timestamp()) * 1000000)::bigint + $3::bigint,
  epoch = l.epoch + case
    when l.holder = $2 and l.ends_us > (extract(epoch from clock_timestamp()) * 1000000)::bigint then 0 else 1 end
where l.holder = $2 or l.ends_us <= (extract(epoch from clock_timestamp()) * 1000000)::bigint
returning epoch)"};

// $1 name, $2 holder, $3 epoch, $4 µs it is to last.
constexpr PgStatement kRenew{"lease_renew", R"(
update leases set ends_us = (extract(epoch from clock_timestamp()) * 1000000)::bigint + $4::bigint
where name = $1 and holder = $2 and epoch = $3::bigint
  and ends_us > (extract(epoch from clock_timestamp()) * 1000000)::bigint)"};
constexpr PgStatement kDrop{"lease_drop", R"(
update leases set ends_us = 0
where name = $1 and holder = $2 and epoch = $3::bigint
  and ends_us > (extract(epoch from clock_timestamp()) * 1000000)::bigint)"};
constexpr PgStatement kHolds{"lease_holds", R"(
select 1 from leases
where name = $1 and holder = $2 and epoch = $3::bigint
  and ends_us > (extract(epoch from clock_timestamp()) * 1000000)::bigint)"};

std::uint64_t micros(std::chrono::milliseconds ttl) noexcept {
  return static_cast<std::uint64_t>(std::chrono::microseconds(ttl).count());
}

void bind_lease(PgParams& params, const Lease& lease) {
  params.text(lease.name).text(lease.holder).u64(lease.epoch);
}

}  // namespace

Result<Lease> take_lease(PgConnection& connection, std::string_view name, std::string_view holder,
                         std::chrono::milliseconds ttl) {
  PgParams params;
  params.text(name).text(holder).u64(micros(ttl));
  auto result = connection.run(kTake, params);
  if (!result) return result.error();
  if (result->rows() == 0) return Error{Code::conflict, "another holder has the lease"};
  return Lease{std::string(name), std::string(holder), result->size(0, 0)};
}

Status renew_lease(PgConnection& connection, const Lease& lease, std::chrono::milliseconds ttl) {
  PgParams params;
  bind_lease(params, lease);
  params.u64(micros(ttl));
  auto result = connection.run(kRenew, params);
  if (!result) return result.error();
  if (result->affected() == 0) return kLost;
  return {};
}

Status drop_lease(PgConnection& connection, const Lease& lease) {
  PgParams params;
  bind_lease(params, lease);
  auto result = connection.run(kDrop, params);
  if (!result) return result.error();
  if (result->affected() == 0) return kLost;
  return {};
}

Result<bool> lease_holds(PgConnection& connection, const Lease& lease) {
  PgParams params;
  bind_lease(params, lease);
  auto result = connection.run(kHolds, params);
  if (!result) return result.error();
  return result->rows() == 1;
}

}  // namespace sluis::store::pg
