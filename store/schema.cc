#include "store/schema.h"

namespace sluis::store {
namespace {

// records is an ordinary table and not WITHOUT ROWID: its rows are large, and rows in order of arrival keep an import's
// writes together. The small tables are one B-tree each. TEXT compares byte by byte (BINARY).
constexpr SchemaStep kSqlite[] = {
    {1, R"(
create table records (
  collection text not null,
  id text not null,
  revision integer not null,
  key_version integer not null,
  terms blob not null,
  open_fields text not null,
  envelope blob not null,
  primary key (collection, id)
) strict;
create table record_terms (
  collection text not null,
  term blob not null,
  id text not null,
  primary key (collection, term, id)
) strict, without rowid;
create table keys (
  name text not null primary key,
  id blob not null unique,
  created_us integer not null,
  attributes text not null,
  revision integer not null,
  mac blob not null
) strict;
create table key_versions (
  key_id blob not null references keys(id),
  version integer not null,
  state integer not null,
  master_version integer not null,
  created_us integer not null,
  wrapped blob not null,
  mac blob not null,
  primary key (key_id, version)
) strict, without rowid;
create table imports (
  collection text not null,
  import_id text not null,
  principal text not null,
  lines_done integer not null,
  records integer not null,
  errors integer not null,
  finished integer not null,
  updated_us integer not null,
  primary key (collection, import_id)
) strict, without rowid;
create table import_errors (
  collection text not null,
  import_id text not null,
  line integer not null,
  code text not null,
  field text not null,
  primary key (collection, import_id, line)
) strict, without rowid;
create table facts (
  name text not null primary key,
  value blob not null
) strict, without rowid;
)"},
    {2, R"(
alter table keys add column due_us integer not null default 0;
create index keys_due on keys (due_us, name) where due_us > 0;
)"},
    {3, R"(
create table login_tokens (
  id blob not null primary key,
  accessor text not null unique,
  principal text not null,
  certificate blob not null,
  issued_us integer not null,
  expires_us integer not null,
  limit_us integer not null,
  mac blob not null
) strict, without rowid;
create index login_tokens_by_principal on login_tokens (principal, expires_us);
create index login_tokens_by_end on login_tokens (expires_us);
)"},
    {4, R"(
create table documents (
  kind text not null,
  name text not null,
  revision integer not null,
  body text not null,
  mac blob not null,
  primary key (kind, name)
) strict;
create table leases (
  name text not null primary key,
  holder text not null,
  epoch integer not null,
  ends_us integer not null
) strict, without rowid;
create table floors (
  collection text not null primary key,
  least integer not null
) strict, without rowid;
)"},
};

// Every primary key starts with what rows are spread by; nothing is numbered by the database; records and record_terms
// refer to no other table. collate "C" orders by bytes, as SQLite does. Ciphertext does not compress, so it is not
// tried.
constexpr SchemaStep kPostgres[] = {
    {1, R"(
create table records (
  collection text collate "C" not null,
  id text collate "C" not null,
  revision bigint not null,
  key_version integer not null,
  terms bytea[] not null,
  open_fields text not null,
  envelope bytea not null,
  primary key (collection, id)
);
alter table records alter column envelope set storage external;
create table record_terms (
  collection text collate "C" not null,
  term bytea not null,
  id text collate "C" not null,
  primary key (collection, term, id)
);
create table keys (
  name text collate "C" not null primary key,
  id bytea not null unique,
  created_us bigint not null,
  attributes text not null,
  revision bigint not null,
  mac bytea not null
);
create table key_versions (
  key_id bytea not null references keys(id),
  version integer not null,
  state smallint not null,
  master_version integer not null,
  created_us bigint not null,
  wrapped bytea not null,
  mac bytea not null,
  primary key (key_id, version)
);
create table imports (
  collection text collate "C" not null,
  import_id text collate "C" not null,
  principal text not null,
  lines_done bigint not null,
  records bigint not null,
  errors bigint not null,
  finished smallint not null,
  updated_us bigint not null,
  primary key (collection, import_id)
);
create table import_errors (
  collection text collate "C" not null,
  import_id text collate "C" not null,
  line bigint not null,
  code text not null,
  field text not null,
  primary key (collection, import_id, line)
);
create table facts (
  name text collate "C" not null primary key,
  value bytea not null
);
)"},
    {2, R"(
alter table keys add column due_us bigint not null default 0;
create index keys_due on keys (due_us, name) where due_us > 0;
)"},
    {3, R"(
create table login_tokens (
  id bytea not null primary key,
  accessor text collate "C" not null unique,
  principal text collate "C" not null,
  certificate bytea not null,
  issued_us bigint not null,
  expires_us bigint not null,
  limit_us bigint not null,
  mac bytea not null
);
create index login_tokens_by_principal on login_tokens (principal, expires_us);
create index login_tokens_by_end on login_tokens (expires_us);
)"},
    {4, R"(
create table documents (
  kind text collate "C" not null,
  name text collate "C" not null,
  revision bigint not null,
  body text not null,
  mac bytea not null,
  primary key (kind, name)
);
create table leases (
  name text collate "C" not null primary key,
  holder text not null,
  epoch bigint not null,
  ends_us bigint not null
);
create table floors (
  collection text collate "C" not null primary key,
  least integer not null
);
)"},
};

}  // namespace

std::span<const SchemaStep> sqlite_schema() noexcept {
  return kSqlite;
}

std::span<const SchemaStep> postgres_schema() noexcept {
  return kPostgres;
}

Status judge_schema(std::int64_t found, std::span<const SchemaStep> steps) {
  const std::int64_t known = steps.back().version;
  if (found < known) return Error{Code::invalid, "store schema is older than this program: run sluisd --migrate"};
  if (found > known) return Error{Code::invalid, "store schema is newer than this program: run a newer sluisd"};
  return {};
}

}  // namespace sluis::store
