#include "gateway/auth/replies.h"

#include <utility>

namespace sluis::gateway::auth {
namespace {
constexpr std::size_t kBodyLimit = 256U << 10U;
}

Outcome answer(const Call& call, transit::Answer answer) {
  return {transit::envelope_of(call, std::move(answer)), {}, Hold::nothing};
}

Outcome refuse(const transit::Refusal& refusal) {
  return {transit::errors_of(refusal), {}, Hold::nothing};
}

Outcome refuse(const Error& error) {
  return refuse(transit::refusal_of(error));
}

Outcome answer_twice(const Call& call, transit::Answer answer, std::string_view beside) {
  Reply reply = transit::envelope_of(call, std::move(answer));
  if (beside.size() > 2) {
    SecretBuffer body(beside.substr(0, beside.size() - 1));
    body.push_back(',');
    body.append(reply.body.expose_text().substr(1));
    reply.body = std::move(body);
  }
  return {std::move(reply), {}, Hold::nothing};
}

Route compatible_row(Method method, std::string_view pattern, TokenUse token, Runs runs, Handler handler) {
  Route route;
  route.query = {Route::any};
  route.method = method;
  route.pattern = pattern;
  route.token = token;
  route.runs = runs;
  route.body_limit = kBodyLimit;
  route.handler = std::move(handler);
  return route;
}

void add_write(std::vector<Route>& routes, const Route& row) {
  for (const Method method : {Method::post, Method::put}) {
    routes.push_back(row);
    routes.back().method = method;
  }
}

}  // namespace sluis::gateway::auth
