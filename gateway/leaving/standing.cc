#include "gateway/leaving/standing.h"

#include <boost/json.hpp>

namespace sluis::gateway::leaving {
namespace {

namespace json = boost::json;

constexpr std::string_view kName = "store";
constexpr std::size_t kMostGateways = 1000;
constexpr std::pair<Standing::State, std::string_view> kStates[] = {
    {Standing::State::moved, "moved"}, {Standing::State::incoming, "incoming"}, {Standing::State::arrived, "arrived"}};

std::string text_of(const json::object& body, std::string_view name) {
  const json::value* const value = body.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t seen_at(const Documents::Found& gateway) {
  const json::value* const at = gateway.body.if_contains("seen_us");
  boost::system::error_code error;
  const auto time = at == nullptr ? 0 : at->to_number<std::uint64_t>(error);
  return error ? 0 : time;
}

}  // namespace

Result<Standing> standing_of(const Documents& documents) {
  const auto row = documents.get(kMoveDocuments, kName);
  if (!row && row.error().code == Code::not_found) return Standing{};
  if (!row) return row.error();
  const std::string state = text_of(row->body, "state");
  for (const auto& [value, name] : kStates) {
    if (state == name) return Standing{value, text_of(row->body, "move"), text_of(row->body, "other"), row->revision};
  }
  return Error{Code::corrupt, "the row that says where the store stands is malformed"};
}

Status put_standing(Documents& documents, const Standing& standing) {
  std::string_view state;
  for (const auto& [value, name] : kStates) {
    if (value == standing.state) state = name;
  }
  const json::object body{{"state", state}, {"move", standing.move}, {"other", standing.other}};
  const auto put = documents.put(kMoveDocuments, kName, body, standing.revision);
  if (!put) return put.error();
  return {};
}

Presence::Presence(Documents& documents, std::string gateway, std::function<std::uint64_t()> now_us)
    : documents_(documents),
      gateway_(std::move(gateway)),
      now_us_(std::move(now_us)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Presence::~Presence() {
  thread_.request_stop();
  thread_.join();
  const auto row = documents_.get(kPresenceDocuments, gateway_);
  // Should it fail, the row says so by its age.
  if (row) static_cast<void>(documents_.remove(kPresenceDocuments, gateway_, row->revision));
}

Status Presence::say() {
  const auto row = documents_.get(kPresenceDocuments, gateway_);
  if (!row && row.error().code != Code::not_found) return row.error();
  const json::object body{{"seen_us", now_us_()}};
  const auto put = documents_.put(kPresenceDocuments, gateway_, body, row ? row->revision : Documents::kNew);
  if (!put) return put.error();
  return {};
}

void Presence::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    static_cast<void>(say());  // a store that is away hears it later
    lock.lock();
    wake_.wait_for(lock, stop, kEvery, [] { return false; });
  }
}

Result<std::vector<std::string>> Presence::others() const {
  const auto rows = documents_.list(kPresenceDocuments, "", kMostGateways);
  if (!rows) return rows.error();
  const std::uint64_t now = now_us_();
  const auto limit = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(kAlive).count());
  std::vector<std::string> out;
  for (const Documents::Found& row : *rows) {
    if (row.name != gateway_ && now < seen_at(row) + limit) out.push_back(row.name);
  }
  return out;
}

}  // namespace sluis::gateway::leaving
