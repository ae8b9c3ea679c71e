#include "gateway/backups/databases.h"

#include <unistd.h>

#include "crypto/hash.h"
#include "gateway/backups/files.h"
#include "store/pg_arguments.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"

namespace sluis::gateway {
namespace {

// A file that goes with its object.
class PasswordFile {
 public:
  static Result<PasswordFile> make(const std::string& folder, const std::string& contents) {
    if (contents.empty()) return PasswordFile("");
    Bytes random(8);
    if (const Status drawn = random_bytes(random); !drawn) return drawn.error();
    std::string path = folder + "/.pgpass-" + to_hex(random);
    if (const auto written = write_file(path, contents); !written) return written.error();
    return PasswordFile(std::move(path));
  }
  PasswordFile(PasswordFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PasswordFile& operator=(PasswordFile&&) = delete;
  ~PasswordFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  const std::string& path() const noexcept { return path_; }

 private:
  explicit PasswordFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct Streams {
  int input = -1, output = -1;
};

Status run_tool(const PgPrograms& programs, const store::PostgresOptions& options, std::vector<std::string> argv,
                Streams streams, const std::stop_token& stop, const OnComplaint& on_complaint) {
  const auto access = store::pg_arguments(options.dsn);
  if (!access) return access.error();
  const auto password = PasswordFile::make(programs.private_folder, access->password_file);
  if (!password) return password.error();
  Program program;
  program.argv = std::move(argv);
  program.argv.front() = programs.folder + '/' + program.argv.front();
  program.argv.push_back("--no-password");
  program.argv.push_back("--dbname=" + access->connection);
  program.environment = program_environment();
  if (!password->path().empty()) program.environment.push_back("PGPASSFILE=" + password->path());
  program.input = streams.input;
  program.output = streams.output;
  program.limit = programs.limit;
  return run_program(program, stop, on_complaint);
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_database(const Database& database) {
  if (database.kind == "sqlite") return store::open_sqlite({database.path, 2});
  store::PostgresOptions options = database.postgres;
  options.connections = 4;
  return store::open_postgres(std::move(options));
}

Result<std::unique_ptr<store::Snapshot>> snapshot_of(const Database& database) {
  return database.kind == "sqlite" ? store::snapshot_sqlite(database.path)
                                   : store::snapshot_postgres(database.postgres);
}

Result<bool> is_empty(const Database& database) {
  return database.kind == "sqlite" ? store::sqlite_is_empty(database.path)
                                   : store::postgres_is_empty(database.postgres);
}

Status forget_sessions(const Database& database) {
  return database.kind == "sqlite" ? store::forget_sessions_sqlite(database.path)
                                   : store::forget_sessions_postgres(database.postgres);
}

Status dump(const PgPrograms& programs, const store::PostgresOptions& options, std::string_view exported, int output,
            const std::stop_token& stop, const OnComplaint& on_complaint) {
  std::vector<std::string> argv{"pg_dump",   "--format=custom",         "--compress=1", "--no-owner", "--no-privileges",
                                "--no-sync", "--lock-wait-timeout=60s", "--snapshot="};
  argv.back() += exported;
  for (const std::string& table : store::table_names()) argv.push_back("--table=" + table);
  return run_tool(programs, options, std::move(argv), {-1, output}, stop, on_complaint);
}

Status base_backup(const PgPrograms& programs, const store::PostgresOptions& options, int output,
                   const std::stop_token& stop, const OnComplaint& on_complaint) {
  std::vector<std::string> argv{"pg_basebackup", "--pgdata=-", "--format=tar", "--wal-method=fetch",
                                "--checkpoint=fast"};
  return run_tool(programs, options, std::move(argv), {-1, output}, stop, on_complaint);
}

Status restore_dump(const PgPrograms& programs, const store::PostgresOptions& options, const std::string& file,
                    const std::stop_token& stop, const OnComplaint& on_complaint) {
  const auto input = open_file(file);
  if (!input) return input.error();
  std::vector<std::string> argv{"pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
                                "--single-transaction"};
  return run_tool(programs, options, std::move(argv), {input->fd(), -1}, stop, on_complaint);
}

}  // namespace sluis::gateway
