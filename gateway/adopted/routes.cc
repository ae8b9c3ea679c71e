#include "gateway/adopted/routes.h"

#include <boost/json.hpp>
#include <utility>

#include "gateway/records/caller.h"
#include "gateway/records/request.h"

namespace sluis::gateway::adopted {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxPage = 200;

Outcome refused(const Error& error) {
  return {problem_of(error), {}, Hold::nothing};
}

Outcome answer(const json::object& body, unsigned status = 200) {
  Outcome outcome;
  outcome.reply.status = status;
  outcome.reply.body = SecretBuffer(json::serialize(body));
  return outcome;
}

json::object counts_json(const VersionCounts& counts) {
  json::object out;
  for (const auto& [version, cells] : counts) {
    out[version == 0 ? std::string("none") : std::to_string(version)] = cells;
  }
  return out;
}

json::object shown(const Declared& declared) {
  json::object out = to_json(declared.declaration);
  out["sample"] = json::object{{"cells", declared.sample.cells}, {"opened", declared.sample.opened}};
  return out;
}

void note(const Call& call, std::string_view action, std::string detail, Outcome& outcome,
          std::string_view transit_key) {
  audit::Event event;
  event.action = action;
  event.key = std::string("transit/").append(transit_key);
  event.payload.case_reference = call.case_reference;
  event.payload.client_address = call.client_address;
  event.payload.detail = std::move(detail);
  outcome.events.push_back(std::move(event));
  outcome.hold = Hold::write;
}

// Members that are texts; what is not given stays as it is.
std::optional<Outcome> read_declaration(Request& request, Declaration& out) {
  const std::pair<const char*, std::string*> texts[] = {{"name", &out.name},
                                                        {"source", &out.source},
                                                        {"schema", &out.schema},
                                                        {"table", &out.table},
                                                        {"transit_key", &out.transit_key}};
  for (const auto& [name, member] : texts) {
    if (auto text = request.string(name)) *member = *std::move(text);
  }
  if (auto keys = request.strings("key_columns", kMaxKeyColumns)) out.key_columns = *std::move(keys);
  if (auto cells = request.strings("ciphertext_columns", kMaxCellColumns)) out.cell_columns = *std::move(cells);
  const std::pair<const char*, Template*> templates[] = {{"associated_data", &out.associated_data},
                                                         {"context", &out.context}};
  for (const auto& [name, member] : templates) {
    auto parsed = Template::parse(request.string(name).value_or(""));
    if (!parsed) return refused(parsed.error());
    *member = *std::move(parsed);
  }
  if (request.fault()) return refuse(*request.fault());
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string detail_of(const Declared& declared) {
  const Declaration& d = declared.declaration;
  return d.name + ": " + d.place() + ", key " + joined(d.key_columns) + ", ciphertext " + joined(d.cell_columns) +
         ", associated data '" + d.associated_data.text() + "', context '" + d.context.text() + "'; of " +
         std::to_string(declared.sample.cells) + " cells " + std::to_string(declared.sample.opened) + " open";
}

Outcome declare(Tables& tables, Call& call) {
  Request request = Request::read(call.body.expose_text(),
                                  {"name", "source", "schema", "table", "key_columns", "ciphertext_columns",
                                   "transit_key", "associated_data", "context"},
                                  Request::Empty::refused);
  if (request.fault()) return refuse(*request.fault());
  Declaration declaration;
  declaration.schema = "public";
  if (auto wrong = read_declaration(request, declaration)) return *std::move(wrong);
  declaration.declared_by = call.principal->name;
  declaration.declared_us = call.now_us;
  const auto declared = tables.declare(std::move(declaration));
  if (!declared) return refused(declared.error());
  json::object body = shown(*declared);
  // Which cells they are is for whoever declares the table to mend.
  body["faults"] = json::array(declared->sample.faults.begin(), declared->sample.faults.end());
  Outcome outcome = answer(body, 201);
  note(call, "adopted.declare", detail_of(*declared), outcome, declared->declaration.transit_key);
  return outcome;
}

Outcome list(const Tables& tables, const Call& call) {
  const auto limit = decimal(call.query_value("limit").value_or("50"));
  if (!limit || *limit == 0) return refused(Error{Code::invalid, "limit is a whole number"});
  const std::size_t most = std::min(*limit, kMaxPage);
  const auto page = tables.list(call.query_value("after").value_or(""), most);
  if (!page) return refused(page.error());
  json::array rows;
  for (const Declared& declared : *page) rows.push_back(shown(declared));
  json::object body{{"adopted", std::move(rows)}};
  if (page->size() == most) body["next"] = page->back().declaration.name;
  return answer(body);
}

Outcome show(const Tables& tables, const Call& call) {
  const auto declared = tables.get(call.param("name"));
  if (!declared) return refused(declared.error());
  json::object body = shown(*declared);
  const std::string_view count = call.query_value("count").value_or("false");
  if (count != "true" && count != "false") return refused(Error{Code::invalid, "count is true or false"});
  if (count == "true") {
    const auto counts = tables.count(declared->declaration);
    if (!counts) return refused(counts.error());
    body["cells_by_version"] = counts_json(*counts);
  }
  return answer(body);
}

Outcome forget(Tables& tables, const Call& call) {
  const auto declared = tables.get(call.param("name"));
  if (!declared) return refused(declared.error());
  if (const Status gone = tables.forget(call.param("name")); !gone) return refused(gone.error());
  Outcome outcome;
  outcome.reply.status = 204;
  note(call, "adopted.forget", detail_of(*declared), outcome, declared->declaration.transit_key);
  return outcome;
}

Outcome retire(Tables& tables, const Call& call) {
  auto change = tables.retire(call.param("key"));
  if (!change) return refused(change.error());
  Outcome outcome = answer(
      {{"transit_key", change->key->name}, {"min_decryption_version", change->key->attributes.min_decryption_version}});
  if (!change->event) return outcome;
  change->event->payload.detail += ": no adopted table has a cell below";
  outcome.events.push_back(*std::move(change->event));
  outcome.hold = Hold::write;
  return outcome;
}

Route route_of(Method method, std::string pattern, std::string action, Handler handler,
               std::vector<std::string> query = {}) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.action = std::move(action);
  route.runs = Runs::worker;
  route.body_limit = method == Method::post ? std::size_t{64} << 10U : 0;
  route.handler = std::move(handler);
  route.query = std::move(query);
  return route;
}

}  // namespace

std::vector<Route> adopted_routes(Tables& tables) {
  std::vector<Route> out;
  out.push_back(route_of(Method::post, "/v1/adopted", "adopted.declare",
                         [&tables](Call& call) { return declare(tables, call); }));
  out.push_back(route_of(Method::get, "/v1/adopted", "adopted.read",
                         [&tables](Call& call) { return list(tables, call); }, {"after", "limit"}));
  out.push_back(route_of(Method::get, "/v1/adopted/{name}", "adopted.read",
                         [&tables](Call& call) { return show(tables, call); }, {"count"}));
  out.push_back(route_of(Method::del, "/v1/adopted/{name}", "adopted.declare",
                         [&tables](Call& call) { return forget(tables, call); }));
  out.push_back(route_of(Method::post, "/v1/adopted/keys/{key}/retire", "transit.config",
                         [&tables](Call& call) { return retire(tables, call); }));
  return out;
}

}  // namespace sluis::gateway::adopted
