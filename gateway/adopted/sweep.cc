#include "gateway/adopted/sweep.h"

#include <algorithm>
#include <boost/json.hpp>
#include <future>
#include <utility>

#include "crypto/hash.h"

namespace sluis::gateway::adopted {
namespace {

namespace json = boost::json;
using rollover::Begun;
using rollover::Chunk;
using rollover::Grip;
using rollover::Prepared;
using rollover::Progress;
using rollover::Verdict;

constexpr std::size_t kFaultsAnEntry = 500;
constexpr std::size_t kRecoverPage = 1000;
constexpr std::chrono::milliseconds kAskAgain{1100};
constexpr std::size_t kLeastSwaps = 200;  // of a connection of its own

}  // namespace

std::string cursor_of(const std::vector<std::string>& key) {
  return key.empty() ? std::string() : json::serialize(json::array(key.begin(), key.end()));
}

Result<std::vector<std::string>> key_at(std::string_view cursor) {
  std::vector<std::string> out;
  if (cursor.empty()) return out;
  boost::system::error_code error;
  const json::value value = json::parse(cursor, error);
  if (error || !value.is_array()) return Error{Code::corrupt, "the cursor of a sweep is malformed"};
  for (const json::value& part : value.get_array()) {
    if (!part.is_string()) return Error{Code::corrupt, "the cursor of a sweep is malformed"};
    out.emplace_back(part.get_string());
  }
  return out;
}

Result<transit::TransitKeys::Key> fresh_key(transit::TransitKeys& keys, const std::string& name) {
  auto key = keys.open(name);
  if (!key) return key;
  // A version that is not there yet has the store asked.
  key = keys.open_for(name, (*key)->latest() + 1);
  if (!key) return key;
  if ((*key)->attributes.soft_deleted) return Error{Code::invalid, "the Transit key is soft-deleted"};
  if (!transit::encrypts((*key)->attributes.type)) return Error{Code::invalid, "the Transit key encrypts nothing"};
  return key;
}

TableSweep::TableSweep(SweepParts parts, Declaration declaration, std::unique_ptr<store::CipherTable> table)
    : parts_(std::move(parts)), declaration_(std::move(declaration)), table_(std::move(table)) {}

// Gateways that have not heard of the newest version yet still encrypt under the one before: the sweep waits for them.
Result<Prepared> TableSweep::prepare(const Grip& /*grip*/, Progress& progress) {
  const auto key = fresh_key(parts_.keys, declaration_.transit_key);
  if (!key) return key.error();
  // The store is asked no more than once a second: what was answered may be as old.
  if (progress.to == 0 && !std::exchange(asked_, true)) return Prepared{false, kAskAgain, {}};
  if (progress.to == 0) progress.to = (*key)->latest();
  const transit::KeyVersion* const version = (*key)->find(progress.to);
  if (version == nullptr) return Error{Code::invalid, "the key version is not there any more"};
  const std::uint64_t known =
      version->created_us +
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(parts_.settle).count());
  const std::uint64_t now = parts_.now_us();
  if (now < known) {
    const auto wait = std::chrono::microseconds(static_cast<std::int64_t>(known - now));
    return Prepared{false, std::chrono::ceil<std::chrono::milliseconds>(wait), {}};
  }
  const auto counts = table_->count_versions();
  if (!counts) return counts.error();
  progress.total = 0;
  for (const auto& [each, count] : *counts) progress.total += each != 0 && each < progress.to ? count : 0;
  return Prepared{true, {}, {}};
}

Result<Begun> TableSweep::begin(const Grip& grip, const Progress& progress) {
  to_ = progress.to;
  auto key = fresh_key(parts_.keys, declaration_.transit_key);
  if (!key) return key.error();
  if ((*key)->find(to_) == nullptr) return Error{Code::invalid, "the key version is not there any more"};
  key_ = *std::move(key);
  auto after = key_at(progress.cursor);
  if (!after) return after.error();
  Begun begun;
  if (const Status told = recover(grip, progress, begun); !told) return told.error();
  const CellPages::Source source{*table_, declaration_, key_, to_, parts_.threads};
  pages_ = std::make_unique<CellPages>(source, *std::move(after), grip.items);
  begun.ahead = cursor_of(pages_->ahead());
  return begun;
}

// A process that was killed between the table and the log has left cells that the log does not know in their new form.
// Others are the application's own: saying so does no harm.
Status TableSweep::recover(const Grip& grip, const Progress& progress, Begun& begun) {
  auto after = key_at(progress.cursor);
  const auto until = key_at(progress.ahead);
  if (!after) return after.error();
  if (!until) return until.error();
  if (until->empty() || *after == *until) return {};
  for (;;) {
    const auto page = table_->scan_done(*after, *until, "vault:v" + std::to_string(to_) + ':', kRecoverPage);
    if (!page) return page.error();
    if (page->rows() == 0) return {};
    audit::Event event = event_of(grip);
    event.count = page->rows();
    Bytes keys;
    for (std::size_t row = 0; row < page->rows(); ++row) append_prefixed(keys, bytes_of(cursor_of(key_of(*page, row))));
    *after = key_of(*page, page->rows() - 1);
    event.payload.detail = declaration_.place() + ": found after an interruption, keys " + to_hex(sha256(keys));
    begun.events.push_back(std::move(event));
    if (page->rows() < kRecoverPage) return {};
  }
}

audit::Event TableSweep::event_of(const Grip& grip) const {
  audit::Event event;
  event.principal = grip.by;
  event.action = "rollovers.sweep";
  event.key = std::string("transit/") + declaration_.transit_key;
  event.key_version = to_;
  event.request = grip.request;
  return event;
}

// Several connections, for one is one core of the server.
Result<std::vector<store::Swapped>> TableSweep::write(const std::vector<store::RowSwap>& swaps) {
  const std::size_t parts = std::clamp<std::size_t>(swaps.size() / kLeastSwaps, 1, parts_.writers);
  const std::span<const store::RowSwap> all(swaps);
  std::vector<std::future<Result<std::vector<store::Swapped>>>> written;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t begin = all.size() * i / parts;
    const auto part = all.subspan(begin, all.size() * (i + 1) / parts - begin);
    written.push_back(std::async(std::launch::async, [this, part] { return table_->swap(part); }));
  }
  std::vector<store::Swapped> out;
  std::optional<Error> failed;
  for (auto& each : written) {
    auto part = each.get();
    if (!part) failed.emplace(part.error());
    if (part) out.insert(out.end(), part->begin(), part->end());
  }
  if (failed) return *failed;
  return out;
}

Result<Chunk> TableSweep::next(const Grip& grip) {
  auto page = pages_->take(grip.items);
  if (!page) return page.error();
  const std::size_t width = declaration_.cell_columns.size();
  std::vector<std::string_view> after(page->renewed.begin(), page->renewed.end());
  std::vector<store::RowSwap> swaps;
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < page->rows.rows(); ++row) {
    const auto cells = std::span(after).subspan(row * width, width);
    if (std::all_of(cells.begin(), cells.end(), [](std::string_view cell) { return cell.empty(); })) continue;
    swaps.push_back({page->rows.keys(row), page->rows.cells(row), cells});
    rows.push_back(row);
  }
  const auto cells = static_cast<std::uint64_t>(
      std::count_if(after.begin(), after.end(), [](std::string_view cell) { return !cell.empty(); }));
  const auto taken = parts_.keys.take_use(*key_, to_, cells);
  if (!taken) return taken.error();
  if (*taken == transit::UseAnswer::refused) {
    return Error{Code::invalid, "the key version has reached its limit of encryptions: rotate the key"};
  }
  const auto swapped =
      swaps.empty() ? Result<std::vector<store::Swapped>>(std::vector<store::Swapped>()) : write(swaps);
  if (!swapped) return swapped.error();
  Chunk chunk;
  chunk.end = page->last;
  std::vector<std::size_t> written;
  for (std::size_t i = 0; i < swaps.size(); ++i) {
    const auto made = static_cast<std::uint64_t>(std::count_if(swaps[i].after.begin(), swaps[i].after.end(),
                                                               [](std::string_view cell) { return !cell.empty(); }));
    if ((*swapped)[i] == store::Swapped::yes) written.push_back(rows[i]);
    if ((*swapped)[i] == store::Swapped::yes) chunk.rewritten += made;
    if ((*swapped)[i] == store::Swapped::overtaken) chunk.changed += made;
    if ((*swapped)[i] == store::Swapped::refused) page->faults.push_back({rows[i], 0, "the table refuses a new cell"});
  }
  log_written(grip, *page, written, chunk);
  log_faults(grip, *page, chunk);
  if (page->rows.rows() != 0) chunk.cursor = cursor_of(key_of(page->rows, page->rows.rows() - 1));
  chunk.ahead = chunk.end ? chunk.cursor : cursor_of(pages_->ahead());
  if (chunk.end) pages_.reset();
  return chunk;
}

void TableSweep::log_written(const Grip& grip, const CellPage& page, const std::vector<std::size_t>& rows,
                             Chunk& chunk) const {
  if (rows.empty()) return;
  audit::Event event = event_of(grip);
  event.count = chunk.rewritten;
  Bytes keys;
  for (const std::size_t row : rows) append_prefixed(keys, bytes_of(cursor_of(key_of(page.rows, row))));
  event.payload.detail =
      declaration_.place() + ": " + std::to_string(rows.size()) + " rows, keys " + to_hex(sha256(keys));
  chunk.events.push_back(std::move(event));
}

void TableSweep::log_faults(const Grip& grip, const CellPage& page, Chunk& chunk) const {
  chunk.faults = page.faults.size();
  for (std::size_t i = 0; i < page.faults.size(); ++i) {
    const CellFault& fault = page.faults[i];
    if (i % kFaultsAnEntry == 0) {
      chunk.events.push_back(event_of(grip));
      chunk.events.back().outcome = audit::Outcome::failed;
      chunk.events.back().count = 0;
      chunk.events.back().payload.detail = declaration_.place() + ": left alone:";
    }
    audit::Event& event = chunk.events.back();
    event.payload.detail += ' ' + cursor_of(key_of(page.rows, fault.row)) + ' ' +
                            declaration_.cell_columns[fault.column] + " (" + std::string(fault.why.view()) + ")";
    ++event.count;
  }
}

// The server's own scan of every cell. What is no ciphertext at all is not under an old key: it is named, not counted.
Result<Verdict> TableSweep::verify(const Grip& grip, const Progress& progress) {
  const auto counts = table_->count_versions();
  if (!counts) return counts.error();
  to_ = progress.to;
  Verdict verdict;
  std::string told;
  for (const auto& [version, count] : *counts) {
    verdict.left += version != 0 && version < progress.to ? count : 0;
    told += (told.empty() ? "" : ", ") +
            (version == 0 ? std::string("no ciphertext") : "version " + std::to_string(version)) + ": " +
            std::to_string(count);
  }
  audit::Event event = event_of(grip);
  event.count = verdict.left;
  event.outcome = verdict.left == 0 ? audit::Outcome::ok : audit::Outcome::failed;
  event.payload.detail = declaration_.place() + ": scanned: " + (told.empty() ? "no cell" : told);
  verdict.events.push_back(std::move(event));
  return verdict;
}

}  // namespace sluis::gateway::adopted
