"""Group `records`: reads from SQLite, puts and imports on PostgreSQL, memory."""
import json
import subprocess
import time

import measure as m
from gateway import Gateway
from nginx import nginx
from postgres import cluster
from processes import memory, reset_peak, run

READ_CONNECTIONS = 128
PUT_CONNECTIONS = 16
READABLE = 10_000
SEALED = "national_number,holder_name,birth_date,grade"


def generate(binaries, path, count, first=1):
    with open(path, "wb") as out:
        subprocess.run([binaries / "register-generator", "--seed", "1", "--first", str(first), "--count", str(count)],
                       stdout=out, check=True)
    return path


def get_request(target):
    return (f"GET {target} HTTP/1.1\r\nHost: localhost\r\nSluis-Purpose: citizen-request\r\nSluis-Case: bench-1\r\n\r\n").encode()


def reads(folder, binaries, quick):
    """(a) One record's four sealed fields, each read logged durably, against nginx and a static body of that size."""
    seconds = 1 if quick else 6
    gateway = Gateway(folder / "sqlite", binaries)
    gateway.set_up('kind = "sqlite"\npath = "store/sluis.db"')
    with gateway.running():
        gateway.sluis("records", "import", "diplomas", generate(binaries, folder / "readable.ndjson", READABLE))
        body = gateway.sluis("--json", "records", "get", "diplomas", "d-0000000042", "--fields", SEALED,
                             "--purpose", "citizen-request", "--case", "bench-1").strip().encode()
        ids = folder / "ids"
        ids.write_text("".join(f"d-{n:010}\n" for n in range(1, READABLE + 1)))
        ours = get_request(f"/v1/records/diplomas/{{id}}?fields={SEALED}")
        with nginx(folder / "nginx", body, gateway.ca("server.pem"), gateway.ca("server.key")) as port:
            sluis, limit = m.alternating(
                lambda: gateway.load(ours, READ_CONNECTIONS, seconds, ids=["--ids", ids])["rps"],
                lambda: gateway.load(get_request("/body"), READ_CONNECTIONS, seconds, port=port)["rps"])
    return [m.more_is_better("record read, 4 sealed fields, SQLite, durable log, 128 connections", sluis, "calls/s",
                             f"nginx, static body of {len(body)} bytes", limit, 0.3)]


def put_request(record):
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    head = (f"PUT /v1/records/diplomas/{{id}} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


BARE = ("with r as (insert into bare_records (collection, id, revision, key_version, terms, open_fields, envelope)"
        " values ('diplomas', $1, $2, $3, $4, $5, $6)) "
        "insert into bare_terms (collection, term, id) select 'diplomas', t, $1 from unnest($4) t")


def puts(gateway, database, quick):
    """(b) Single puts against bare prepared INSERTs of the same row and index entry, over as many connections."""
    seconds = 1 if quick else 6
    record = json.loads(run([gateway.binaries / "register-generator", "--seed", "2", "--count", "1"]))
    del record["id"]
    request = put_request(record)
    rounds = iter(range(100))

    def sluis():
        database.checkpoint()
        return gateway.load(request, PUT_CONNECTIONS, seconds, ids=["--id-prefix", f"put-{next(rounds)}-", "--id-count", "1000000"])["rps"]

    def bare():
        database.checkpoint()
        return json.loads(run([
            gateway.binaries / "bench-pg-insert", "--dsn", database.dsn, "--connections", PUT_CONNECTIONS, "--seconds", seconds,
            "--sample", "select revision, key_version, terms, open_fields, envelope from records where id like 'put-%' limit 1",
            "--insert", BARE]))["per_second"]

    value, limit = m.alternating(sluis, bare)
    return [m.more_is_better(f"record put, PostgreSQL, {PUT_CONNECTIONS} connections", value, "calls/s",
                             "bare prepared INSERT of the same bytes", limit, 0.6)]


def timed(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def imports(folder, gateway, database, quick):
    """(c), (d) An import against COPY of the rows that it made, and the memory it takes."""
    count = 20_000 if quick else 1_000_000
    source = generate(gateway.binaries, folder / "register.ndjson", count)
    dumps = {"records": folder / "records.copy", "record_terms": folder / "terms.copy"}
    rounds = iter(range(100))
    peaks = []

    def sluis():
        database.sql("truncate records, record_terms, imports, import_errors")
        database.checkpoint()
        reset_peak(gateway.process.pid)
        seconds = timed(lambda: gateway.sluis("records", "import", "diplomas", source, "--import-id", f"bench-{next(rounds)}"))
        peaks.append(memory(gateway.process.pid, "VmHWM"))
        return count / seconds

    def copy():
        for table, path in dumps.items():
            database.copy_out(table, path)
        database.sql("truncate bare_records, bare_terms")
        database.checkpoint()
        seconds = timed(lambda: (database.copy_in("bare_records", dumps["records"]),
                                 database.copy_in("bare_terms", dumps["record_terms"])))
        return count / seconds

    value, limit = m.alternating(sluis, copy)
    return [
        m.more_is_better(f"import of {m.number(count)} records, PostgreSQL", value, "records/s", "bare COPY of the same bytes",
                         limit, 0.4),
        m.less_is_better("memory during that import", max(peaks), "MiB", "200 MiB", 200, 1.0),
    ]


def measure(folder, binaries, quick):
    rows = reads(folder, binaries, quick)
    with cluster() as database:
        gateway = Gateway(folder / "postgres", binaries)
        gateway.set_up(f'kind = "postgresql"\ndsn = "{database.dsn}"\nconnections = {PUT_CONNECTIONS}')
        with gateway.running():
            idle = memory(gateway.process.pid, "VmRSS")
            database.sql("create table bare_records (like records including all)",
                         "create table bare_terms (like record_terms including all)")
            rows += puts(gateway, database, quick)
            rows += imports(folder, gateway, database, quick)
        rows.append(m.less_is_better("memory when idle", idle, "MiB", "60 MiB", 60, 1.0))
    return rows
