#include "gateway/cli/claims.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string_view>
#include <utility>

#include "gateway/cli/exit.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

using Members = std::map<std::string, std::string>;  // relation -> value as JSON

struct Claim {
  std::string field, relation, value;
};

bool is_number(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  return !error && value.is_number();
}

// Numbers go as they are written: a double would round the long ones.
std::string as_json(const std::string& value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if (quoted) return json::serialize(json::value(value.substr(1, value.size() - 2)));
  return is_number(value) ? value : json::serialize(json::value(value));
}

std::string relation_of(char sign, bool or_equal) {
  if (sign == '=') return "equals";
  return std::string(sign == '>' ? "gt" : "lt") + (or_equal ? "e" : "");
}

Claim parse(const std::string& text) {
  const auto at = text.find_first_of("<>=");
  if (at == 0 || at == std::string::npos) {
    fail(Exit::usage, "--claim is written FIELD=VALUE, FIELD>=VALUE, FIELD<=VALUE, FIELD>VALUE or FIELD<VALUE");
  }
  const bool or_equal = text[at] != '=' && text.compare(at + 1, 1, "=") == 0;
  return {text.substr(0, at), relation_of(text[at], or_equal), as_json(text.substr(at + (or_equal ? 2 : 1)))};
}

void append_object(SecretBuffer& out, const Members& members) {
  char before = '{';
  for (const auto& [name, value] : members) {
    out.push_back(before);
    out.append(json::serialize(json::value(name)));
    out.push_back(':');
    out.append(std::string_view(value));
    before = ',';
  }
  out.push_back('}');
}

}  // namespace

SecretBuffer claims_body(const std::vector<std::string>& claims) {
  std::map<std::string, Members> fields;
  for (const auto& text : claims) {
    Claim claim = parse(text);
    if (fields[claim.field].emplace(claim.relation, std::move(claim.value)).second) continue;
    fail(Exit::usage, "two claims about '" + claim.field + "' with the same sign: ask one at a time");
  }
  SecretBuffer out("{\"claims\":");
  char before = '{';
  for (const auto& [field, members] : fields) {
    out.push_back(before);
    out.append(json::serialize(json::value(field)));
    out.push_back(':');
    append_object(out, members);
    before = ',';
  }
  out.append(std::string_view("}}"));
  return out;
}

}  // namespace sluis::cli
