#include "gateway/records/routes.h"

namespace sluis::gateway {
namespace {

constexpr std::size_t kRecordLimit = std::size_t{4} << 20U;   // the largest max_record_bytes
constexpr std::size_t kRequestLimit = std::size_t{1} << 20U;  // ids, claims, searches

Handler call_of(RecordService& service, Outcome (RecordService::*member)(Call&)) {
  return [&service, member](Call& call) { return (service.*member)(call); };
}

}  // namespace

std::vector<Route> record_routes(RecordService& service) {
  using S = RecordService;
  const std::string all = "/v1/records/{collection}";
  const std::string one = all + "/{id}";
  const auto at = [&](auto member) { return call_of(service, member); };
  // Writes sync the store's disk, so they stay off the I/O threads even where the store is local.
  // clang-format off
  return {
      {Method::put,   one,                              "records.put",    Runs::worker, kRecordLimit,  {},             {}, {},
       [&service](std::span<GroupedCall> calls) { service.put(calls); }},
      {Method::patch, one,                              "records.patch",  Runs::worker, kRecordLimit,  at(&S::patch),  {}, {}, {}},
      {Method::del,   one,                              "records.delete", Runs::worker, 0,             at(&S::remove), {}, {}, {}},
      {Method::get,   one,                              "records.read",   Runs::local,  0,             at(&S::get),    {}, {}, {}, {"fields"}},
      {Method::head,  one,                              "records.read",   Runs::local,  0,             at(&S::head),   {}, {}, {}, {"fields"}},
      {Method::post,  one + ":attest",                  "records.attest", Runs::local,  kRequestLimit, at(&S::attest), {}, {}, {}},
      {Method::post,  all + ":read",                    "records.read",   Runs::worker, kRequestLimit, at(&S::read),   {}, {}, {}},
      {Method::post,  all + ":search",                  "records.search", Runs::worker, kRequestLimit, at(&S::search), {}, {}, {}},
      {Method::get,   all + "/imports/{import}",        "records.import", Runs::worker, 0,             at(&S::import_state),  {}, {}, {}},
      {Method::get,   all + "/imports/{import}/errors", "records.import", Runs::worker, 0,             at(&S::import_errors), {}, {}, {}, {"after_line", "limit"}},
      {Method::post,  all + ":import",                  "records.import", Runs::worker, 0,             {},
       [&service](Call& call) { return service.import(call); }, {}, {}, {"import", "mode", "from_line"}},
      {Method::post,  all + ":export",                  "records.export", Runs::worker, kRequestLimit, {}, {},
       [&service](Call& call) { return service.export_(call); }, {}},
  };
  // clang-format on
}

}  // namespace sluis::gateway
