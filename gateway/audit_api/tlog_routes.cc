#include "gateway/audit_api/tlog_routes.h"

#include <string>
#include <utility>

#include "audit/proof.h"
#include "gateway/records/request.h"

namespace sluis::gateway {
namespace {

constexpr std::string_view kPrefix = "/v1/tlog/";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kForGood = "private, max-age=31536000, immutable";

Outcome refuse(const Error& error) {
  return {problem_of(error), {}, Hold::nothing};
}

audit::Event read_event(const Call& call, std::uint64_t count, std::string detail) {
  audit::Event event;
  event.principal = call.principal == nullptr ? "-" : call.principal->name;
  event.action = "audit.read";
  event.purpose = call.purpose;
  event.count = count;
  event.request = call.request_id;
  event.payload.case_reference = call.case_reference;
  event.payload.client_address = call.client_address;
  event.payload.detail = std::move(detail);
  return event;
}

Outcome file_of(std::string_view bytes, std::string_view type, std::string_view caching) {
  Outcome outcome;
  outcome.reply.content_type = type;
  outcome.reply.headers.emplace_back("Cache-Control", caching);
  outcome.reply.body.append(bytes);
  return outcome;
}

Outcome checkpoint(audit::Log& log) {
  audit::FolderTiles tiles(log.tiles_folder());
  const auto note = tiles.get("checkpoint");
  if (!note) return refuse(Error{Code::unavailable, "the log's tiles are not published yet"});
  return file_of(text_of(*note), kText, "no-cache");
}

Outcome tile(audit::Log& log, const Call& call) {
  const std::string path = call.path.substr(kPrefix.size());
  const auto name = audit::parse_tile_path(path);
  if (!name) return refuse(Error{Code::not_found, "there is no such tile"});
  audit::FolderTiles tiles(log.tiles_folder());
  const auto bytes = tiles.get(path);
  if (!bytes) return refuse(bytes.error());
  Outcome outcome = file_of(text_of(*bytes), "application/octet-stream", kForGood);
  if (name->level) return outcome;
  outcome.events.push_back(read_event(call, name->width, path));
  outcome.hold = Hold::write;
  return outcome;
}

Outcome receipt(audit::Log& log, const Call& call) {
  const auto index = decimal(call.param("index"));
  if (!index) return refuse(Error{Code::invalid, "an entry's index is a whole number"});
  if (*index >= log.size()) return refuse(Error{Code::not_found, "there is no such entry"});
  const Status published = log.publish(*index);
  if (!published) return refuse(published.error());
  audit::FolderTiles tiles(log.tiles_folder());
  const auto proof = audit::make_proof(tiles, *index);
  if (!proof) return refuse(proof.error());
  Outcome outcome = file_of(audit::proof_text(*proof), kText, "private, no-cache");
  outcome.events.push_back(read_event(call, 1, "receipt of entry " + std::to_string(*index)));
  outcome.hold = Hold::write;
  return outcome;
}

Route get(std::string pattern, Handler handler) {
  Route route;
  route.method = Method::get;
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.action = "audit.read";
  route.runs = Runs::worker;
  route.body_limit = 0;
  return route;
}

}  // namespace

// A tile's number takes a part of the path for each three digits, and ".p/W" one more: enough for 256 * 10^9 entries.
std::vector<Route> tlog_routes(audit::Log& log) {
  std::vector<Route> routes;
  routes.push_back(get("/v1/audit/receipts/{index}", [&log](Call& call) { return receipt(log, call); }));
  routes.push_back(get("/v1/tlog/checkpoint", [&log](Call&) { return checkpoint(log); }));
  std::string pattern = "/v1/tlog/tile/{level}";
  for (const char* part : {"/{a}", "/{b}", "/{c}", "/{d}"}) {
    pattern.append(part);
    routes.push_back(get(pattern, [&log](Call& call) { return tile(log, call); }));
  }
  return routes;
}

}  // namespace sluis::gateway
