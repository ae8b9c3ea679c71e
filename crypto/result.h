// Errors as values. Expected failures are returned as Result<T>; exceptions are for bugs and for exhausted memory.
// The `what` of an Error is a string literal, so it is safe to log and to send: it never holds data of a call.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace sluis {

// The whole vocabulary. The gateway maps it to HTTP once (gateway/http/problem.h).
enum class Code : std::uint8_t {
  invalid,       // the caller's mistake: malformed or contradictory input              -> 400
  denied,        // policy says no                                                      -> 403
  not_found,     // no such thing                                                       -> 404
  conflict,      // a revision or a unique name did not match                           -> 409 or 412
  too_large,     // over a limit of size, depth or count                                -> 413
  rate_limited,  // a budget is spent                                                   -> 429
  unavailable,   // a part outside (HSM, database) is away; trying later may help       -> 503
  audit_halted,  // the log cannot be written, so nothing may be decrypted              -> 503
  busy,          // a bounded queue or pool is full                                     -> 503
  corrupt,   // authentication failed, or stored bytes are not what they should be  -> 500, or 400 for a caller's bytes
  internal,  // a bug, or a failure of the machine                                  -> 500
};

constexpr std::string_view name(Code code) noexcept;

// `what` refers to a literal of static lifetime. consteval keeps run-time text out of it.
class Literal {
 public:
  template <std::size_t N>
  consteval Literal(const char (&text)[N]) noexcept : text_(text, N - 1) {}  // NOLINT(google-explicit-constructor)
  constexpr std::string_view view() const noexcept { return text_; }

 private:
  std::string_view text_;
};

struct Error {
  Code code;
  Literal what;
};

// Either a value or an Error. Test with `if (!r) return r.error();`, then use `*r` or `r->`.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, error) {}         // NOLINT(google-explicit-constructor)

  explicit operator bool() const noexcept { return state_.index() == 0; }
  const Error& error() const { return std::get<1>(state_); }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(error) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const noexcept { return !error_; }
  const Error& error() const { return error_.value(); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

constexpr std::string_view name(Code code) noexcept {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::denied:
      return "denied";
    case Code::not_found:
      return "not_found";
    case Code::conflict:
      return "conflict";
    case Code::too_large:
      return "too_large";
    case Code::rate_limited:
      return "rate_limited";
    case Code::unavailable:
      return "unavailable";
    case Code::audit_halted:
      return "audit_halted";
    case Code::busy:
      return "busy";
    case Code::corrupt:
      return "corrupt";
    case Code::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace sluis
