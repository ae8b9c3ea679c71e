// POST keys/:key/csr and keys/:key/set-certificate
#include "gateway/transit/api/handlers.h"

namespace sluis::gateway::transit {
namespace {

// The version that a certificate is for: 0 stands for the latest.
std::uint32_t read_version(Params& params) {
  const auto version = params.integer("version");
  if (version < 0 || version > UINT32_MAX) params.refuse({400, "invalid key version"});
  return version < 0 || version > UINT32_MAX ? 0 : static_cast<std::uint32_t>(version);
}

}  // namespace

Outcome sign_request(const Parts& parts, Call& call) {
  Params params(call, {"name", "version", "csr"});
  const std::uint32_t asked = read_version(params);
  const auto request = params.text("csr");
  if (params.refusal()) return refuse(*params.refusal());
  const auto key = open_key(parts, call.param("key"), "signing key not found");
  if (!key) return refuse(key.error());
  const std::string type(name((*key)->attributes.type));
  const bool signs_here = signs((*key)->attributes.type) && !(*key)->attributes.derived;
  if (!signs_here) return refuse({400, "key type " + type + " does not support signing of certificate requests"});
  if (const Status stated = check_stated(**key, call); !stated) return refuse(stated.error());
  const KeyVersion* const version = (*key)->find(asked == 0 ? (*key)->latest() : asked);
  if (version == nullptr) return refuse({400, "no such key version"});
  const auto csr = version->pair->sign_csr(request);
  if (!csr) return refuse(csr.error());
  Answer answer;
  JsonPen pen(answer.data);
  pen.open_object().name("name").text((*key)->name).name("type").text(type).name("csr").text(*csr).close_object();
  answer.warnings = params.warnings();
  Outcome outcome = answered(call, std::move(answer));
  hold_for(event_of("transit.csr", (*key)->name, version->number), outcome);
  return outcome;
}

Outcome set_certificate(const Parts& parts, Call& call) {
  Params params(call, {"name", "version", "certificate_chain"});
  const std::uint32_t version = read_version(params);
  const auto chain = params.text("certificate_chain");
  if (chain.empty()) params.refuse({400, "missing certificate_chain"});
  if (params.refusal()) return refuse(*params.refusal());
  auto change = parts.keys.set_certificate(call.param("key"), version, chain);
  if (!change) return refuse_unless_found(change.error(), "encryption key not found");
  Outcome outcome{no_content(), {}, Hold::nothing};
  hold_for(std::move(change->event), outcome);
  return outcome;
}

}  // namespace sluis::gateway::transit
