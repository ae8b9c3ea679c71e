"""Failure table, 'process killed at any instant': nothing acknowledged is lost, the log verifies.

SLUIS_KILLS says how often (200; 10 with SLUIS_QUICK). Promise 2 is checked on the way: every plaintext that a client
received has its log entry.
"""
import collections
import contextlib
import http.client
import json
import os
import random
import threading
import time

import pytest
from deployment import READ, Deployment, postgres_cluster

KILLS = int(os.environ.get("SLUIS_KILLS", "10" if os.environ.get("SLUIS_QUICK") else "200"))
CALLERS = 6
BROKEN = (OSError, http.client.HTTPException, AssertionError)


def document(author, number, turn):
    return {"national_number": f"85.07.{number % 28 + 1:02d}-{number % 1000:03d}.{number % 97:02d}",
            "holder_name": f"Holder {author} {number} {turn}", "birth_date": "1985-07-30", "grade": f"grade {turn}",
            "qualification": "Master", "institution": "KU Leuven", "awarded_on": "2010-06-30", "level": "7"}


class Caller(threading.Thread):
    """Writes, replaces, reads, deletes and imports records of its own; remembers what was acknowledged."""

    def __init__(self, deployment, author):
        super().__init__(daemon=True)
        self.deployment, self.author = deployment, author
        self.random = random.Random(author)
        self.known = {}          # id -> document acknowledged, or None for an acknowledged removal
        self.unsure = collections.defaultdict(list)  # id -> what an unanswered write would have left
        self.receipts = []       # (index, action) of replies with plaintext
        self.go, self.end, self.failure = threading.Event(), False, None
        self.acknowledged = 0
        self.turn = 0

    def run(self):
        client = self.deployment.client()
        while not self.end:
            if not self.go.wait(0.05):
                continue
            try:
                self.step(client)
            except (OSError, http.client.HTTPException):
                client.close()
                time.sleep(0.01)
            except Exception as error:  # shown by the test
                self.failure = error
                return

    def step(self, client):
        self.turn += 1
        number = self.random.randrange(40)
        identity = f"k-{self.author}-{number}"
        action = self.random.choices(("put", "get", "search", "delete", "import"), (5, 6, 1, 1, 1))[0]
        getattr(self, action)(client, identity, number)

    def attempt(self, identity, after, call, good):
        """A write: what it would leave is possible from before it is sent until an answer settles it."""
        self.unsure[identity].append(after)
        reply = call()
        if reply.status in good:
            self.known[identity], self.unsure[identity] = after, []
            self.acknowledged += 1
        elif reply.status < 500:
            self.unsure[identity].remove(after)
        assert reply.status in (*good, 404, 503), (reply.status, reply.body)

    def put(self, client, identity, number):
        after = document(self.author, number, self.turn)
        self.attempt(identity, after, lambda: client.call("PUT", f"/v1/records/diplomas/{identity}", after), (201, 204))

    def delete(self, client, identity, number):
        self.attempt(identity, None, lambda: client.call("DELETE", f"/v1/records/diplomas/{identity}"), (204,))

    def get(self, client, identity, number):
        reply = client.call("GET", f"/v1/records/diplomas/{identity}", headers=READ)
        assert reply.status in (200, 404, 503), (reply.status, reply.body)
        if reply.status == 200:
            assert reply.receipt is not None
            self.receipts.append((reply.receipt, "records.read"))
            assert reply.json() in [self.known.get(identity), *self.unsure[identity]], identity

    def search(self, client, identity, number):
        wanted = document(self.author, number, 0)["national_number"]
        reply = client.call("POST", "/v1/records/diplomas:search", {"match": {"national_number": wanted}}, READ)
        assert reply.status in (200, 503), (reply.status, reply.body)
        if reply.status == 200:
            assert bool(reply.receipts) >= bool(reply.json()["records"])
            self.receipts += [(index, "records.search") for index in reply.receipts]

    def imported(self, number):
        identity = f"i-{self.author}-{self.turn}-{number}"
        return identity, document(self.author, number, self.turn)

    def import_(self, client):
        rows = dict(self.imported(n) for n in range(20))
        for identity, row in rows.items():
            self.unsure[identity].append(row)
        lines = "".join(json.dumps({"id": i, **row}) + "\n" for i, row in rows.items()).encode()
        reply = client.call("POST", f"/v1/records/diplomas:import?import=i-{self.author}-{self.turn}&from_line=1", lines,
                            {"Content-Type": "application/x-ndjson"})
        assert reply.status in (200, 503), (reply.status, reply.body)
        if reply.status == 200:
            assert reply.json()["errors"] == 0, reply.body
            for identity, row in rows.items():
                self.known[identity], self.unsure[identity] = row, []
            self.acknowledged += len(rows)

    def check(self, client, identities):
        for identity in identities:
            reply = client.call("GET", f"/v1/records/diplomas/{identity}", headers=READ)
            assert reply.status in (200, 404), (identity, reply.status, reply.body)
            found = reply.json() if reply.status == 200 else None
            possible = [self.known.get(identity), *self.unsure[identity]]
            assert found in possible, f"{identity}: found {found}, acknowledged {self.known.get(identity)}"
            if reply.status == 200:
                self.receipts.append((reply.receipt, "records.read"))
            self.known[identity], self.unsure[identity] = found, []


setattr(Caller, "import", lambda self, client, identity, number: self.import_(client))


@contextlib.contextmanager
def stores(kind):
    if kind == "sqlite":
        yield None
        return
    with postgres_cluster() as cluster:
        yield f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"\nconnections = 8'


def run_and_kill(deployment, callers, chance):
    deployment.start()
    for caller in callers:
        caller.go.set()
    time.sleep(chance.uniform(0.02, 0.6))
    deployment.kill()
    for caller in callers:
        caller.go.clear()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_process_killed_at_any_instant(tmp_path, kind):
    chance = random.Random(20260101)
    with stores(kind) as store:
        deployment = Deployment(tmp_path, store)
        callers = [Caller(deployment, author) for author in range(CALLERS)]
        for caller in callers:
            caller.start()
        for _ in range(KILLS):
            run_and_kill(deployment, callers, chance)
            assert not any(c.failure for c in callers), [c.failure for c in callers]
        for caller in callers:
            caller.end = True
            caller.go.set()
            caller.join(60)
            assert not caller.is_alive() and caller.failure is None, caller.failure
        deployment.start()
        client = deployment.client()
        for caller in callers:
            caller.check(client, sorted(set(caller.known) | set(caller.unsure)))
        leaves = {entry["index"]: entry["leaf"] for entry in deployment.entries()}
        assert deployment.stop() == 0
    receipts = [receipt for caller in callers for receipt in caller.receipts]
    assert len(receipts) > KILLS and sum(c.acknowledged for c in callers) > KILLS
    for index, action in receipts:
        assert leaves[index]["action"] == action and leaves[index]["outcome"] == "ok", (index, action, leaves.get(index))
    assert len({index for index, _ in receipts}) == len(receipts)
    found = deployment.verify_log()
    assert found["good"] and found["entries"] >= len(leaves)
    print(f"{kind}: {KILLS} kills, {sum(c.acknowledged for c in callers)} acknowledged writes, {len(receipts)} plaintexts, "
          f"{found['entries']} log entries")
