#include <deque>
#include <utility>

#include "store/backup.h"
#include "store/checks.h"
#include "store/pg_connection.h"
#include "store/pg_keys.h"
#include "store/pg_migrate.h"
#include "store/pg_records.h"
#include "store/schema.h"

namespace sluis::store {
namespace {

constexpr PgStatement kExport{"export_snapshot", "select pg_export_snapshot()"};
constexpr PgStatement kNextCollection{
    "next_collection", "select collection from records where collection > $1 order by collection limit 1"};
constexpr PgStatement kMarked{"scratch_marked", "select to_regclass('sluis_scratch') is not null"};

// For as long as a dump needs to begin.
constexpr const char* kBegin =
    "set idle_in_transaction_session_timeout = 0; begin isolation level repeatable read read only";

using Connection = std::unique_ptr<PgConnection>;

Result<Connection> connect(const PostgresOptions& options) {
  return PgConnection::connect({options.dsn, options.statement_timeout, options.on_trouble});
}

class PostgresState final : public Snapshot {
 public:
  explicit PostgresState(Connection connection) : connection_(std::move(connection)) {}

  Status begin() {
    if (auto ok = connection_->execute(kBegin); !ok) return ok;
    const auto exported = connection_->run(kExport, PgParams());
    if (!exported) return exported.error();
    exported_ = exported->text(0, 0);
    return {};
  }

  Result<std::vector<std::string>> collections() override {
    std::vector<std::string> out;
    for (std::string after;;) {
      PgParams params;
      params.text(after);
      const auto next = connection_->run(kNextCollection, params);
      if (!next) return next.error();
      if (next->rows() == 0) return out;
      out.push_back(after = next->text(0, 0));
    }
  }
  Result<SearchPage> scan(std::string_view collection, std::string_view after, std::size_t limit) override {
    if (auto ok = check_search(collection, {}, after, limit); !ok) return ok.error();
    return pg::search(*connection_, collection, {}, after, limit);
  }
  Result<std::vector<std::string>> list_keys(std::string_view after, std::size_t limit) override {
    if (auto ok = check_list("", after); !ok) return ok.error();
    return pg::list_keys(*connection_, "", after, limit);
  }
  Result<Key> get_key(std::string_view name) override { return pg::get_key(*connection_, name); }
  Result<std::int64_t> schema() override { return pg::schema_version(*connection_); }
  std::string_view exported() const noexcept override { return exported_; }

 private:
  Connection connection_;
  std::string exported_;
};

// Names are of the schema's own text. The texts outlive the connection's prepared statements.
class Tables {
 public:
  explicit Tables(Connection connection) : connection_(std::move(connection)) {}

  Result<bool> exists(const std::string& table) { return ask("select to_regclass('" + table + "') is not null"); }
  Result<bool> has_rows(const std::string& table) {
    const auto there = exists(table);
    if (!there || !*there) return there;
    return ask("select exists (select 1 from " + table + ")");
  }
  Status drop_all() {
    std::string sql = "drop table if exists schema_version";
    for (const std::string& table : table_names()) sql += ", " + table;
    return connection_->execute((sql + " cascade").c_str());
  }
  PgConnection& connection() noexcept { return *connection_; }

 private:
  Result<bool> ask(std::string sql) {
    const std::string& text = texts_.emplace_back(std::move(sql));
    const std::string& name = texts_.emplace_back("tables_" + std::to_string(texts_.size()));
    const PgStatement statement{name.c_str(), text.c_str()};
    const auto answer = connection_->run(statement, PgParams());
    if (!answer) return answer.error();
    return answer->number(0, 0) != 0;
  }
  std::deque<std::string> texts_;
  Connection connection_;
};

}  // namespace

std::vector<std::string> table_names() {
  constexpr std::string_view kCreate = "create table ";
  std::vector<std::string> out;
  for (const SchemaStep& step : postgres_schema()) {
    const std::string_view sql = step.sql;
    for (std::size_t at = sql.find(kCreate); at != std::string_view::npos; at = sql.find(kCreate, at)) {
      at += kCreate.size();
      out.emplace_back(sql.substr(at, sql.find(' ', at) - at));
    }
  }
  return out;
}

Result<std::unique_ptr<Snapshot>> snapshot_postgres(const PostgresOptions& options) {
  auto connection = connect(options);
  if (!connection) return connection.error();
  auto state = std::make_unique<PostgresState>(*std::move(connection));
  if (const auto begun = state->begin(); !begun) return begun.error();
  return std::unique_ptr<Snapshot>(std::move(state));
}

Result<bool> postgres_is_empty(const PostgresOptions& options) {
  auto connection = connect(options);
  if (!connection) return connection.error();
  Tables tables(*std::move(connection));
  for (const std::string& table : table_names()) {
    const auto rows = tables.has_rows(table);
    if (!rows) return rows.error();
    if (*rows) return false;
  }
  return true;
}

Status begin_scratch(const PostgresOptions& options) {
  auto connection = connect(options);
  if (!connection) return connection.error();
  Tables tables(*std::move(connection));
  const auto marked = tables.connection().run(kMarked, PgParams());
  if (!marked) return marked.error();
  if (marked->number(0, 0) == 0) {
    for (const std::string& table : table_names()) {
      const auto there = tables.exists(table);
      if (!there) return there.error();
      if (*there) return Error{Code::conflict, "the scratch database holds a store that no drill has put there"};
    }
    if (auto ok = tables.connection().execute("create table sluis_scratch ()"); !ok) return ok;
  }
  return tables.drop_all();
}

Status end_scratch(const PostgresOptions& options) {
  auto connection = connect(options);
  if (!connection) return connection.error();
  return Tables(*std::move(connection)).drop_all();
}

Status drop_empty_tables(const PostgresOptions& options) {
  const auto empty = postgres_is_empty(options);
  if (!empty) return empty.error();
  if (!*empty) return Error{Code::conflict, "the database is not empty"};
  return end_scratch(options);
}

Status mark_schema(const PostgresOptions& options, std::int64_t version) {
  auto connection = connect(options);
  if (!connection) return connection.error();
  const std::string sql =
      "begin; create table if not exists schema_version (version bigint primary key); insert into schema_version "
      "(version) "
      "select generate_series(1, " +
      std::to_string(version) + ") on conflict do nothing; commit";
  return (*connection)->execute(sql.c_str());
}

Status forget_sessions_postgres(const PostgresOptions& options) {
  auto connection = connect(options);
  if (!connection) return connection.error();
  return (*connection)
      ->execute("delete from login_tokens; delete from leases; delete from documents where kind like 'approval%'");
}

}  // namespace sluis::store
