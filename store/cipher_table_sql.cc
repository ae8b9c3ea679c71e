#include "store/cipher_table_sql.h"

namespace sluis::store {
namespace {

std::string number(std::size_t n) {
  return std::to_string(n);
}

template <typename Each>
std::string joined(std::size_t count, std::string_view between, const Each& each) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? std::string() : std::string(between)) + each(i);
  return out;
}

class Maker {
 public:
  Maker(const CipherColumns& columns, const std::vector<std::string>& types) : columns_(columns), types_(types) {
    table_ = quoted_name(columns.schema) + '.' + quoted_name(columns.table);
  }

  // Rows by key; `first` is the number of the parameter that begins a key.
  std::string select(const std::string& where) const {
    std::string list;
    for (const auto* names : {&columns_.keys, &columns_.cells, &columns_.values}) {
      for (const std::string& name : *names) list += (list.empty() ? "" : ", ") + ("t." + quoted_name(name)) + "::text";
    }
    return "select " + list + " from " + table_ + " t where " + where + " order by " + keys("t.") + " limit $2";
  }

  std::string after(std::string_view comparison, std::size_t first) const {
    const auto parameter = [&](std::size_t i) { return '$' + number(first + i) + "::text::" + types_[i]; };
    return " and (" + keys("t.") + ") " + std::string(comparison) + " (" + joined(keys_count(), ", ", parameter) + ')';
  }

  std::string left() const {
    return any_cell([](const std::string& cell) {
      return cell + " is not null and ($1::text = '' or not starts_with(" + cell + "::text, $1::text))";
    });
  }
  std::string done() const {
    return any_cell([](const std::string& cell) { return "starts_with(" + cell + "::text, $1::text)"; });
  }

  std::string swap() const {
    const std::size_t keys = keys_count();
    const std::size_t cells = columns_.cells.size();
    const auto array = [](std::size_t i) { return '$' + number(i + 1) + "::text[]"; };
    const auto name = [&](std::size_t i) {
      if (i < keys) return 'k' + number(i);
      return ((i - keys) % 2 == 0 ? 'o' : 'n') + number((i - keys) / 2);
    };
    const auto set = [&](std::size_t i) {
      const std::string cell = quoted_name(columns_.cells[i]);
      return cell + " = case when v.n" + number(i) + " = '' then t." + cell + " else v.n" + number(i) + " end";
    };
    const auto same_key = [&](std::size_t i) {
      return "t." + quoted_name(columns_.keys[i]) + " = v.k" + number(i) + "::" + types_[i];
    };
    const auto same_cell = [&](std::size_t i) {
      return "(v.n" + number(i) + " = '' or t." + quoted_name(columns_.cells[i]) + "::text collate \"C\" = v.o" +
             number(i) + " collate \"C\")";
    };
    const std::size_t all = keys + 2 * cells;
    return "update " + table_ + " t set " + joined(cells, ", ", set) + " from unnest(" + joined(all, ", ", array) +
           ") with ordinality v(" + joined(all, ", ", name) + ", at) where " + joined(keys, " and ", same_key) +
           " and " + joined(cells, " and ", same_cell) + " returning v.at";
  }

  std::string count() const {
    const auto one = [&](std::size_t i) {
      const std::string cell = quoted_name(columns_.cells[i]) + "::text";
      return "select case when " + cell + " ~ '^vault:v[0-9]{1,9}:' then greatest(1, substring(" + cell +
             " from '^vault:v([0-9]{1,9}):')::bigint) else 0 end v from " + table_ + " where " + cell + " is not null";
    };
    return "select v, count(*) from (" + joined(columns_.cells.size(), " union all ", one) + ") c group by v";
  }

 private:
  std::size_t keys_count() const { return columns_.keys.size(); }
  std::string keys(const std::string& of) const {
    return joined(keys_count(), ", ", [&](std::size_t i) { return of + quoted_name(columns_.keys[i]); });
  }
  template <typename Test>
  std::string any_cell(const Test& test) const {
    const auto one = [&](std::size_t i) { return '(' + test("t." + quoted_name(columns_.cells[i])) + ')'; };
    return '(' + joined(columns_.cells.size(), " or ", one) + ')';
  }

  const CipherColumns& columns_;
  const std::vector<std::string>& types_;
  std::string table_;
};

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

// Parameters 1 schema, 2 table, 3 columns, 4 keys. One row for each column: type, whether it may hold cells, whether it
// may be NULL, whether it may be updated; and what counts for the table, the same in each row.
const char* const kDescribeTable =
    "select a.attname::text, format_type(a.atttypid, -1), a.atttypid in ('text'::regtype, 'varchar'::regtype),"
    " a.attnotnull, has_column_privilege(c.oid, a.attnum, 'update'), c.relkind in ('r', 'p'),"
    " row_security_active(c.oid),"
    " exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null"
    "  and i.indexprs is null and (select array_agg(k.attname::text order by u.n)"
    "   from unnest(i.indkey::int2[]) with ordinality u(att, n)"
    "   join pg_attribute k on k.attrelid = c.oid and k.attnum = u.att where u.n <= i.indnkeyatts) = $4::text[])"
    " from pg_class c join pg_namespace s on s.oid = c.relnamespace"
    " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " where s.nspname = $1::text and c.relname = $2::text and a.attname = any($3::text[])"
    " and has_column_privilege(c.oid, a.attnum, 'select')";

std::string cipher_table_settings(std::chrono::milliseconds lock_wait) {
  return "set datestyle = 'ISO, YMD'; set timezone = 'UTC'; set intervalstyle = 'postgres';"
         " set bytea_output = 'hex'; set extra_float_digits = 1; set search_path = pg_catalog;"
         " set application_name = 'sluisd adopted table'; set lock_timeout = " +
         std::to_string(lock_wait.count());
}

CipherTableSql::CipherTableSql(const CipherColumns& columns, const std::vector<std::string>& key_types) {
  constexpr std::size_t kKey = 3;  // the first parameter of a key
  const Maker maker(columns, key_types);
  first = maker.select(maker.left());
  next = maker.select(maker.left() + maker.after(">", kKey));
  done = maker.select(maker.done() + maker.after("<=", kKey));
  done_next = maker.select(maker.done() + maker.after("<=", kKey) + maker.after(">", kKey + columns.keys.size()));
  swap = maker.swap();
  count = maker.count();
}

}  // namespace sluis::store
