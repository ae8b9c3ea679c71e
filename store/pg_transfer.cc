#include "store/checks.h"
#include "store/pg_imports.h"
#include "store/pg_transaction.h"
#include "store/rows.h"
#include "store/terms.h"
#include "store/transfer.h"

namespace sluis::store {
namespace {

// Each name is looked for behind the one before: a walk of all rows would take as long as they are many.
constexpr PgStatement kCollections{"transfer_collections", R"(
with recursive names(name, n) as (
  (select collection, 1 from records where collection > $1 order by collection limit 1)
  union all
  select (select collection from records where collection > names.name order by collection limit 1), n + 1
  from names where name is not null and n < $2::bigint
)
select name from names where name is not null order by name)"};
constexpr PgStatement kHeads{"transfer_heads", R"(
select id, revision, key_version from records where collection = $1 and id > $2 order by id limit $3::bigint)"};
// $2 after, $3 limit of rows, $4 limit of bytes.
constexpr PgStatement kPage{"transfer_page", R"(
select id, revision, key_version, open_fields, envelope, terms
from (
  select *, sum(octet_length(envelope) + octet_length(open_fields)) over (order by id rows unbounded preceding)
            - octet_length(envelope) - octet_length(open_fields) < $4::bigint as room
  from (select * from records where collection = $1 and id > $2 order by id limit $3::bigint) hit
) page
where room order by id)"};
constexpr PgStatement kSize{"transfer_size", R"(
select coalesce(sum(octet_length(envelope) + octet_length(open_fields)), 0)::bigint from records
where collection = $1 and id = any($2::text[]))"};
constexpr PgStatement kSome{"transfer_some", R"(
select id, revision, key_version, open_fields, envelope, terms from records
where collection = $1 and id = any($2::text[]) order by id)"};
// For `gone`, see store/pg_put.cc.
constexpr PgStatement kClear{"transfer_clear", R"(
with old as (
  delete from records where collection = $1 and id = any($2::text[]) returning collection, id, terms
), gone as materialized (
  select collection, t as term, id from old, unnest(terms) t order by t, id
)
delete from record_terms t using gone g where t.collection = g.collection and t.term = g.term and t.id = g.id)"};
constexpr PgStatement kFacts{"transfer_facts",
                             "select name, value from facts where name > $1 order by name limit $2::bigint"};
constexpr PgStatement kFloors{
    "transfer_floors",
    "select collection, least from floors where collection > $1 order by collection limit $2::bigint"};
constexpr PgStatement kKinds{"transfer_kinds",
                             "select distinct kind from documents where kind > $1 order by kind limit $2::bigint"};
constexpr PgStatement kImports{"transfer_imports", R"(
select import_id, principal, lines_done, records, errors, finished, updated_us from imports
where collection = $1 and import_id > $2 order by import_id limit $3::bigint)"};

Result<Record> whole_record(const PgResult& result, int row, std::string_view collection) {
  Record record;
  record.collection = collection;
  record.id = result.text(row, 0);
  record.revision = result.size(row, 1);
  record.key_version = static_cast<std::uint32_t>(result.number(row, 2));
  record.open_fields = result.text(row, 3);
  const ByteView envelope = result.bytes(row, 4);
  record.envelope.assign(envelope.begin(), envelope.end());
  const auto packed = pg_array_of(result.bytes(row, 5));
  if (!packed) return packed.error();
  auto terms = unpack_terms(*packed);
  if (!terms) return terms.error();
  record.terms = *std::move(terms);
  return record;
}

Result<std::vector<Record>> whole_records(const Result<PgResult>& result, std::string_view collection) {
  if (!result) return result.error();
  std::vector<Record> records;
  for (int row = 0; row < result->rows(); ++row) {
    auto record = whole_record(*result, row, collection);
    if (!record) return record.error();
    records.push_back(*std::move(record));
  }
  return records;
}

// The rows of a result, one value each.
template <typename Read>
auto each_row(const Result<PgResult>& result, const Read& read) -> Result<std::vector<decltype(read(*result, 0))>> {
  if (!result) return result.error();
  std::vector<decltype(read(*result, 0))> values;
  for (int row = 0; row < result->rows(); ++row) values.push_back(read(*result, row));
  return values;
}

std::string first_text(const PgResult& result, int row) {
  return std::string(result.text(row, 0));
}

class PostgresTransfer final : public Transfer {
 public:
  explicit PostgresTransfer(PgSettings settings) : settings_(std::move(settings)) {}

  // Connects again where the connection has broken.
  Status connect() {
    if (connection_ && connection_->healthy()) return {};
    auto made = PgConnection::connect(settings_);
    if (!made) return made.error();
    connection_ = *std::move(made);
    return {};
  }

  Result<std::vector<std::string>> collections(std::string_view after, std::size_t limit) override {
    PgParams params;
    params.text(after).u64(page_rows(limit));
    return each_row(run(kCollections, params), first_text);
  }
  Result<std::vector<RecordHead>> heads(std::string_view collection, std::string_view after,
                                        std::size_t limit) override {
    PgParams params;
    params.text(collection).text(after).u64(page_rows(limit));
    return each_row(run(kHeads, params), [](const PgResult& result, int row) {
      return RecordHead{std::string(result.text(row, 0)), result.size(row, 1),
                        static_cast<std::uint32_t>(result.number(row, 2))};
    });
  }
  Result<std::vector<Record>> records(std::string_view collection, std::string_view after, std::size_t limit) override {
    PgParams params;
    params.text(collection).text(after).u64(page_rows(limit)).u64(kMaxPageBytes);
    return whole_records(run(kPage, params), collection);
  }
  Result<std::vector<Record>> records(std::string_view collection, const std::vector<std::string>& ids) override {
    if (auto ok = check_read(collection, ids); !ok) return ok.error();
    PgParams params;
    params.text(collection).texts(ids);
    const auto size = run(kSize, params);
    if (!size) return size.error();
    if (size->size(0, 0) > kMaxReadBytes) {
      return Error{Code::too_large, "the records asked for are too large together"};
    }
    return whole_records(run(kSome, params), collection);
  }
  Status write(std::span<const Record> records) override {
    if (auto ok = check_transfer(records); !ok) return ok;
    if (records.empty()) return {};
    if (auto ok = connect(); !ok) return ok;
    std::vector<std::string_view> ids;
    for (const Record& record : records) ids.push_back(record.id);
    PgParams params;
    params.text(records.front().collection).texts(ids);
    PgTransaction transaction(*connection_);
    if (auto ok = transaction.begin(); !ok) return ok;
    if (auto cleared = connection_->run(kClear, params); !cleared) return cleared.error();
    if (auto ok = pg::copy_in(*connection_, records); !ok) return ok;
    return transaction.commit();
  }

  Result<std::vector<Fact>> facts(std::string_view after, std::size_t limit) override {
    PgParams params;
    params.text(after).u64(page_rows(limit));
    return each_row(run(kFacts, params), [](const PgResult& result, int row) {
      const ByteView value = result.bytes(row, 1);
      return Fact{first_text(result, row), Bytes(value.begin(), value.end())};
    });
  }
  Result<std::vector<Floor>> floors(std::string_view after, std::size_t limit) override {
    PgParams params;
    params.text(after).u64(page_rows(limit));
    return each_row(run(kFloors, params), [](const PgResult& result, int row) {
      return Floor{first_text(result, row), static_cast<std::uint32_t>(result.number(row, 1))};
    });
  }
  Result<std::vector<std::string>> kinds(std::string_view after, std::size_t limit) override {
    PgParams params;
    params.text(after).u64(page_rows(limit));
    return each_row(run(kKinds, params), first_text);
  }
  Result<std::vector<ImportState>> imports(std::string_view collection, std::string_view after,
                                           std::size_t limit) override {
    PgParams params;
    params.text(collection).text(after).u64(page_rows(limit));
    return each_row(run(kImports, params), [&](const PgResult& result, int row) {
      return ImportState{first_text(result, row),    std::string(collection), std::string(result.text(row, 1)),
                         result.size(row, 2),        result.size(row, 3),     result.size(row, 4),
                         result.number(row, 5) != 0, result.size(row, 6)};
    });
  }

 private:
  Result<PgResult> run(const PgStatement& statement, const PgParams& params) {
    if (auto ok = connect(); !ok) return ok.error();
    return connection_->run(statement, params);
  }

  const PgSettings settings_;
  std::unique_ptr<PgConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<Transfer>> transfer_postgres(const PostgresOptions& options) {
  if (auto ok = require_tls(options.dsn, Transport::may_be_open); !ok) return ok.error();
  auto made =
      std::make_unique<PostgresTransfer>(PgSettings{options.dsn, options.statement_timeout, options.on_trouble});
  if (auto ok = made->connect(); !ok) return ok.error();
  return std::unique_ptr<Transfer>(std::move(made));
}

}  // namespace sluis::store
