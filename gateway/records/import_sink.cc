#include "gateway/records/import_sink.h"

#include <chrono>
#include <thread>
#include <utility>

#include "gateway/records/json_text.h"
#include "gateway/records/seal_again.h"

namespace sluis::gateway {
namespace {

std::uint64_t unix_time_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

void append_member(SecretBuffer& out, std::string_view name, std::uint64_t value) {
  out.append(std::string_view(",\""));
  out.append(name);
  out.append(std::string_view("\":"));
  append_number(out, value);
}

}  // namespace

SecretBuffer json_of(const store::ImportState& state) {
  SecretBuffer out("{\"import\":");
  append_quoted(out, state.import_id);
  append_member(out, "lines_done", state.lines_done);
  append_member(out, "records", state.records);
  append_member(out, "errors", state.errors);
  out.append(std::string_view(state.finished ? ",\"finished\":true}" : ",\"finished\":false}"));
  return out;
}

ImportSink::ImportSink(const RecordParts& parts, Caller caller, store::ImportState state,
                       std::unique_ptr<ImportFormat> format, ImportLimits limits)
    : parts_(parts),
      caller_(std::move(caller)),
      limits_(limits),
      state_(std::move(state)),
      format_(std::move(format)) {}

ImportSink::~ImportSink() {
  abandon();
}

Status ImportSink::feed(std::string_view piece) {
  return format_->feed(piece, *this);
}

Outcome ImportSink::finish() {
  Status status = format_->finish(*this);
  if (status) status = flush(Last::yes);
  if (status) status = settle();
  if (!status) {
    abandon();
    return refuse(status.error());
  }
  Outcome outcome;
  outcome.reply.body = json_of(state_);
  outcome.events = parts_.admin_events.take();
  outcome.hold = outcome.events.empty() ? Hold::nothing : Hold::write;
  return outcome;
}

// What has been handed to the store is finished; the rest is for the client to send again.
void ImportSink::abandon() noexcept {
  if (in_flight_.valid()) in_flight_.wait();
}

Status ImportSink::need_sealer() {
  if (sealer_) return {};
  const auto keys = parts_.keyring.open_or_make(caller_.collection->key_name());
  if (!keys) return keys.error();
  sealer_.emplace(caller_.collection, (*keys)->sealing());
  return {};
}

Status ImportSink::document(const DocumentReader& document) {
  if (const Status ready = need_sealer(); !ready) return ready;
  store::Record record;
  record.line = next_line();
  const auto fault = sealer_->seal(document.id(), unix_time_us(), document.values(), record);
  if (!fault) return fault.error();
  if (*fault) return refused(**fault);
  ++chunk_.lines;
  chunk_.bytes += record.envelope.size() + record.open_fields.size();
  chunk_.records.push_back(std::move(record));
  const bool full = chunk_.records.size() >= limits_.chunk_records || chunk_.bytes >= limits_.chunk_bytes;
  return full ? flush(Last::no) : Status{};
}

Status ImportSink::refused(const Fault& fault) {
  chunk_.errors.push_back({next_line(), std::string(fault.code.view()), fault.field});
  ++chunk_.lines;
  if (state_.errors + chunk_.errors.size() > limits_.errors) {
    return stop(Error{Code::invalid, "too many lines were refused"});
  }
  return chunk_.errors.size() >= limits_.chunk_records ? flush(Last::no) : Status{};
}

// An import of nothing but empty lines moves on too.
Status ImportSink::empty() {
  ++chunk_.lines;
  return chunk_.lines >= std::uint64_t{64} * limits_.chunk_records ? flush(Last::no) : Status{};
}

Status ImportSink::stop(const Error& why) {
  const Status flushed = flush(Last::no);
  const Status settled = flushed ? settle() : flushed;
  return settled ? Status(why) : settled;
}

Status ImportSink::settle() {
  if (!in_flight_.valid()) return {};
  auto written = in_flight_.get();
  in_flight_lines_ = 0;
  if (!written) return written.error();
  state_ = std::move(*written);
  return {};
}

Status ImportSink::flush(Last last) {
  if (const Status settled = settle(); !settled) return settled;
  store::ImportState after = state_;
  after.lines_done += chunk_.lines;
  after.records += chunk_.records.size();
  after.errors += chunk_.errors.size();
  after.finished = last == Last::yes;
  after.updated_us = unix_time_us();
  in_flight_lines_ = chunk_.lines;
  in_flight_ = std::async(std::launch::async, [this, chunk = std::exchange(chunk_, {}), after = std::move(after),
                                               expected = state_.lines_done]() mutable {
    return write(std::move(chunk), after, expected);
  });
  sealer_.reset();
  return {};
}

// Runs beside feed(): touches neither state_ nor chunk_.
Result<store::ImportState> ImportSink::write(Chunk chunk, store::ImportState after, std::uint64_t expected_lines_done) {
  auto result = parts_.store.import_chunk(chunk.records, chunk.errors, after, expected_lines_done);
  if (!result && result.error().code == Code::busy) {
    const auto again = seal_again(chunk);
    if (!again) return again.error();
    if (*again) result = parts_.store.import_chunk(chunk.records, chunk.errors, after, expected_lines_done);
  }
  if (!result) return result.error();
  if (const Status logged = log_chunk(chunk, *result, after); !logged) return logged.error();
  after.records -= result->existing.size();
  after.errors += result->existing.size();
  return after;
}

// For a key that another gateway has taken out of use. False if it is not that.
Result<bool> ImportSink::seal_again(Chunk& chunk) const {
  const std::string& name = caller_.collection->key_name();
  if (chunk.records.empty() || !parts_.keyring.superseded(name, chunk.records.front().key_version)) return false;
  const auto from = parts_.keyring.open_version(name, chunk.records.front().key_version);
  const auto keys = parts_.keyring.open_or_make(name);
  if (!from) return from.error();
  if (!keys) return keys.error();
  for (store::Record& record : chunk.records) {
    const Status sealed = sluis::gateway::seal_again(caller_.collection, **from, (*keys)->sealing(), record);
    if (!sealed) return sealed.error();
  }
  return true;
}

// The chunk's entries: as many as keep each far below what an entry may hold. When the log is halted writes go on.
std::vector<audit::Event> ImportSink::entries_of(const Chunk& chunk, const store::ChunkResult& result,
                                                 const store::ImportState& after) const {
  constexpr std::size_t kRecordsAnEntry = 1000;
  audit::Event event = caller_.event();
  event.count = 0;
  event.key_version = chunk.records.empty() ? 0 : chunk.records.front().key_version;
  event.payload.detail = "import " + after.import_id + ", lines " + std::to_string(after.lines_done - chunk.lines + 1) +
                         " to " + std::to_string(after.lines_done);
  std::vector<audit::Event> events{event};
  auto existing = result.existing.begin();
  for (std::size_t i = 0; i < chunk.records.size(); ++i) {
    if (existing != result.existing.end() && *existing == i) {
      ++existing;
      continue;
    }
    if (events.back().count == kRecordsAnEntry) events.push_back(event);
    const store::Record& record = chunk.records[i];
    events.back().payload.written.push_back({record.id, record.revision, digest_of(record)});
    ++events.back().count;
  }
  return events;
}

Status ImportSink::log_chunk(const Chunk& chunk, const store::ChunkResult& result, const store::ImportState& after) {
  std::vector<audit::Event> events = parts_.admin_events.take();
  for (audit::Event& event : entries_of(chunk, result, after)) events.push_back(std::move(event));
  // One by one: together they could be more than a segment holds.
  for (const audit::Event& event : events) {
    if (const Status logged = log_one(event); !logged) return logged;
  }
  return {};
}

// A log that is only busy is waited for. A write that it does not take for another reason than its halt is not reported
// as done.
Status ImportSink::log_one(const audit::Event& event) const {
  constexpr int kTries = 500;
  constexpr std::chrono::milliseconds kPause{10};
  for (int tries = 0;; ++tries) {
    const auto receipt = parts_.log.append_and_wait({event});
    if (receipt || receipt.error().code == Code::audit_halted) return {};
    if (receipt.error().code != Code::busy || tries == kTries) return receipt.error();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace sluis::gateway
