// bench-pg-insert: single prepared INSERTs, each its own transaction, over some connections, for some seconds. The row
// is a copy of one that the gateway wrote, so that the bytes are the same; only its id differs. Prints one JSON object.
#include <libpq-fe.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Rows = std::unique_ptr<PGresult, decltype(&PQclear)>;

struct Options {
  std::string dsn, sample, insert;
  int connections = 16;
  double seconds = 5;
};

Connection connect(const std::string& dsn) {
  Connection made(PQconnectdb(dsn.c_str()), &PQfinish);
  if (PQstatus(made.get()) == CONNECTION_OK) return made;
  std::fprintf(stderr, "bench-pg-insert: %s", PQerrorMessage(made.get()));
  std::exit(1);
}

Rows checked(PGconn* connection, PGresult* result, ExecStatusType wanted) {
  Rows rows(result, &PQclear);
  if (PQresultStatus(result) == wanted) return rows;
  std::fprintf(stderr, "bench-pg-insert: %s", PQerrorMessage(connection));
  std::exit(1);
}

// Binary values of the sample row; $1 of the statement is the id, the others are its columns in order.
struct Sample {
  std::vector<std::string> values;
  std::vector<Oid> types;
};

Sample read_sample(PGconn* connection, const std::string& query) {
  const auto rows = checked(
      connection, PQexecParams(connection, query.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1), PGRES_TUPLES_OK);
  if (PQntuples(rows.get()) != 1) {
    std::fprintf(stderr, "bench-pg-insert: the sample query must give one row\n");
    std::exit(1);
  }
  Sample sample;
  for (int i = 0; i < PQnfields(rows.get()); ++i) {
    sample.values.emplace_back(PQgetvalue(rows.get(), 0, i), static_cast<std::size_t>(PQgetlength(rows.get(), 0, i)));
    sample.types.push_back(PQftype(rows.get(), i));
  }
  return sample;
}

// Inserts until told to stop; the number of rows that were committed.
std::uint64_t work(const Options& options, const Sample& sample, int worker, const std::atomic<bool>& stop) {
  const auto connection = connect(options.dsn);
  std::vector<Oid> types{25};  // text
  types.insert(types.end(), sample.types.begin(), sample.types.end());
  checked(connection.get(),
          PQprepare(connection.get(), "i", options.insert.c_str(), static_cast<int>(types.size()), types.data()),
          PGRES_COMMAND_OK);
  std::vector<const char*> values(types.size());
  std::vector<int> sizes(types.size());
  const std::vector<int> formats(types.size(), 1);
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    values[i + 1] = sample.values[i].data();
    sizes[i + 1] = static_cast<int>(sample.values[i].size());
  }
  std::uint64_t done = 0;
  for (; !stop.load(std::memory_order_relaxed); ++done) {
    const auto id = "bare-" + std::to_string(Clock::now().time_since_epoch().count()) + "-" + std::to_string(worker);
    values[0] = id.data();
    sizes[0] = static_cast<int>(id.size());
    checked(connection.get(),
            PQexecPrepared(connection.get(), "i", static_cast<int>(types.size()), values.data(), sizes.data(),
                           formats.data(), 1),
            PGRES_COMMAND_OK);
  }
  return done;
}

int measure(const Options& options) {
  const auto sample = read_sample(connect(options.dsn).get(), options.sample);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> rows{0};
  std::vector<std::thread> workers;
  const auto begin = Clock::now();
  workers.reserve(static_cast<std::size_t>(options.connections));
  for (int i = 0; i < options.connections; ++i) {
    workers.emplace_back([&options, &sample, &stop, &rows, i] { rows += work(options, sample, i, stop); });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stop = true;
  for (auto& worker : workers) worker.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("{\"rows\": %llu, \"seconds\": %.3f, \"per_second\": %.1f}\n",
              static_cast<unsigned long long>(rows.load()), seconds, static_cast<double>(rows.load()) / seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Bare prepared INSERTs, each a transaction: the limit of what a put can be."};
  app.add_option("--dsn", options.dsn, "libpq connection string")->required();
  app.add_option("--sample", options.sample, "Query of one row: the values of $2 and up")->required();
  app.add_option("--insert", options.insert, "The statement; $1 is a fresh id")->required();
  app.add_option("--connections", options.connections, "Connections, each with one statement at a time");
  app.add_option("--seconds", options.seconds, "How long");
  CLI11_PARSE(app, argc, argv);
  return measure(options);
}
