#include "tests/unit/approvals/world.h"

#include <stdexcept>

#include "store/sqlite_store.h"

namespace sluis::gateway::approvals {
namespace {

std::string hex(ByteView bytes) {
  return "X'" + to_hex(bytes) + "'";
}

std::string principal(std::string_view name, std::string_view role) {
  return "[[principal]]\nname = \"" + std::string(name) + "\"\nuri = \"urn:sluis:" + std::string(name) +
         "\"\nroles = [\"" + std::string(role) + "\"]\n";
}

}  // namespace

std::string officers(std::string_view without, std::string_view decides) {
  std::string out;
  for (const auto* const name : {"officer-1", "officer-2", "officer-3"}) {
    if (name != without) out += principal(name, "security-officer");
  }
  if (without != "custodian-1") out += principal("custodian-1", "key-custodian");
  out += principal("auditor-1", "auditor") + principal("operator-1", "operator");
  out += "[[grant]]\nname = \"decides\"\nto = [\"" + std::string(decides) +
         "\", \"role:key-custodian\"]\nactions = [\"approvals.*\"]\n";
  out +=
      "[[grant]]\nname = \"acts\"\nto = [\"role:security-officer\"]\nactions = [\"policy.*\", \"rollovers.start\"]\n";
  return out;
}

void ApprovalWorld::SetUp() {
  World::SetUp();
  if (IsSkipped()) return;
  auto rows = store::open_sqlite({database(), 2});
  if (!rows) throw std::runtime_error("no store");
  rows_ = *std::move(rows);
  auto governance = Governance::open(*rows_, token(), 1);
  if (!governance) throw std::runtime_error("no governance key");
  governance_ = std::make_unique<Governance>(*std::move(governance));
  documents_ = std::make_unique<Documents>(*rows_, *governance_);
  use_policy(officers());
  one_ = gateway();
}

std::unique_ptr<Gateway> ApprovalWorld::gateway(Settings settings) {
  return std::make_unique<Gateway>(*documents_, log(), settings);
}

Actor ApprovalWorld::actor(std::string_view name) {
  const auto* const who = policy().principal_named(name);
  if (who == nullptr) throw std::runtime_error("no such principal");
  return {*who, policy(), now};
}

Act ApprovalWorld::act(std::string_view path) {
  Act out;
  out.action = "rollovers.start";
  out.pattern = "/v1/things/{thing}:break";
  out.method = "POST";
  out.path = path;
  out.reason = "because";
  return out;
}

Approval ApprovalWorld::asked(Role second, std::string_view path) {
  auto made = one().approvals.ask(act(path), {Role::security_officer, second}, actor("officer-1"));
  if (!made) throw std::runtime_error(std::string(made.error().what.view()));
  return made->approval;
}

Approval ApprovalWorld::approved(std::string_view path) {
  const Approval approval = asked(Role::security_officer, path);
  auto done = one().approvals.approve(approval.id, approval.digest, actor("officer-2"));
  if (!done) throw std::runtime_error(std::string(done.error().what.view()));
  return done->approval;
}

store::Document ApprovalWorld::row(std::string_view kind, std::string_view name) {
  auto found = rows_->get_document(kind, name);
  if (!found) throw std::runtime_error(std::string(found.error().what.view()));
  return *std::move(found);
}

void ApprovalWorld::remove_row(std::string_view kind, std::string_view name) {
  sql("DELETE FROM documents WHERE kind = '" + std::string(kind) + "' AND name = '" + std::string(name) + "'");
}

void ApprovalWorld::put_back(const store::Document& row) {
  remove_row(row.kind, row.name);
  sql("INSERT INTO documents (kind, name, revision, body, mac) VALUES ('" + row.kind + "', '" + row.name + "', " +
      std::to_string(row.revision) + ", CAST(" + hex(bytes_of(row.body)) + " AS TEXT), " + hex(row.mac) + ")");
}

}  // namespace sluis::gateway::approvals
