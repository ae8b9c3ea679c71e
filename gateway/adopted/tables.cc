#include "gateway/adopted/tables.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace sluis::gateway::adopted {
namespace {

namespace json = boost::json;

constexpr std::size_t kSampleRows = 200;
constexpr std::size_t kFaultsShown = 20;
constexpr std::size_t kPage = 1000;
constexpr std::string_view kTransit = "transit/";

json::object body_of(const Declared& declared) {
  json::object body = to_json(declared.declaration);
  body["sample"] = json::object{{"cells", declared.sample.cells},
                                {"opened", declared.sample.opened},
                                {"faults", json::array(declared.sample.faults.begin(), declared.sample.faults.end())}};
  return body;
}

Result<Declared> declared_of(const Documents::Found& found) {
  constexpr Error kMalformed{Code::corrupt, "the row of an adopted table is malformed"};
  auto declaration = declaration_of(found.body);
  if (!declaration) return declaration.error();
  if (declaration->name != found.name) return kMalformed;
  Declared out{*std::move(declaration), {}, found.revision};
  const json::value* const sample = found.body.if_contains("sample");
  if (sample == nullptr || !sample->is_object()) return kMalformed;
  const json::value* const cells = sample->get_object().if_contains("cells");
  const json::value* const opened = sample->get_object().if_contains("opened");
  const json::value* const faults = sample->get_object().if_contains("faults");
  if (cells == nullptr || opened == nullptr || faults == nullptr || !faults->is_array()) return kMalformed;
  boost::system::error_code error;
  out.sample.cells = cells->to_number<std::uint64_t>(error);
  if (!error) out.sample.opened = opened->to_number<std::uint64_t>(error);
  if (error) return kMalformed;
  for (const json::value& fault : faults->get_array()) {
    if (!fault.is_string()) return kMalformed;
    out.sample.faults.emplace_back(fault.get_string());
  }
  return out;
}

bool same_cells(const Declaration& a, const Declaration& b) {
  if (a.source != b.source || a.schema != b.schema || a.table != b.table) return false;
  return std::any_of(a.cell_columns.begin(), a.cell_columns.end(), [&](const std::string& column) {
    return std::find(b.cell_columns.begin(), b.cell_columns.end(), column) != b.cell_columns.end();
  });
}

}  // namespace

Result<std::vector<Declared>> Tables::list(std::string_view after, std::size_t limit) const {
  const auto rows = parts_.documents.list(kKind, after, limit);
  if (!rows) return rows.error();
  std::vector<Declared> out;
  for (const Documents::Found& row : *rows) {
    auto declared = declared_of(row);
    if (!declared) return declared.error();
    out.push_back(*std::move(declared));
  }
  return out;
}

Result<std::vector<Declared>> Tables::all() const {
  std::vector<Declared> out;
  for (;;) {
    auto page = list(out.empty() ? "" : out.back().declaration.name, kPage);
    if (!page) return page.error();
    for (Declared& one : *page) out.push_back(std::move(one));
    if (page->size() < kPage) return out;
  }
}

Result<Declared> Tables::get(std::string_view name) const {
  if (!is_table_name(name)) return Error{Code::not_found, "there is no adopted table of that name"};
  const auto row = parts_.documents.get(kKind, name);
  if (!row && row.error().code == Code::not_found) {
    return Error{Code::not_found, "there is no adopted table of that name"};
  }
  if (!row) return row.error();
  return declared_of(*row);
}

// The first rows in the order of the key: whether key and templates are the right ones shows at once.
Result<Sample> Tables::take_sample(const Declaration& declaration) const {
  const auto key = fresh_key(parts_.sweep.keys, declaration.transit_key);
  if (!key) return key.error();
  if ((*key)->attributes.derived == declaration.context.empty()) {
    return Error{Code::invalid, "a context is for derived keys, and they need one"};
  }
  if (!declaration.associated_data.empty() && !transit::is_aead((*key)->attributes.type)) {
    return Error{Code::invalid, "keys of this type take no associated data"};
  }
  const auto table = parts_.sources.open(declaration);
  if (!table) return table.error();
  const auto page = (*table)->scan({}, "", kSampleRows);
  if (!page) return page.error();
  Sample sample;
  CellCipher cipher(declaration, *key, (*key)->latest(), kSampleRows);
  for (std::size_t row = 0; row < page->rows(); ++row) {
    cipher.begin_row(page->values(row));
    for (std::size_t column = 0; column < declaration.cell_columns.size(); ++column) {
      const auto& cell = page->cells(row)[column];
      if (!cell) continue;
      const auto fault = cipher.open(*cell);
      if (!fault) return fault.error();
      ++sample.cells;
      sample.opened += *fault ? 0 : 1;
      if (!*fault || sample.faults.size() == kFaultsShown) continue;
      sample.faults.push_back(cursor_of(key_of(*page, row)) + ' ' + declaration.cell_columns[column] + " (" +
                              std::string((*fault)->view()) + ")");
    }
  }
  return sample;
}

Result<Declared> Tables::declare(Declaration declaration) {
  if (const Status sound = check(declaration); !sound) return sound.error();
  const auto others = all();
  if (!others) return others.error();
  for (const Declared& other : *others) {
    if (other.declaration.name == declaration.name) return Error{Code::conflict, "an adopted table has that name"};
    if (same_cells(other.declaration, declaration)) {
      return Error{Code::conflict, "one of the ciphertext columns is adopted already"};
    }
  }
  auto sample = take_sample(declaration);
  if (!sample) return sample.error();
  if (sample->cells != 0 && sample->opened == 0) {
    return Error{Code::invalid, "no cell of the sample opens: is it the right key, associated data and context?"};
  }
  Declared declared{std::move(declaration), *std::move(sample), 0};
  const auto stored = parts_.documents.put(kKind, declared.declaration.name, body_of(declared), Documents::kNew);
  if (!stored) return stored.error();
  declared.revision = *stored;
  return declared;
}

Status Tables::forget(std::string_view name) {
  const auto declared = get(name);
  if (!declared) return declared.error();
  return parts_.documents.remove(kKind, name, declared->revision);
}

Result<VersionCounts> Tables::count(const Declaration& declaration) const {
  const auto table = parts_.sources.open(declaration);
  if (!table) return table.error();
  return (*table)->count_versions();
}

Result<std::vector<Tables::Use>> Tables::uses_of(std::string_view transit_key) const {
  const auto tables = all();
  if (!tables) return tables.error();
  std::vector<Use> out;
  for (const Declared& declared : *tables) {
    if (declared.declaration.transit_key != transit_key) continue;
    auto cells = count(declared.declaration);
    if (!cells) return cells.error();
    out.push_back({declared.declaration.name, *std::move(cells)});
  }
  return out;
}

Result<transit::TransitKeys::Change> Tables::retire(std::string_view transit_key) {
  const auto key = fresh_key(parts_.sweep.keys, std::string(transit_key));
  if (!key) return key.error();
  const auto uses = uses_of(transit_key);
  if (!uses) return uses.error();
  if (uses->empty()) return Error{Code::invalid, "no adopted table has cells of that key"};
  const std::uint32_t newest = (*key)->latest();
  for (const Use& use : *uses) {
    for (const auto& [version, cells] : use.cells) {
      if (version != 0 && version < newest && cells != 0) {
        return Error{Code::conflict, "adopted tables of the key have cells below its newest version"};
      }
    }
  }
  transit::ConfigChange change;
  change.min_decryption_version = newest;
  return parts_.sweep.keys.configure(transit_key, change);
}

Result<std::unique_ptr<rollover::Sweep>> Tables::make_sweep(const rollover::Target& target) const {
  const auto declared = get(target.subject);
  if (!declared && declared.error().code == Code::not_found) return std::unique_ptr<rollover::Sweep>();
  if (!declared) return declared.error();
  auto table = parts_.sources.open(declared->declaration);
  if (!table) return table.error();
  SweepParts sweep = parts_.sweep;
  sweep.writers = std::max(1U, parts_.sources.connections(declared->declaration.source) - 1);  // one reads
  return std::unique_ptr<rollover::Sweep>(
      std::make_unique<TableSweep>(std::move(sweep), declared->declaration, *std::move(table)));
}

Result<std::vector<rollover::Target>> Tables::targets(std::string_view key) const {
  const auto tables = all();
  if (!tables) return tables.error();
  std::vector<rollover::Target> out;
  for (const Declared& declared : *tables) {
    if (key.empty() || key == std::string(kTransit) + declared.declaration.transit_key) {
      out.push_back({rollover::Kind::adopted, declared.declaration.name});
    }
  }
  return out;
}

}  // namespace sluis::gateway::adopted
