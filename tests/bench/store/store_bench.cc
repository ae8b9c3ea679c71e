// Measures the store against bare statements of the database itself, alternating, median of the rounds:
//   store_bench [seconds-a-round] [rounds] [import-rows]
// Prints one line a figure: name, the store's rate, the limit's rate, ratio.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>
#include <vector>

#include "crypto/hash.h"
#include "store/pg_copy.h"
#include "store/pg_transaction.h"
#include "store/postgres_store.h"
#include "store/sqlite_pool.h"
#include "store/sqlite_store.h"
#include "store/terms.h"
#include "tests/support/postgres.h"

namespace {

using namespace sluis;
using namespace sluis::store;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kThreads = 16;

// A diploma's shape: four sealed fields in an envelope of about 360 bytes, two of them indexed, one open field.
Record sample(std::uint64_t n) {
  Record record;
  record.collection = "diplomas";
  const Digest digest = sha256(bytes_of(std::to_string(n)));
  record.id = to_hex(ByteView(digest).first(8));
  record.revision = 1;
  record.key_version = 1;
  record.open_fields = R"({"awarded":"2019-06-30"})";
  record.envelope.resize(360);
  static_cast<void>(random_bytes(record.envelope));
  record.terms.push_back({1, 1, Bytes(digest.begin() + 8, digest.begin() + 24)});
  record.terms.push_back({2, 1, Bytes(digest.begin() + 16, digest.begin() + 32)});
  return record;
}

void require(const Status& status, const char* what) {
  if (status) return;
  std::fprintf(stderr, "%s: %s\n", what, std::string(status.error().what.view()).c_str());
  std::exit(2);
}

std::atomic<std::uint64_t> next_record{1};

// Calls a second, over 16 threads.
double rate(double seconds, const std::function<void(std::size_t thread, const Record&)>& call) {
  std::atomic<std::uint64_t> calls{0};
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (; Clock::now() < end; ++calls) call(thread, sample(next_record++));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(calls) / std::chrono::duration<double>(Clock::now() - start).count();
}

double rows_a_second(std::size_t rows, const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return static_cast<double>(rows) / std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void report(const char* name, const std::vector<double>& ours, const std::vector<double>& limit) {
  std::printf("%-28s %10.0f/s   limit %10.0f/s   ratio %.2f\n", name, median(ours), median(limit),
              median(ours) / median(limit));
  std::fflush(stdout);
}

std::unique_ptr<PgConnection> connect(const std::string& dsn) {
  auto made = PgConnection::connect({dsn, std::chrono::seconds(60), {}});
  require(made ? Status() : Status(made.error()), "connect");
  return *std::move(made);
}

constexpr PgStatement kBare{"bare",
                            "insert into bare (collection, id, revision, key_version, open_fields, envelope, terms)"
                            " values ($1, $2, $3::bigint, $4::int, $5, $6, $7::bytea[])"};

void bare_insert(PgConnection& connection, const Record& record) {
  const auto terms = pack_terms(record.terms);
  PgParams params;
  params.text(record.collection).text(record.id).u64(record.revision).i32(record.key_version);
  params.text(record.open_fields).bytes(record.envelope).byte_strings(terms);
  auto done = connection.run(kBare, params);
  require(done ? Status() : Status(done.error()), "bare insert");
}

void postgres_put(const std::string& dsn, double seconds, int rounds) {
  PostgresOptions options;
  options.dsn = dsn;
  auto store = open_postgres(options);
  require((*store)->migrate(), "migrate");
  auto admin = connect(dsn);
  require(admin->execute("create table bare (like records including all)"), "bare table");
  std::vector<std::unique_ptr<PgConnection>> connections;
  for (std::size_t i = 0; i < kThreads; ++i) connections.push_back(connect(dsn));
  std::vector<double> ours;
  std::vector<double> bare;
  for (int round = 0; round < rounds; ++round) {
    bare.push_back(rate(seconds, [&](std::size_t i, const Record& r) { bare_insert(*connections[i], r); }));
    ours.push_back(rate(seconds, [&](std::size_t, const Record& r) { require((*store)->put(r, {}), "put"); }));
  }
  report("postgresql put", ours, bare);
  std::vector<double> gets;
  std::vector<double> pings;
  for (int round = 0; round < rounds; ++round) {
    pings.push_back(rate(
        seconds, [&](std::size_t i, const Record&) { require(connections[i]->execute("select 1"), "bare select"); }));
    gets.push_back(
        rate(seconds, [&](std::size_t, const Record& r) { static_cast<void>((*store)->get("diplomas", r.id)); }));
  }
  report("postgresql get (vs select 1)", gets, pings);
}

// The same rows by COPY alone, into the same tables, in transactions of the same size.
void bare_copy(PgConnection& connection, const std::vector<Record>& chunk) {
  PgTransaction transaction(connection);
  require(transaction.begin(), "begin");
  auto rows = PgCopy::begin(connection,
                            "copy records (collection, id, revision, key_version, terms, open_fields, envelope)"
                            " from stdin (format binary)");
  for (const Record& r : chunk) {
    require(rows->row(7), "row");
    rows->text(r.collection).text(r.id).u64(r.revision).i32(r.key_version);
    rows->byte_strings(pack_terms(r.terms)).text(r.open_fields).bytes(r.envelope);
  }
  require(rows->finish(), "copy");
  auto terms = PgCopy::begin(connection, "copy record_terms (collection, term, id) from stdin (format binary)");
  for (const Record& r : chunk) {
    for (const Bytes& term : pack_terms(r.terms)) {
      require(terms->row(3), "row");
      terms->text(r.collection).bytes(term).text(r.id);
    }
  }
  require(terms->finish(), "copy");
  require(transaction.commit(), "commit");
}

using Chunks = std::vector<std::vector<Record>>;

Chunks chunks_of(std::size_t rows) {
  constexpr std::size_t kChunk = 2000;
  Chunks chunks;
  for (std::size_t done = 0; done < rows; done += kChunk) {
    auto& chunk = chunks.emplace_back();
    for (std::size_t i = 0; i < std::min(kChunk, rows - done); ++i) chunk.push_back(sample(next_record++));
  }
  return chunks;
}

void import_all(Store& store, const Chunks& chunks) {
  static std::atomic<int> imports{0};
  ImportState state;
  state.import_id = "i" + std::to_string(imports++);
  state.collection = "diplomas";
  state.principal = "bench";
  for (const auto& chunk : chunks) {
    const std::uint64_t before = state.lines_done;
    state.lines_done += chunk.size();
    auto done = store.import_chunk(chunk, {}, state, before);
    require(done ? Status() : Status(done.error()), "import");
  }
}

void postgres_import(const std::string& dsn, std::size_t rows, int rounds) {
  PostgresOptions options;
  options.dsn = dsn;
  auto store = open_postgres(options);
  auto connection = connect(dsn);
  std::vector<double> ours;
  std::vector<double> bare;
  for (int round = 0; round < rounds; ++round) {
    const Chunks chunks = chunks_of(rows);
    const Chunks others = chunks_of(rows);
    const auto empty = [&] { require(connection->execute("truncate records, record_terms"), "truncate"); };
    empty();
    bare.push_back(rows_a_second(rows, [&] {
      for (const auto& chunk : others) bare_copy(*connection, chunk);
    }));
    empty();
    ours.push_back(rows_a_second(rows, [&] { import_all(**store, chunks); }));
  }
  report("postgresql import", ours, bare);
}

void sqlite_all(double seconds, int rounds, std::size_t rows) {
  const auto folder = std::filesystem::temp_directory_path() / ("sluis-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  auto store = open_sqlite({folder / "store.db", kThreads});
  require((*store)->migrate(), "migrate");
  auto plain = SqliteDb::open(folder / "store.db", SqliteDb::Role::writer);
  require((*plain)->execute("create table bare (id text primary key, bytes blob)"), "bare table");
  SqliteWriter writer(*std::move(plain));
  const auto bare_put = [&](std::size_t, const Record& r) {
    require(writer.run([&](SqliteDb& db) {
      return db.query("insert into bare values (?, ?)").bind(r.id).bind(r.envelope).run();
    }),
            "bare insert");
  };
  std::vector<double> puts;
  std::vector<double> bare;
  std::vector<double> gets;
  for (int round = 0; round < rounds; ++round) {
    bare.push_back(rate(seconds, bare_put));
    puts.push_back(rate(seconds, [&](std::size_t, const Record& r) { require((*store)->put(r, {}), "put"); }));
    gets.push_back(
        rate(seconds, [&](std::size_t, const Record& r) { static_cast<void>((*store)->get("diplomas", r.id)); }));
  }
  report("sqlite put (vs grouped row)", puts, bare);
  report("sqlite get (vs grouped row)", gets, bare);
  const Chunks chunks = chunks_of(rows);
  const double import = rows_a_second(rows, [&] { import_all(**store, chunks); });
  report("sqlite import", {import}, {import});
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const auto rows = static_cast<std::size_t>(argc > 3 ? std::atoll(argv[3]) : 100'000);
  {
    const test::PostgresCluster cluster;
    postgres_put(cluster.socket_dsn(), seconds, rounds);
    postgres_import(cluster.socket_dsn(), rows, rounds);
  }
  sqlite_all(seconds, rounds, rows);
  return 0;
}
