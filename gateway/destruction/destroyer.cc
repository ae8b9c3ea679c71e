#include "gateway/destruction/destroyer.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "crypto/hash.h"

namespace sluis::gateway::destruction {
namespace {

namespace json = boost::json;

constexpr std::string_view kKind = "certificate";

Result<std::string> new_id(std::uint64_t now_us) {
  std::array<std::uint8_t, 4> random{};
  if (const Status drawn = random_bytes(random); !drawn) return drawn.error();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%014llx-", static_cast<unsigned long long>(now_us));
  return text.data() + to_hex(random);
}

// Neither listed nor usable: both are asked anew of the token.
bool object_gone(hsm::Token& token, std::uint32_t version) {
  const auto keys = token.list();
  if (!keys) return false;
  const bool listed = std::any_of(keys->begin(), keys->end(), [&](const hsm::KeyInfo& key) {
    return key.kind == hsm::KeyKind::master && key.version == version;
  });
  const auto probe = SecretKey::copy_of(bytes_of("is it still there?"));
  if (listed || !probe) return false;
  const auto used = token.wrap(version, bytes_of("sluis/destruction"), *probe);
  return !used && used.error().code == Code::not_found;
}

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(name);
}

}  // namespace

Result<std::vector<Blocker>> Destroyer::blockers(std::string_view key, std::uint32_t version, std::uint64_t now_us) {
  const auto facts = gather(parts_.sources, key, version, now_us);
  if (!facts) return facts.error();
  return destruction::blockers(*facts);
}

Result<std::uint64_t> Destroyer::schedule(std::string_view key, std::uint32_t version, std::string_view by,
                                          std::uint64_t now_us) {
  const auto waiting = static_cast<std::uint64_t>(parts_.waiting_time(key).count()) * 1'000'000;
  const Status done = parts_.sources.keys.schedule_destruction(key, version, now_us + waiting, by);
  if (!done) return done.error();
  return now_us + waiting;
}

Status Destroyer::withdraw(std::string_view key, std::uint32_t version, std::string_view by) {
  return parts_.sources.keys.withdraw_destruction(key, version, by);
}

Result<Proof> Destroyer::prove(const Facts& facts) {
  constexpr Error not_proven{Code::unavailable, "the key was destroyed, but that could not be proven: see the log"};
  Proof proof;
  if (facts.key == kMasterName) {
    proof.object_gone = object_gone(parts_.token, facts.version);
    if (!proof.object_gone) return not_proven;
  } else {
    const auto row = parts_.sources.store.get_key(facts.key);
    if (!row) return not_proven;
    proof.row_empty = std::all_of(row->versions.begin(), row->versions.end(), [&](const store::KeyVersion& version) {
      return version.version != facts.version ||
             (version.state == store::KeyState::destroyed && version.wrapped.empty());
    });
    if (!proof.row_empty) return not_proven;
  }
  const auto generations = Generations(parts_.sources.documents).list();
  if (!generations) return not_proven;
  for (const Generation& generation : *generations) {  // the oldest first
    if (!needs(generation, facts.key, facts.version)) continue;
    proof.oldest_backup = generation.manifest.id;
    proof.backup_outcome = parts_.try_backup ? parts_.try_backup(generation) : "not tried";
    break;
  }
  return proof;
}

Result<Destroyed> Destroyer::destroy(std::string_view key, std::uint32_t version, const Word& word,
                                     std::uint64_t now_us) {
  constexpr Error not_certified{Code::unavailable, "the key was destroyed, but the certificate could not be made"};
  const std::lock_guard lock(one_at_a_time_);
  auto facts = gather(parts_.sources, key, version, now_us);
  if (!facts) return facts.error();
  if (!destruction::blockers(*facts).empty())
    return Error{Code::conflict, "something stands in the way: ask for its blockers"};
  auto id = new_id(now_us);
  if (!id) return id.error();
  auto hsm = parts_.token.probe();
  if (!hsm) return hsm.error();
  const Status gone = parts_.sources.keys.destroy_version(key, version, word.requester);
  if (!gone) return gone.error();
  auto proof = prove(*facts);
  if (!proof) return proof.error();
  const Certificate certificate{*std::move(id),  facts->key,        version,          now_us,         parts_.gateway,
                                parts_.origin,   word.approval,     word.digest,      word.requester, word.approved_by,
                                *std::move(hsm), *std::move(facts), *std::move(proof)};
  auto note = sign_certificate(certificate, parts_.signer);
  if (!note) return not_certified;
  const auto kept = parts_.sources.documents.put(kKind, certificate.id, {{"note", *note}}, Documents::kNew);
  if (!kept) return not_certified;
  return Destroyed{to_json(certificate), *std::move(note)};
}

Result<std::vector<Destroyer::Kept>> Destroyer::certificates(std::string_view after, std::size_t limit) {
  const auto rows = parts_.sources.documents.list(kKind, after, limit);
  if (!rows) return rows.error();
  std::vector<Kept> out;
  for (const auto& row : *rows) {
    const auto* const note = member(row.body, "note");
    if (note == nullptr || !note->is_string()) return Error{Code::corrupt, "a certificate's row is malformed"};
    out.push_back({row.name, std::string(note->get_string())});
  }
  return out;
}

Result<Destroyer::Kept> Destroyer::certificate(std::string_view id) {
  constexpr Error missing{Code::not_found, "there is no such certificate"};
  if (id.empty() || id.size() > 32) return missing;
  const auto row = parts_.sources.documents.get(kKind, id);
  if (!row) return row.error().code == Code::not_found ? missing : row.error();
  const auto* const note = member(row->body, "note");
  if (note == nullptr || !note->is_string()) return Error{Code::corrupt, "a certificate's row is malformed"};
  return Kept{row->name, std::string(note->get_string())};
}

}  // namespace sluis::gateway::destruction
