#include "store/pg_arguments.h"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

namespace sluis::store {
namespace {

// Section 34.1.1.1: a value in quotes, with backslashes before quotes and backslashes.
void append_value(std::string& out, std::string_view keyword, std::string_view value) {
  if (!out.empty()) out += ' ';
  out.append(keyword).append("='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

// Section 34.16: any host, port, database and user.
std::string password_line(std::string_view password) {
  std::string out = "*:*:*:*:";
  for (const char c : password) {
    if (c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\n';
}

}  // namespace

Result<PgArguments> pg_arguments(const std::string& dsn) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(PQconninfoParse(dsn.c_str(), &message),
                                                                               PQconninfoFree);
  PQfreemem(message);
  if (!options) return Error{Code::invalid, "the database's connection string is malformed"};
  PgArguments out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "sslpassword") {
      return Error{Code::invalid, "a connection string with sslpassword cannot be given to PostgreSQL's programs"};
    }
    if (keyword == "password") out.password_file = password_line(option->val);
    if (keyword != "password") append_value(out.connection, keyword, option->val);
  }
  return out;
}

}  // namespace sluis::store
