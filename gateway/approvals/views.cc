#include "gateway/approvals/views.h"

#include <boost/json.hpp>

#include "audit/moment.h"

namespace sluis::gateway::approvals {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& items) {
  json::array out;
  for (const std::string& item : items) out.emplace_back(item);
  return out;
}

}  // namespace

std::string moment_text(std::uint64_t time_us) {
  constexpr std::size_t kToSeconds = 19;
  const auto text = audit::moment_text(time_us);
  return std::string(text.data(), kToSeconds) + 'Z';
}

json::object asked_json(const Approval& approval) {
  return {{"approval", approval.id},
          {"digest", approval.digest},
          {"needs", texts(role_names(missing(approval)))},
          {"expires", moment_text(approval.expires_us)}};
}

json::object row_json(const Approval& approval) {
  return {{"approval", approval.id},
          {"state", name(approval.state)},
          {"action", approval.act.action},
          {"path", approval.act.path},
          {"requester", approval.requester},
          {"needs", texts(role_names(missing(approval)))},
          {"requested", moment_text(approval.requested_us)},
          {"expires", moment_text(approval.expires_us)}};
}

json::object whole_json(const Approval& approval) {
  json::object out = row_json(approval);
  out["digest"] = approval.digest;
  out["method"] = approval.act.method;
  json::array query, approvals;
  for (const auto& [key, value] : approval.act.query) query.push_back(json::array{key, value});
  out["query"] = std::move(query);
  out["body"] = approval.act.body;
  if (!approval.act.body_digest.empty()) out["body_digest"] = approval.act.body_digest;
  out["reason"] = approval.act.reason;
  out["parties"] = texts(role_names(approval.parties));
  for (const Consent& consent : approval.consents) {
    approvals.push_back(json::object{
        {"principal", consent.principal}, {"role", policy::name(consent.role)}, {"at", moment_text(consent.at_us)}});
  }
  out["approvals"] = std::move(approvals);
  if (approval.ended_us != 0) out["ended"] = moment_text(approval.ended_us);
  if (!approval.ended_by.empty()) out["ended_by"] = approval.ended_by;
  if (approval.status != 0) out["status"] = approval.status;
  return out;
}

Reply json_reply(const json::object& object, unsigned status) {
  Reply reply;
  reply.status = status;
  reply.body = SecretBuffer(json::serialize(object));
  return reply;
}

}  // namespace sluis::gateway::approvals
