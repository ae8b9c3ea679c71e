// An act, exactly as it will be carried out: what a request for approval stores, what approvers read, and what its
// digest stands for. Values and pure functions; thread-safe.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/result.h"
#include "gateway/http/call.h"

namespace sluis::gateway::approvals {

inline constexpr std::size_t kMaxActBody = std::size_t{64} << 10U;      // of a body that is kept
inline constexpr std::size_t kMaxPolicyText = std::size_t{512} << 10U;  // of a proposed policy
inline constexpr std::size_t kMaxReason = 1024;

// Whether approvers read the body, or its digest only, because it holds secrets.
enum class Keep : std::uint8_t { body, digest };

struct Act {
  std::string action;   // of the route
  std::string pattern;  // of the route
  std::string method;
  std::string path;                                        // decoded
  std::vector<std::pair<std::string, std::string>> query;  // sorted
  boost::json::value body;                                 // members sorted; null: none, or not kept
  std::string body_digest;                                 // SHA-256 in hexadecimal of a body that is not kept
  std::string reason;                                      // why it is asked for; no part of the act
  enum class Said : std::uint8_t { apart, in_body } reason_said = Said::apart;  // of this call; not stored
};

// The act that a call asks for. `reason` is a header (Sluis-Reason) or a member of the body, and is taken out of it.
// Error invalid for a body that is no JSON object or a reason that is no text, too_large past the limits above.
Result<Act> act_of(const Call& call, const Route& route, Keep keep);

// The same JSON, members sorted by name at every depth.
boost::json::value canonical(const boost::json::value& value);

// SHA-256, hexadecimal, over the length-prefixed "sluis/approval/1", action, pattern, method, path, number of query
// pairs and each, the body's canonical text or its digest, and the requester.
std::string digest_of(const Act& act, std::string_view requester);

// The body that is carried out: what was approved, and nothing else that the caller's own text may hold.
std::string approved_body(const Act& call, const Act& approved);

boost::json::object to_json(const Act& act);
Result<Act> act_from(const boost::json::object& object);

}  // namespace sluis::gateway::approvals
