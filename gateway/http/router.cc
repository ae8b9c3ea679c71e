#include "gateway/http/router.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "gateway/http/method.h"

namespace sluis::gateway {

namespace {

[[noreturn]] void bug(const Route& route, const char* what) {
  throw std::invalid_argument(std::string(name(route.method)) + " " + route.pattern + ": " + what);
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  std::set<std::pair<Method, std::string>> seen;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto& route = routes_[i];
    if ((route.handler ? 1 : 0) + (route.sink ? 1 : 0) + (route.source ? 1 : 0) + (route.group ? 1 : 0) != 1) {
      bug(route, "exactly one of handler, sink, source and group must be set");
    }
    if (route.group && route.runs != Runs::worker) bug(route, "groups are handled by workers");
    if (!seen.emplace(route.method, route.pattern).second) bug(route, "twice in the table");
    rows_.push_back(compile(route, i));
  }
  std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.weight > b.weight; });
}

Router::Row Router::compile(const Route& route, std::size_t index) {
  Row row;
  row.index = index;
  std::string_view rest = route.pattern;
  if (rest.empty() || rest.front() != '/') bug(route, "a pattern starts with a slash");
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('/'), rest.size());
    auto segment = rest.substr(0, end);
    rest.remove_prefix(end);
    Piece piece;
    if (const auto colon = segment.rfind(':'); colon != std::string_view::npos) {
      piece.verb = segment.substr(colon + 1);
      segment = segment.substr(0, colon);
      if (piece.verb.empty() || !rest.empty()) bug(route, "a verb stands at the end");
    }
    if (!segment.empty() && segment.front() == '{') {
      if (segment.size() < 3 || segment.back() != '}') bug(route, "malformed parameter");
      piece.literal = false;
      segment = segment.substr(1, segment.size() - 2);
    }
    if (segment.empty()) bug(route, "empty segment");
    piece.text = segment;
    row.weight = row.weight * 4 + (piece.literal ? 2U : 0U) + (piece.verb.empty() ? 0U : 1U);
    row.pieces.push_back(std::move(piece));
  }
  return row;
}

bool Router::fits(const Piece& piece, const Segment& segment) {
  std::string_view text = segment.text;
  if (!piece.verb.empty()) {
    if (segment.verb == std::string::npos || text.substr(segment.verb + 1) != piece.verb) return false;
    text = text.substr(0, segment.verb);
  }
  return piece.literal ? text == piece.text : !text.empty();
}

bool Router::fits(const Row& row, const Target& target) {
  if (row.pieces.size() != target.segments.size()) return false;
  for (std::size_t i = 0; i < row.pieces.size(); ++i) {
    if (!fits(row.pieces[i], target.segments[i])) return false;
  }
  return true;
}

Router::Match Router::take(const Row& row, const Target& target) const {
  Match match;
  match.kind = Kind::found;
  match.index = row.index;
  match.route = &routes_[row.index];
  for (std::size_t i = 0; i < row.pieces.size(); ++i) {
    const auto& piece = row.pieces[i];
    if (piece.literal) continue;
    const auto& segment = target.segments[i];
    match.params.emplace_back(piece.text, piece.verb.empty() ? segment.text : segment.text.substr(0, segment.verb));
  }
  return match;
}

Router::Match Router::match(Method method, const Target& target) const {
  const Row* as_get = nullptr;
  for (const auto& row : rows_) {
    const auto& route = routes_[row.index];
    if (route.method == method && fits(row, target)) return take(row, target);
    if (method != Method::head || as_get != nullptr) continue;
    if (route.method == Method::get && route.handler && fits(row, target)) as_get = &row;
  }
  if (as_get != nullptr) return take(*as_get, target);
  return mismatch(target);
}

// No route takes the method: is it the path, or the method?
Router::Match Router::mismatch(const Target& target) const {
  std::set<std::string> allow;
  for (const auto& row : rows_) {
    if (!fits(row, target)) continue;
    const auto& route = routes_[row.index];
    allow.emplace(name(route.method));
    if (route.method == Method::get && route.handler) allow.emplace(name(Method::head));
  }
  Match none;
  if (allow.empty()) return none;
  none.kind = Kind::no_such_method;
  for (const auto& one : allow) none.allow += (none.allow.empty() ? "" : ", ") + one;
  return none;
}

}  // namespace sluis::gateway
