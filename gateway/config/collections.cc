#include "gateway/config/collections.h"

#include <algorithm>
#include <array>

#include "crypto/blind_index.h"
#include "gateway/config/periods.h"
#include "policy/names.h"
#include "policy/table_reader.h"

namespace sluis::gateway {
namespace {

using policy::Node;
using policy::Problems;
using policy::TableReader;

constexpr ListedKey kCaKeys[] = {{"tls.client_ca", "name", "What the policy calls this trust anchor."},
                                 {"tls.client_ca", "file", "PEM file of its CA certificates."},
                                 {"tls.client_ca", "crl", "PEM file of their revocation lists."}};
constexpr ListedKey kCollectionKeys[] = {
    {"collection", "name", "Name of the collection, as in paths."},
    {"collection", "max_record_bytes", "Largest document, as JSON text. Default 65536."},
    {"collection", "subject_field", "Field that names the citizen; the log holds its pseudonym. Default: none."},
    {"collection", "rotate_every",
     "How long a version of its key is used, as `365d`: see [[period]]. Default: no limit."},
    {"collection", "reencrypt_within", "How soon after that all records are under the new one. Default: no limit."},
    {"collection", "destroy_after", "The waiting period of an old version's destruction. Default `30d`."},
    {"collection", "window", "When the schedule may re-encrypt: see [[period]]. Default: always."},
    {"collection", "field", "The fields: a list of tables."}};
constexpr ListedKey kFieldKeys[] = {
    {"collection.field", "name", "Name of the member in documents."},
    {"collection.field", "id", "Number of the field in envelopes, 1 to 65535; never used again for another field."},
    {"collection.field", "kind", "`open`, `sealed` or `indexed`."},
    {"collection.field", "normaliser", "`exact`, `digits` or `text`: how values are compared. Default `exact`."},
    {"collection.field", "bits", "Bits of the blind index, 8 to 256. Default 64."},
    {"collection.field", "required", "Whether a record must have it. Default false."},
    {"collection.field", "max_bytes", "Largest value, as JSON text. Default 4096."}};

template <std::size_t N>
std::array<std::string_view, N> names_of(const ListedKey (&keys)[N]) {
  std::array<std::string_view, N> names;
  std::transform(keys, keys + N, names.begin(), [](const ListedKey& key) { return key.name; });
  return names;
}

// A number with its bounds, or the default.
std::uint64_t number(TableReader& table, std::string_view key, std::uint64_t standard, std::uint64_t most,
                     Problems& problems) {
  const auto value = table.count(key);
  if (!value) return standard;
  if (*value <= most) return *value;
  problems.error(table.at(key), std::string(key) + " is at most " + std::to_string(most));
  return standard;
}

FieldSchema::Kind kind_of(const policy::Text& text, Problems& problems) {
  if (text.text == "open") return FieldSchema::Kind::open;
  if (text.text == "sealed") return FieldSchema::Kind::sealed;
  if (text.text == "indexed") return FieldSchema::Kind::indexed;
  problems.error(text.at, "kind is \"open\", \"sealed\" or \"indexed\"");
  return FieldSchema::Kind::sealed;
}

Normaliser normaliser_of(TableReader& table, Problems& problems) {
  const auto text = table.text("normaliser");
  if (!text) return Normaliser::exact;
  const auto known = normaliser_named(text->text);
  if (known) return *known;
  problems.error(text->at, "normaliser is \"exact\", \"digits\" or \"text\"");
  return Normaliser::exact;
}

FieldSchema read_field(const Node& node, Problems& problems, policy::Suggester& suggester) {
  const auto keys = names_of(kFieldKeys);
  TableReader table(node, "collection.field", keys, problems, suggester);
  FieldSchema field{};
  field.name = table.need_text("name").value_or(policy::Text{}).text;
  if (!table.has("id")) problems.error(table.at(), "the field has no id");
  field.id = static_cast<std::uint16_t>(number(table, "id", 0, 65535, problems));
  const auto kind = table.need_text("kind");
  field.kind = kind ? kind_of(*kind, problems) : FieldSchema::Kind::sealed;
  field.normaliser = normaliser_of(table, problems);
  const bool indexed = field.kind == FieldSchema::Kind::indexed;
  if (table.has("bits") && !indexed) problems.error(table.at("bits"), "bits is for indexed fields only");
  field.bits = static_cast<unsigned>(number(table, "bits", indexed ? 64 : 0, 256, problems));
  field.required = table.flag("required").value_or(false);
  field.max_bytes = number(table, "max_bytes", 4096, 4U << 20U, problems);
  return field;
}

CollectionSchema read_collection(const Node& node, Problems& problems, policy::Suggester& suggester,
                                 std::vector<PeriodSetting>& periods) {
  const auto keys = names_of(kCollectionKeys);
  TableReader table(node, "collection", keys, problems, suggester);
  CollectionSchema schema{};
  schema.name = table.need_text("name").value_or(policy::Text{}).text;
  schema.max_record_bytes = number(table, "max_record_bytes", 65536, 8U << 20U, problems);
  read_period(table, "records/" + schema.name, problems, periods);
  schema.subject_field = table.text("subject_field").value_or(policy::Text{}).text;
  policy::for_each_table(node, "field", 1000, problems,
                         [&](const Node& item) { schema.fields.push_back(read_field(item, problems, suggester)); });
  for (const auto& wrong : validate(schema)) problems.error(table.at(), wrong);
  return schema;
}

}  // namespace

std::vector<CollectionSchema> read_collections(const Node& root, Problems& problems,
                                               std::vector<PeriodSetting>& periods) {
  std::vector<CollectionSchema> out;
  policy::Suggester suggester;
  policy::for_each_table(root, "collection", 1000, problems, [&](const Node& item) {
    CollectionSchema schema = read_collection(item, problems, suggester, periods);
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.name == schema.name; });
    if (known) problems.error(item.at, "there are two collections named " + policy::quoted(schema.name));
    out.push_back(std::move(schema));
  });
  return out;
}

std::vector<ClientCa> read_client_cas(const Node& tls, Problems& problems) {
  std::vector<ClientCa> out;
  policy::Suggester suggester;
  policy::for_each_table(tls, "client_ca", 100, problems, [&](const Node& item) {
    const auto keys = names_of(kCaKeys);
    TableReader table(item, "tls.client_ca", keys, problems, suggester);
    const auto text = [&](const char* key) { return table.need_text(key).value_or(policy::Text{}).text; };
    out.push_back({text("name"), text("file"), table.text("crl").value_or(policy::Text{}).text});
  });
  if (out.empty()) problems.error(tls.at, "no [[tls.client_ca]]: without a trust anchor no client can connect");
  return out;
}

std::vector<ListedKey> listed_keys() {
  std::vector<ListedKey> out(std::begin(kCaKeys), std::end(kCaKeys));
  out.insert(out.end(), std::begin(kCollectionKeys), std::end(kCollectionKeys));
  out.insert(out.end(), std::begin(kFieldKeys), std::end(kFieldKeys));
  for (const ListedKey& key : listed_period_keys()) out.push_back(key);
  return out;
}

}  // namespace sluis::gateway
