#include "gateway/daemon/health.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace sluis::gateway {

namespace {

namespace json = boost::json;

Outcome answer(unsigned status, std::string_view type, std::string_view body) {
  Outcome out;
  out.reply.status = status;
  out.reply.content_type = type;
  out.reply.body = SecretBuffer(body);
  return out;
}

json::array list_of(const std::vector<Readiness::Finding>& findings) {
  json::array out;
  for (const auto& finding : findings) out.push_back({{"part", finding.part}, {"text", finding.text}});
  return out;
}

Outcome healthz(Call&) {
  return answer(200, "application/json", R"({"status":"alive"})");
}

Outcome readyz(const HealthSources& sources) {
  const auto problems = sources.readiness->problems();
  const json::object body{{"status", problems.empty() ? "ready" : "not ready"},
                          {"version", sources.version},
                          {"origin", sources.origin},
                          {"problems", list_of(problems)},
                          {"warnings", list_of(sources.readiness->warnings())}};
  return answer(problems.empty() ? 200 : 503, "application/json", json::serialize(body));
}

Outcome metrics(const HealthSources& sources) {
  std::string page;
  sources.metrics(page);
  return answer(200, "text/plain; version=0.0.4; charset=utf-8", page);
}

Route row(std::string pattern, Handler handler) {
  Route route;
  route.method = Method::get;
  route.pattern = std::move(pattern);
  route.runs = Runs::io;
  route.body_limit = 0;
  route.handler = std::move(handler);
  return route;
}

}  // namespace

std::vector<Route> health_routes(const HealthSources& sources, Listener listener) {
  std::vector<Route> routes{
      row("/healthz", healthz),
      row("/readyz", [sources](Call&) { return readyz(sources); }),
      row("/metrics", [sources](Call&) { return metrics(sources); }),
  };
  if (listener == Listener::tls) routes.back().action = "metrics.read";
  return routes;
}

}  // namespace sluis::gateway
