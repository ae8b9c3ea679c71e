#!/bin/bash
# A temporary PostgreSQL cluster for tests: real fsync, a Unix socket, and TLS on a free loopback port with its own CA.
#
#   postgres.sh [--watch PID]   makes and starts one, prints shell variables (eval them), ends it when PID is gone
#   postgres.sh --halt DIR      stops the server at once and keeps its data;  --resume DIR starts it again
#   postgres.sh --stop DIR      stops it and removes everything
#
# PG_DIR         its folder
# PG_SOCKET_DSN  connection string over the Unix socket
# PG_TLS_DSN     connection string over TCP with sslmode=verify-full
# PG_OPEN_DSN    the same port with sslmode=disable: the server refuses it
# The role `sluis` owns the database `sluis`. Run by root, the server runs as the user postgres.
set -euo pipefail

fail() { echo "postgres.sh: $*" >&2; exit 1; }

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || fail "no PostgreSQL server found in /usr/lib/postgresql"

as_server() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

running() { as_server "$bin/pg_ctl" -D "$1/data" status >/dev/null 2>&1; }

start() {
  as_server "$bin/pg_ctl" -D "$1/data" -l "$1/log" -w -t 60 start >/dev/null || { cat "$1/log" >&2; fail "no start"; }
}

halt() {
  if running "$1"; then as_server "$bin/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null; fi
}

stop() {
  [ -f "$1/made-by-postgres.sh" ] || fail "$1 is no folder of this script"
  halt "$1"
  rm -rf "$1"
}

make_certificates() {
  local dir=$1
  (
    cd "$dir/tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
      -subj "/CN=Sluis test database CA"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj "/CN=localhost"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.pem
    rm -f ca.key server.csr
    chmod 600 server.key
    chmod 644 ca.pem
  ) >/dev/null 2>&1 || fail "openssl failed"
}

configure() {
  local dir=$1 port=$2
  cat >> "$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$dir'
ssl = on
ssl_cert_file = '$dir/tls/server.pem'
ssl_key_file = '$dir/tls/server.key'
ssl_min_protocol_version = 'TLSv1.3'
fsync = on
max_connections = 100
max_wal_size = 2GB
CONF
  cat > "$dir/data/pg_hba.conf" <<HBA
local     all all              trust
hostssl   all all 127.0.0.1/32 scram-sha-256
hostnossl all all 127.0.0.1/32 reject
HBA
}

free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

make() {
  local dir port password
  dir=$(mktemp -d "${TMPDIR:-/tmp}/sluis-pg.XXXXXX")
  chmod 755 "$dir"
  mkdir "$dir/tls"
  touch "$dir/made-by-postgres.sh"
  make_certificates "$dir"
  if [ "$(id -u)" = 0 ]; then chown -R postgres "$dir"; fi
  as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-instructions >/dev/null
  # The port is found free now and taken a moment later: another process may be quicker.
  for try in 1 2 3 4 5; do
    port=$(free_port)
    configure "$dir" "$port"
    if as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start >/dev/null 2>&1; then break; fi
    [ "$try" -lt 5 ] || { cat "$dir/log" >&2; fail "the server does not start"; }
  done
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  as_server psql -q -h "$dir" -p "$port" -U postgres -v ON_ERROR_STOP=1 -d postgres <<SQL
create role sluis login password '$password';
create database sluis owner sluis;
SQL
  echo "PG_DIR='$dir'"
  echo "PG_SOCKET_DSN='host=$dir port=$port dbname=sluis user=sluis'"
  echo "PG_TLS_DSN='host=localhost hostaddr=127.0.0.1 port=$port dbname=sluis user=sluis password=$password sslmode=verify-full sslrootcert=$dir/tls/ca.pem'"
  echo "PG_OPEN_DSN='host=localhost hostaddr=127.0.0.1 port=$port dbname=sluis user=sluis password=$password sslmode=disable'"
  if [ -n "$1" ]; then
    setsid "$0" --watcher "$1" "$dir" >/dev/null 2>&1 </dev/null &
  fi
}

case "${1:-}" in
  "") make "" ;;
  --watch) make "$2" ;;
  --watcher)
    while kill -0 "$2" 2>/dev/null && [ -d "$3" ]; do sleep 0.5; done
    if [ -d "$3" ]; then stop "$3"; fi
    ;;
  --halt) halt "$2" ;;
  --resume) start "$2" ;;
  --stop) stop "$2" ;;
  *) fail "usage: postgres.sh [--watch PID] | --halt DIR | --resume DIR | --stop DIR" ;;
esac
