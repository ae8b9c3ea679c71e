#include "gateway/destruction/certificate.h"

#include <boost/json.hpp>

#include "audit/moment.h"

namespace sluis::gateway::destruction {
namespace {

namespace json = boost::json;

std::string moment(std::uint64_t time_us) {
  const auto text = audit::moment_text(time_us);
  return {text.data(), text.size()};
}

json::array texts(const std::vector<std::string>& items) {
  json::array out;
  for (const std::string& item : items) out.emplace_back(item);
  return out;
}

json::object backups_json(const Facts& facts) {
  json::array needed, newer;
  for (const BackupFact& backup : facts.backups) {
    if (backup.needs) needed.emplace_back(backup.id);
    if (!backup.needs && backup.good) newer.emplace_back(backup.id);
  }
  return {{"needed_it_and_expired", needed}, {"newer_and_drilled", newer}};
}

}  // namespace

json::object to_json(const Certificate& certificate) {
  const hsm::TokenInfo& hsm = certificate.hsm;
  const Facts& facts = certificate.facts;
  return {
      {"certificate", certificate.id},
      {"key", certificate.key},
      {"version", certificate.version},
      {"destroyed", moment(certificate.time_us)},
      {"gateway", certificate.gateway},
      {"log", certificate.origin},
      {"requested_by", certificate.requester},
      {"approved_by", texts(certificate.approved_by)},
      {"approval", certificate.approval},
      {"approval_digest", certificate.approval_digest},
      {"hsm", json::object{{"label", hsm.label},
                           {"manufacturer", hsm.manufacturer},
                           {"model", hsm.model},
                           {"serial", hsm.serial},
                           {"kind", hsm.software ? "software token: its files may have been copied" : "hardware"}}},
      {"found",
       json::object{
           {"records", facts.records}, {"adopted_cells", facts.adopted_cells}, {"data_keys", facts.data_keys}}},
      {"backups", backups_json(facts)},
      {"proof", json::object{{"row_empty", certificate.proof.row_empty},
                             {"object_gone", certificate.proof.object_gone},
                             {"oldest_backup", certificate.proof.oldest_backup},
                             {"backup_outcome", certificate.proof.backup_outcome}}},
  };
}

Result<std::string> sign_certificate(const Certificate& certificate, audit::Signer& signer) {
  const auto key = signer.public_key();
  if (!key) return key.error();
  const std::string text = std::string(kCertificateHead) + '\n' + json::serialize(to_json(certificate)) + '\n';
  return audit::sign_note(text, certificate.origin, *key, signer);
}

Result<json::object> open_certificate(std::string_view note, std::string_view origin, ByteView public_key) {
  constexpr Error malformed{Code::corrupt, "this is no destruction certificate"};
  const auto text = audit::open_note(note, origin, public_key);
  if (!text) return text.error();
  const auto end = text->find('\n');
  if (end == std::string_view::npos || text->substr(0, end) != kCertificateHead) return malformed;
  auto line = text->substr(end + 1);
  if (!line.ends_with('\n')) return malformed;
  line.remove_suffix(1);
  boost::system::error_code error;
  json::value body = json::parse(line, error);
  if (error || !body.is_object()) return malformed;
  return std::move(body.get_object());
}

}  // namespace sluis::gateway::destruction
