#include "gateway/transit/api/service.h"

#include <algorithm>

namespace sluis::gateway::transit {
namespace {

constexpr Error kSoftDeleted{Code::invalid, "the key is soft-deleted"};
constexpr std::size_t kLongestKeyName = 128;

bool word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

bool valid_key_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kLongestKeyName || !word(name.front()) || !word(name.back())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return word(c) || c == '-' || c == '.'; });
}

Outcome refuse(Refusal refusal) {
  return {errors_of(refusal), {}, Hold::nothing};
}

Outcome refuse(const Error& error) {
  Outcome out = refuse(refusal_of(error));
  if (error.code == Code::unavailable || error.code == Code::busy) out.reply.headers.emplace_back("Retry-After", "2");
  return out;
}

Outcome refuse_unless_found(const Error& error, std::string_view what_is_missing) {
  if (error.code != Code::not_found) return refuse(error);
  return refuse(Refusal{400, std::string(what_is_missing)});
}

Outcome not_allowed(std::string_view action, std::string_view key) {
  Outcome out = refuse(Refusal{403, "permission denied"});
  out.events.push_back(event_of(action, key));
  out.events.back().outcome = audit::Outcome::denied;
  return out;
}

Outcome exports_refused(std::string_view action, std::string_view key) {
  Outcome out = not_allowed(action, valid_key_name(key) ? key : std::string_view{});
  out.events.back().payload.detail = "transit.allow_export is not set";
  return out;
}

Outcome answered(const Call& call, Answer answer) {
  Outcome out;
  out.reply = envelope_of(call, std::move(answer));
  return out;
}

Result<TransitKeys::Key> open_key(const Parts& parts, std::string_view name, Literal missing) {
  if (!valid_key_name(name)) return Error{Code::invalid, missing};
  auto key = parts.keys.open(name);
  if (!key && key.error().code == Code::not_found) return Error{Code::invalid, missing};
  if (key && (*key)->attributes.soft_deleted) return kSoftDeleted;
  return key;
}

Status still_fits(const TransitKey& now, const TransitKey& before) {
  if (now.attributes.soft_deleted) return kSoftDeleted;
  const Attributes &a = now.attributes, &b = before.attributes;
  if (a.type == b.type && a.derived == b.derived && a.convergent == b.convergent) return {};
  return Error{Code::invalid, "the key was replaced by one of another kind"};
}

Status check_stated(const TransitKey& key, const Call& call) {
  if (key.attributes.purpose_required && call.purpose.empty()) {
    return Error{Code::invalid, "this key is used for stated purposes only: header Sluis-Purpose is missing"};
  }
  if (key.attributes.case_required && call.case_reference.empty()) {
    return Error{Code::invalid, "this key is used with a case reference only: header Sluis-Case is missing"};
  }
  return {};
}

std::optional<Refusal> refusal_to_encrypt(const TransitKey& key) {
  if (key.attributes.soft_deleted) return Refusal{400, std::string(kSoftDeleted.what.view())};
  if (encrypts(key.attributes.type)) return std::nullopt;
  return Refusal{400, "message encryption not supported for key type " + std::string(name(key.attributes.type))};
}

std::optional<Refusal> refusal_to_decrypt(const TransitKey& key) {
  if (key.attributes.soft_deleted) return Refusal{400, std::string(kSoftDeleted.what.view())};
  if (encrypts(key.attributes.type)) return std::nullopt;
  return Refusal{400, "message decryption not supported for key type " + std::string(name(key.attributes.type))};
}

bool granted(const Call& call, std::string_view action, std::string_view key) {
  if (call.principal == nullptr || !call.policy) return false;
  policy::Request request;
  request.principal = call.principal;
  request.action = action;
  request.key = key;
  request.purpose = call.purpose;
  request.case_reference = call.case_reference;
  return call.policy->decide(request).allowed;
}

audit::Event event_of(std::string_view action, std::string_view key, std::uint32_t version) {
  audit::Event event;
  event.action = action;
  if (!key.empty()) event.key = "transit/" + std::string(key);
  event.key_version = version;
  return event;
}

void note_use(const Parts& parts, const Call& call, audit::Event event, std::uint64_t items, Outcome& outcome) {
  if (items == 0) return;
  if (parts.settings.log_encrypts == Settings::Log::summary) {
    const std::string_view principal = call.principal == nullptr ? std::string_view("-") : call.principal->name;
    parts.summary.count(principal, event.action, event.key, items);
    return;
  }
  event.count = items;
  hold_for(std::move(event), outcome);
}

void hold_for(std::optional<audit::Event> event, Outcome& outcome) {
  if (!event) return;
  outcome.events.push_back(*std::move(event));
  if (outcome.hold == Hold::nothing) outcome.hold = Hold::write;
}

}  // namespace sluis::gateway::transit
