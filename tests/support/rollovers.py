"""Rollovers as two officers start them, and what the store itself says about key versions."""
import json
import re
import sqlite3
import subprocess
import time

from deployment import run

ENDED = ("finished", "finished_with_faults", "failed", "cancelled")
# Keys are believed for a moment only, and a gateway that is gone is soon replaced.
QUICK = {"keys": "refresh_ms = 150", "rollover": "lease_seconds = 2\nschedule_seconds = 1"}


def approved(deployment, method, path, body, asks="officer-1", approves="officer-2"):
    """A call that takes four eyes: asked for by one, approved by the other, then made again."""
    one, other = deployment.client(asks), deployment.client(approves)
    asked = one.call(method, path, body)
    assert asked.status == 202, (asked.status, asked.body)
    request = asked.json()
    reply = other.call("POST", f"/v1/approvals/{request['approval']}:approve", {"digest": request["digest"]})
    assert reply.status == 200, (reply.status, reply.body)
    return one.call(method, path, body, {"Sluis-Approval": request["approval"]})


def start(deployment, **wish):
    reply = approved(deployment, "POST", "/v1/rollovers", {"reason": "a test", **wish})
    assert reply.status == 201, (reply.status, reply.body)
    return reply.json()["id"]


def show(deployment, job):
    reply = deployment.client("officer-1").call("GET", f"/v1/rollovers/{job}")
    assert reply.status == 200, (reply.status, reply.body)
    return reply.json()


def act(deployment, job, verb, body=None, good=200):
    reply = deployment.client("officer-1").call("POST", f"/v1/rollovers/{job}:{verb}", body)
    assert reply.status == good, (verb, reply.status, reply.body)
    return reply.json()


def wait(deployment, job, *states, seconds=120, until=None):
    """Waits for one of the states (any end if none is given), or until `until` holds of the job."""
    deadline = time.monotonic() + seconds
    while True:
        found = show(deployment, job)
        if until(found) if until else found["state"] in (states or ENDED):
            return found
        assert until or states or found["state"] not in ENDED, found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


class Rows:
    """The records as the store has them, read by the database's own client."""

    def __init__(self, deployment, cluster=None):
        self.file = None if cluster else deployment.path("store/sluis.db")
        self.dsn = cluster and cluster["PG_SOCKET_DSN"]

    def query(self, sql):
        if self.file:
            with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=20) as database:
                return [tuple(str(value) for value in row) for row in database.execute(sql)]
        text = run("psql", self.dsn, "-qAtX", "-F", "\t", "-c", sql)
        return [tuple(line.split("\t")) for line in text.splitlines()]

    def change(self, sql):
        if self.file:
            with sqlite3.connect(self.file, timeout=20) as database:
                database.execute(sql)
            database.close()
            return
        run("psql", self.dsn, "-qAtX", "-c", sql)

    def versions(self, collection="diplomas"):
        rows = self.query(f"select key_version, count(*) from records where collection = '{collection}' group by 1")
        return {int(version): int(count) for version, count in rows}


def import_records(deployment, records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    deployment.write("records.ndjson", text)
    deployment.sluis("records", "import", "diplomas", deployment.path("records.ndjson"))


def memory_mib(process):
    """Resident memory, at most so far."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


def sluis(deployment, *arguments, profile="officer-1"):
    """The command, with its exit status: for what may be refused."""
    from deployment import BIN
    done = subprocess.run([BIN / "sluis", "--profile", deployment.path(f"{profile}.toml"), *arguments], check=False,
                          capture_output=True, text=True, env=deployment.environment)
    return done.returncode, done.stdout, done.stderr
