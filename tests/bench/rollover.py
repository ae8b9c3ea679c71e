"""Group `rollover`: re-encryption of records against a bare UPDATE of the same bytes, its memory, its growth with the
collection, what readers notice of it, and the rewrapping of data keys against what the HSM does bare."""
import http.client
import json
import ssl
import threading
import time

import measure as m
from gateway import Gateway
from postgres import cluster
from processes import Failed, memory, reset_peak, run
from records import generate, get_request

CONNECTIONS = 16
READERS = 8          # connections
READ_RATE = 200      # calls a second
THROTTLE = {"rate": 1500}
KEYS = 100_000
MAKERS = 8
HSM_THREADS = 4
SEALED = "national_number,holder_name,birth_date,grade"


class Officers:
    """Two of them, who start rollovers together."""

    def __init__(self, gateway):
        self.gateway = gateway

    def call(self, name, method, path, body=None, headers=None):
        context = ssl.create_default_context(cafile=self.gateway.ca("server-ca.pem"))
        context.load_cert_chain(self.gateway.ca(f"{name}.pem"), self.gateway.ca(f"{name}.key"))
        connection = http.client.HTTPSConnection("127.0.0.1", self.gateway.port, timeout=60, context=context)
        try:
            connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        if reply.status >= 300:
            raise Failed(f"{method} {path}: {reply.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def start(self, **wish):
        body = {"reason": "a benchmark", **wish}
        asked = self.call("officer-1", "POST", "/v1/rollovers", body)
        self.call("officer-2", "POST", f"/v1/approvals/{asked['approval']}:approve", {"digest": asked["digest"]})
        return self.call("officer-1", "POST", "/v1/rollovers", body, {"Sluis-Approval": asked["approval"]})["id"]

    def finish(self, job):
        while True:
            found = self.call("officer-1", "GET", f"/v1/rollovers/{job}")
            if found["state"] == "finished":
                return found
            if found["state"] not in ("queued", "preparing", "sweeping", "verifying"):
                raise Failed(f"the rollover is {found['state']}: {found}")
            time.sleep(0.1)


def fill(gateway, database, count):
    database.sql("truncate records, record_terms, imports, import_errors")
    source = generate(gateway.binaries, gateway.folder / "register.ndjson", count)
    gateway.sluis("records", "import", "diplomas", source, "--import-id", f"bench-{count}-{time.time_ns()}")
    source.unlink()
    database.sql("vacuum analyze records", "vacuum analyze record_terms")


def sweep(gateway, database, officers, count):
    """Records a second, from the officers' word to the full scan's."""
    database.checkpoint()
    reset_peak(gateway.process.pid)
    begin = time.monotonic()
    found = officers.finish(officers.start(collection="diplomas"))
    rate = count / (time.monotonic() - begin)
    if found["done"] != count:
        raise Failed(f"{found['done']} of {count} records were re-encrypted")
    return rate, memory(gateway.process.pid, "VmHWM")


def bare_update(database, count):
    """The same bytes in one statement of the server's own: envelope, key version and terms, and the terms' index."""
    database.sql("drop table if exists bare_records, bare_terms",
                 "create table bare_records (like records including all)", "create table bare_terms (like record_terms including all)",
                 "insert into bare_records select * from records", "insert into bare_terms select * from record_terms",
                 "vacuum analyze bare_records", "vacuum analyze bare_terms")
    database.checkpoint()
    begin = time.monotonic()
    database.sql("begin",
                 "update bare_records set key_version = key_version + 1, envelope = set_byte(envelope, 40, 255 - get_byte(envelope, 40)), "
                 "terms = (select array_agg(set_byte(t, 8, 255 - get_byte(t, 8))) from unnest(terms) t)",
                 "update bare_terms set term = set_byte(term, 8, 255 - get_byte(term, 8))", "commit")
    rate = count / (time.monotonic() - begin)
    database.sql("drop table bare_records, bare_terms")
    return rate


def speed(gateway, database, officers, quick):
    """(a) to (c)"""
    count = 20_000 if quick else 1_000_000
    many = 4 * count
    fill(gateway, database, count)
    ours, peak = sweep(gateway, database, officers, count)
    limit = bare_update(database, count)
    fill(gateway, database, many)
    at_many, peak_many = sweep(gateway, database, officers, many)
    return [
        m.more_is_better(f"re-encryption of {m.number(count)} records, 4 sealed fields, 2 indexed", ours, "records/s",
                         "bare server-side UPDATE of the same bytes", limit, 0.4),
        m.more_is_better(f"the same of {m.number(many)}", at_many, "records/s", f"rate at {m.number(count)}", ours, 0.85),
        m.less_is_better("memory during it", max(peak, peak_many), "MiB", "200 MiB", 200, 1.0),
    ]


def readers(gateway, database, officers, quick):
    """(d) Reads at a steady rate, with and without a throttled sweep beside them."""
    count = 20_000 if quick else 200_000
    seconds = 2 if quick else 15
    fill(gateway, database, count)
    ids = gateway.folder / "ids"
    ids.write_text("".join(f"d-{n:010}\n" for n in range(1, 10_001)))
    request = get_request(f"/v1/records/diplomas/{{id}}?fields={SEALED}")

    def read():
        return gateway.load(request, READERS, seconds, ids=["--ids", ids], rate=READ_RATE)["p99_ms"]

    read()  # what is usual is known to the gateway from now on
    idle = [read(), read()]
    job = officers.start(collection="diplomas", **THROTTLE)
    while officers.call("officer-1", "GET", f"/v1/rollovers/{job}")["done"] == 0:
        time.sleep(0.05)
    busy = [read(), read()]
    if officers.call("officer-1", "GET", f"/v1/rollovers/{job}")["state"] != "sweeping":
        raise Failed("the sweep had ended before the reads")
    officers.call("officer-1", "POST", f"/v1/rollovers/{job}:cancel")
    return [m.less_is_better(f"reads' p99 at {READ_RATE} calls/s during a sweep of {THROTTLE['rate']} records/s", min(busy), "ms",
                             "twice the idle p99", 2 * min(idle), 1.0)]


def make_keys(gateway, first, count):
    context = ssl.create_default_context(cafile=gateway.ca("server-ca.pem"))
    context.load_cert_chain(gateway.ca("officer-1.pem"), gateway.ca("officer-1.key"))
    connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=60, context=context)
    for number in range(first, count, MAKERS):
        connection.request("POST", f"/v1/transit/keys/many-{number:06}", "{}", {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status >= 300:
            raise Failed(f"a key was not made: {reply.status} {text!r}")
    connection.close()


def master(gateway, officers, quick):
    """(e) The master key's rollover: data keys a second, against the HSM opening and wrapping them alone."""
    count = 1000 if quick else KEYS
    makers = [threading.Thread(target=make_keys, args=(gateway, first, count)) for first in range(MAKERS)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    bare = json.loads(run([gateway.binaries / "bench-hsm-rewrap", 1 if quick else 8, HSM_THREADS]))["per_second"]
    begin = time.monotonic()
    found = officers.finish(officers.start(master=True))
    rate = found["done"] / (time.monotonic() - begin)
    if found["done"] < count:
        raise Failed(f"{found['done']} of {count} data keys were rewrapped")
    return [m.more_is_better(f"master rollover of {m.number(count)} data keys", rate, "keys/s", "the HSM's open and wrap alone", bare,
                             0.5)]


def measure(folder, binaries, quick):
    with cluster() as database:
        gateway = Gateway(folder / "rollover", binaries)
        gateway.set_up(f'kind = "postgresql"\ndsn = "{database.dsn}"\nconnections = {CONNECTIONS}')
        config = gateway.folder / "sluis.toml"
        config.write_text("[keys]\nrefresh_ms = 100\n\n" + config.read_text())
        with gateway.running():
            officers = Officers(gateway)
            return speed(gateway, database, officers, quick) + readers(gateway, database, officers, quick) + \
                master(gateway, officers, quick)
