// Finds the route of a call. A Router is made once from the table of routes and immutable: thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/call.h"
#include "gateway/http/decode.h"

namespace sluis::gateway {

class Router {
 public:
  // Throws std::invalid_argument for a bug in the table: a malformed pattern, a row twice, not exactly one handler.
  explicit Router(std::vector<Route> routes);

  enum class Kind : std::uint8_t { found, no_such_path, no_such_method };
  struct Match {
    Kind kind = Kind::no_such_path;
    const Route* route = nullptr;
    std::size_t index = 0;  // of the route in routes()
    std::vector<std::pair<std::string, std::string>> params;
    std::string allow;  // value of the Allow header, with no_such_method
  };
  // Literal segments go before parameters and verbs before plain ids. HEAD takes the GET route where there is no own.
  Match match(Method method, const Target& target) const;

  const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  struct Piece {
    std::string text;  // the literal, or the parameter's name
    std::string verb;  // "read" of "{collection}:read"
    bool literal = true;
  };
  struct Row {
    std::vector<Piece> pieces;
    std::size_t index = 0;
    unsigned weight = 0;
  };
  static Row compile(const Route& route, std::size_t index);
  static bool fits(const Piece& piece, const Segment& segment);
  static bool fits(const Row& row, const Target& target);
  Match take(const Row& row, const Target& target) const;
  Match mismatch(const Target& target) const;

  std::vector<Route> routes_;
  std::vector<Row> rows_;  // heaviest first
};

}  // namespace sluis::gateway
