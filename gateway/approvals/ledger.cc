#include "gateway/approvals/ledger.h"

#include <algorithm>
#include <boost/json.hpp>

#include "audit/leaf.h"
#include "gateway/keys/key_rows.h"

namespace sluis::gateway::approvals {
namespace {

namespace json = boost::json;

constexpr std::string_view kKind = "approval-ledger";
constexpr std::string_view kName = "ledger";
constexpr int kTries = 50;
constexpr std::uint64_t kStride = 4096;
constexpr std::string_view kMark = "ledger ";
constexpr std::string_view kPolicy = ", policy ";
constexpr Error malformed{Code::corrupt, "the ledger of approvals is malformed"};
constexpr Error put_back{Code::corrupt, "the ledger of approvals was put back or removed outside Sluis"};

json::object to_json(const LedgerState& state) {
  json::array open;
  for (const OpenRequest& one : state.open) {
    open.push_back(json::object{{"id", one.id}, {"requester", one.requester}, {"expires_us", one.expires_us}});
  }
  json::array backups;
  for (const std::string& id : state.backups) backups.emplace_back(id);
  return {{"serial", state.serial},
          {"open", open},
          {"policy", state.policy},
          {"backups", backups},
          {"forgotten_us", state.forgotten_us}};
}

// The row's MAC was good, so that it can only be of another form if Sluis itself wrote it so.
Result<LedgerState> state_from(const json::object& body) {
  try {
    LedgerState out;
    out.serial = body.at("serial").to_number<std::uint64_t>();
    out.policy = body.at("policy").as_string();
    out.forgotten_us = body.at("forgotten_us").to_number<std::uint64_t>();
    for (const json::value& one : body.at("backups").as_array()) out.backups.emplace_back(one.as_string());
    for (const json::value& one : body.at("open").as_array()) {
      out.open.push_back({std::string(one.at("id").as_string()), std::string(one.at("requester").as_string()),
                          one.at("expires_us").to_number<std::uint64_t>()});
    }
    return out;
  } catch (const std::exception&) {
    return malformed;
  }
}

// Entries that carry a mark.
bool marked(std::string_view action) {
  return action.starts_with("approvals.") || action.starts_with("gateway.") || action.starts_with("policy.");
}

Result<std::optional<LedgerState>> mark_of(audit::Log& log, std::uint64_t index) {
  const auto entries = log.read(index, 1, audit::Log::Payloads::opened);
  if (!entries) return entries.error();
  if (entries->empty() || entries->front().payload.empty()) return std::optional<LedgerState>();
  boost::system::error_code error;
  const json::value payload = json::parse(entries->front().payload.expose_text(), error);
  const auto* const object = error ? nullptr : payload.if_object();
  const auto* const detail = object == nullptr ? nullptr : object->if_contains("detail");
  if (detail == nullptr || !detail->is_string()) return std::optional<LedgerState>();
  return mark_in(detail->get_string());
}

}  // namespace

const OpenRequest* LedgerState::find(std::string_view id) const noexcept {
  const auto found = std::find_if(open.begin(), open.end(), [&](const OpenRequest& one) { return one.id == id; });
  return found == open.end() ? nullptr : &*found;
}

void LedgerState::close(std::string_view id) {
  std::erase_if(open, [&](const OpenRequest& one) { return one.id == id; });
}

LedgerState Ledger::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void Ledger::see(const LedgerState& state) {
  const std::lock_guard lock(mutex_);
  if (state.serial > seen_.serial || (state.serial == seen_.serial && seen_.marked)) seen_ = state;
}

Result<Ledger::Row> Ledger::fetch() {
  const auto found = documents_.get(kKind, kName);
  if (!found && found.error().code == Code::not_found) return Row{};
  if (!found) return found.error();
  auto state = state_from(found->body);
  if (!state) return state.error();
  return Row{*std::move(state), found->revision};
}

Result<LedgerState> Ledger::read() {
  auto row = fetch();
  if (!row) return row.error();
  if (row->state.serial < seen().serial) return put_back;
  see(row->state);
  return std::move(row->state);
}

Result<LedgerState> Ledger::write(LedgerState state, std::uint64_t revision) {
  ++state.serial;
  state.marked = false;
  const auto written = documents_.put(kKind, kName, to_json(state), revision);
  if (!written) return written.error();
  see(state);
  return state;
}

Result<LedgerState> Ledger::change(const Change& change) {
  for (int i = 0; i < kTries; ++i) {
    auto row = fetch();
    if (!row) return row.error();
    if (row->state.serial < seen().serial) return put_back;
    if (const Status done = change(row->state); !done) return done.error();
    auto written = write(std::move(row->state), row->revision);
    if (written || written.error().code != Code::conflict) return written;
  }
  return Error{Code::busy, "other gateways change the ledger of approvals all the time"};
}

Result<Ledger::Found> Ledger::mend() {
  for (int i = 0; i < kTries; ++i) {
    const auto row = fetch();
    // A row whose MAC is wrong is left to the operator: nothing is approved or carried out meanwhile.
    if (!row) return row.error();
    LedgerState last = seen();
    if (row->state.serial >= last.serial) {
      see(row->state);
      return Found::sound;
    }
    last.open.clear();
    // A mark in the log names no backups: then those of the row that was put back are better than none.
    if (last.marked) last.backups = row->state.backups;
    if (last.marked) last.forgotten_us = unix_time_us();
    const auto written = write(std::move(last), row->revision);
    if (written) return Found::replaced;
    if (written.error().code != Code::conflict) return written.error();
  }
  return Error{Code::busy, "other gateways change the ledger of approvals all the time"};
}

std::string Ledger::mark() const {
  const LedgerState last = seen();
  return std::string(kMark) + std::to_string(last.serial) + std::string(kPolicy) + last.policy;
}

std::optional<LedgerState> mark_in(std::string_view detail) {
  const auto at = detail.rfind(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = detail.substr(at + kMark.size());
  const auto comma = rest.find(kPolicy);
  if (comma == std::string_view::npos || comma == 0 || comma > 19) return std::nullopt;
  LedgerState out;
  out.marked = true;
  for (const char c : rest.substr(0, comma)) {
    if (c < '0' || c > '9') return std::nullopt;
    out.serial = out.serial * 10 + static_cast<std::uint64_t>(c - '0');
  }
  out.policy = rest.substr(comma + kPolicy.size());
  return out;
}

Status Ledger::recall(audit::Log& log) {
  for (std::uint64_t end = log.size(); end > 0;) {
    const std::uint64_t first = end - std::min(end, kStride);
    std::vector<std::uint64_t> found;
    for (std::uint64_t at = first; at < end;) {
      const auto page = log.read(at, end - at, audit::Log::Payloads::closed);
      if (!page) return page.error();
      if (page->empty()) break;
      for (const auto& entry : *page) {
        const auto leaf = audit::parse_leaf(entry.leaf);
        if (!leaf) return leaf.error();
        if (leaf->event.outcome != audit::Outcome::denied && marked(leaf->event.action)) found.push_back(entry.index);
      }
      at += page->size();
    }
    for (auto index = found.rbegin(); index != found.rend(); ++index) {
      const auto mark = mark_of(log, *index);
      if (!mark) return mark.error();
      if (!*mark) continue;
      see(**mark);
      return {};
    }
    end = first;
  }
  return {};
}

std::uint64_t Ledger::waiting(std::uint64_t now_us) const {
  const LedgerState last = seen();
  return static_cast<std::uint64_t>(
      std::count_if(last.open.begin(), last.open.end(), [&](const auto& one) { return one.expires_us > now_us; }));
}

}  // namespace sluis::gateway::approvals
