#include "gateway/records/export_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/records/json_text.h"
#include "gateway/records/request.h"

namespace sluis::gateway {
namespace {

constexpr std::uint64_t kPage = 256;

std::uint64_t unix_time_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

ExportSource::ExportSource(const RecordParts& parts, Caller caller, std::vector<std::size_t> positions,
                           std::string after)
    : parts_(parts),
      caller_(std::move(caller)),
      release_(caller_, parts_.keyring, std::move(positions)),
      after_(std::move(after)) {}

Reply ExportSource::head() {
  Reply reply;
  reply.content_type = "application/x-ndjson";
  return reply;
}

// No page is larger than what a budget ever allows.
std::uint64_t ExportSource::page_size() const {
  if (!caller_.policy) return kPage;
  const auto limits = caller_.policy->budget(caller_.principal, caller_.collection->name());
  return std::max<std::uint64_t>(1,
                                 std::min({kPage, limits.per_minute.value_or(kPage), limits.per_day.value_or(kPage)}));
}

policy::BudgetAnswer ExportSource::take(std::vector<store::Record>& records) {
  auto answer = take_budget(parts_.budgets, caller_, records.size(), unix_time_us());
  while (!answer.allowed && records.size() > 1) {
    records.resize(records.size() / 2);
    answer = take_budget(parts_.budgets, caller_, records.size(), unix_time_us());
  }
  return answer;
}

Status ExportSource::append_line(const store::Record& record, Piece& piece) {
  const std::size_t before = piece.bytes.size();
  piece.bytes.append(std::string_view("{\"id\":"));
  append_quoted(piece.bytes, record.id);
  const std::size_t fields = piece.bytes.size();
  const auto opened = release_.open(record, {}, piece.bytes, piece.events);
  if (!opened) {
    piece.bytes.resize(before);
    return opened.error();
  }
  if (*opened == Release::Opened::failed) {
    piece.bytes.append(std::string_view(",\"$problem\":\"failed\"}\n"));
    return {};
  }
  // {"id":"…" and {"field":… become one object.
  const bool none = piece.bytes.size() - fields == 2;
  const std::span<std::uint8_t> text = piece.bytes.expose_secret_mutable();
  text[fields] = none ? '}' : ',';
  if (none) piece.bytes.resize(piece.bytes.size() - 1);
  piece.bytes.push_back('\n');
  return {};
}

void ExportSource::end_over_budget(const policy::BudgetAnswer& answer, Piece& piece) {
  piece.bytes.append(std::string_view("{\"$problem\":\"budget spent\",\"retry_after\":"));
  append_number(piece.bytes, answer.retry_after_s);
  piece.bytes.append(std::string_view(",\"after\":"));
  append_quoted(piece.bytes, after_);
  piece.bytes.append(std::string_view("}\n"));
  Outcome refusal = over_budget(caller_, answer, 1);
  piece.events = std::move(refusal.events);
  piece.last = true;
}

Result<Piece> ExportSource::next() {
  Piece piece;
  auto page = parts_.store.scan(caller_.collection->name(), after_, page_size());
  if (!page) return page.error();
  if (page->records.empty()) {
    piece.last = true;
    return piece;
  }
  if (!prepared_) {
    if (const Status ready = release_.prepare(); !ready) return ready.error();
    prepared_ = true;
  }
  const std::size_t found = page->records.size();
  const auto answer = take(page->records);
  if (!answer.allowed) {
    end_over_budget(answer, piece);
    return piece;
  }
  for (const store::Record& record : page->records) {
    const Status appended = append_line(record, piece);
    if (!appended && piece.events.empty()) return appended.error();
    if (!appended) return piece;  // with the entries of what has been opened; the next call meets the error
    after_ = record.id;
  }
  piece.last = !page->more && page->records.size() == found;
  return piece;
}

Streamed RecordService::export_(Call& call) {
  const auto target = collection(call.param("collection"));
  if (!target) return {nullptr, unknown_collection()};
  Request request = Request::read(call.body.expose_text(), {"fields", "after"}, Request::Empty::allowed);
  const auto fields = request.strings("fields", kEnvelopeMaxFields);
  auto after = request.string("after");
  if (request.fault()) return {nullptr, refuse(*request.fault())};
  if (after && !after->empty() && !valid_record_id(*after)) return {nullptr, malformed_id()};
  Caller caller = Caller::of(call, "records.export", target);
  Selection selection = select_fields(*target, call.decision.fields, fields);
  if (auto refusal = refusal_of(selection, caller)) return {nullptr, std::move(*refusal)};
  return {std::make_unique<ExportSource>(parts_, std::move(caller), std::move(selection.positions),
                                         std::move(after).value_or("")),
          std::nullopt};
}

}  // namespace sluis::gateway
