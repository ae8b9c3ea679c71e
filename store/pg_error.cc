#include "store/pg_error.h"

namespace sluis::store {
namespace {

struct Row {
  std::string_view prefix;
  Error error;
};

// The first prefix that fits decides.
constexpr Row kRows[] = {
    {"23505", {Code::conflict, "a row with this name exists"}},
    {"23503", {Code::conflict, "a row this one refers to is missing"}},
    // The store writes NULL in one place alone: a key version that is below the floor.
    {"23502", {Code::busy, "the key is out of use"}},
    {"40", {Code::unavailable, "the database gave way to concurrent calls too often"}},
    {"08", {Code::unavailable, "the database connection broke"}},
    {"57P", {Code::unavailable, "the database is shutting down or starting"}},
    {"57", {Code::unavailable, "the database took too long"}},
    {"55P03", {Code::unavailable, "a database lock took too long"}},
    {"25006", {Code::unavailable, "the database is read-only"}},
    {"25P03", {Code::unavailable, "a database transaction stood still too long"}},
    {"53", {Code::unavailable, "the database lacks disk, memory or connections"}},
    {"58", {Code::unavailable, "the database's disk fails"}},
    {"28", {Code::unavailable, "the database refuses the gateway's role"}},
    {"3D000", {Code::unavailable, "the database does not exist"}},
    {"42501", {Code::unavailable, "the gateway's role lacks a privilege in the database"}},
    {"42P01", {Code::unavailable, "the store's schema is not in place: run sluisd --migrate"}},
    {"42703", {Code::unavailable, "the store's schema is not in place: run sluisd --migrate"}},
    {"3F000", {Code::unavailable, "the store's schema is not in place: run sluisd --migrate"}},
    {"22021", {Code::invalid, "a text is not UTF-8"}},
    {"22P05", {Code::invalid, "a text does not fit the database's encoding"}},
    {"54", {Code::too_large, "a value is too large for the store"}},
    {"XX001", {Code::corrupt, "the database reports damage"}},
    {"XX002", {Code::corrupt, "the database reports damage"}},
};

}  // namespace

Error postgres_error(std::string_view state) noexcept {
  if (state.empty()) return {Code::unavailable, "the database connection broke"};
  for (const Row& row : kRows) {
    if (state.starts_with(row.prefix)) return row.error;
  }
  return {Code::internal, "unexpected error from the database"};
}

bool is_retryable(std::string_view state) noexcept {
  return state == "40001" || state == "40P01" || state == "55P03";
}

bool ends_session(std::string_view state) noexcept {
  return state == "25006" || state.starts_with("57P") || state.starts_with("08");
}

}  // namespace sluis::store
