"""Killed at any instant of a sweep: no record lost, doubled or unreadable, no search missing a row, the sweep finishes.

SLUIS_SWEEP_KILLS and SLUIS_SWEEP_RECORDS say how often and how many (300 and 200 000; 12 and 6 000 with SLUIS_QUICK).
"""
import contextlib
import http.client
import json
import os
import random
import threading
import time

import pytest
from deployment import READ, Deployment, diplomas, postgres_cluster
from rollovers import ENDED, QUICK, Rows, act, import_records, show, start, wait

SMALL = bool(os.environ.get("SLUIS_QUICK"))
KILLS = int(os.environ.get("SLUIS_SWEEP_KILLS", "12" if SMALL else "300"))
RECORDS = int(os.environ.get("SLUIS_SWEEP_RECORDS", "6000" if SMALL else "200000"))
CALLERS = 8
UP = 0.25  # seconds that the gateway is up, on average
CUT_OFF = (OSError, http.client.HTTPException)


class Caller(threading.Thread):
    """Writes, removes and searches among an eighth of the records; half of them it never touches."""

    def __init__(self, deployment, author, records):
        super().__init__(daemon=True)
        self.deployment, self.author = deployment, author
        self.random = random.Random(author)
        own = records[author::CALLERS]
        self.still, self.moving = own[::2], own[1::2]
        self.known = {}   # id -> document acknowledged, None for an acknowledged removal; of those touched
        self.unsure = {}  # id -> what unanswered writes would have left
        self.go, self.end, self.failure = threading.Event(), False, None
        self.writes = self.searches = self.turn = 0

    def run(self):
        client = self.deployment.client()
        while not self.end:
            if not self.go.wait(0.05):
                continue
            try:
                self.step(client)
            except CUT_OFF:
                client.close()
                time.sleep(0.02)
            except Exception as error:  # shown by the test
                self.failure = error
                return

    def step(self, client):
        self.turn += 1
        act_ = self.random.choices((self.put, self.delete, self.search), (3, 1, 4))[0]
        act_(client)

    def attempt(self, record, after, call, good):
        identity = record["id"]
        self.known.setdefault(identity, body_of(record))
        self.unsure.setdefault(identity, []).append(after)
        reply = call()
        if reply.status in good:
            self.known[identity], self.unsure[identity] = after, []
            self.writes += 1
        elif reply.status < 500:
            self.unsure[identity].remove(after)
        assert reply.status in (*good, 404, 503), (reply.status, reply.body)

    def put(self, client):
        record = self.random.choice(self.moving)
        after = {**body_of(record), "qualification": f"turn {self.turn}"}
        self.attempt(record, after, lambda: client.call("PUT", path_of(record), after), (201, 204))

    def delete(self, client):
        record = self.random.choice(self.moving)
        self.attempt(record, None, lambda: client.call("DELETE", path_of(record)), (204,))

    def search(self, client):
        record = self.random.choice(self.still)
        reply = client.call("POST", "/v1/records/diplomas:search",
                            {"match": {"national_number": record["national_number"]}, "limit": 1000}, READ)
        assert reply.status in (200, 503), (reply.status, reply.body)
        if reply.status == 200:
            self.searches += 1
            found = {row.pop("id"): row for row in reply.json()["records"]}
            assert record["id"] in found, f"a search missed {record['id']}"
            assert found[record["id"]].get("fields", found[record["id"]]) == body_of(record)

    def possible(self, record):
        identity = record["id"]
        return [self.known.get(identity, body_of(record)), *self.unsure.get(identity, [])]


def body_of(record):
    return {name: value for name, value in record.items() if name != "id"}


def path_of(record):
    return f"/v1/records/diplomas/{record['id']}"


@contextlib.contextmanager
def stores(kind):
    if kind == "sqlite":
        yield None, None
        return
    with postgres_cluster() as cluster:
        yield f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"\nconnections = 8', cluster


def run_and_kill(deployment, callers, chance, job):
    """One life of the gateway. Gives the rollover at hand: another one where the last has ended."""
    deployment.start()
    found = show(deployment, job) if job else {"state": "finished"}
    if found["state"] in ENDED:
        assert found["state"] == "finished", found
        job = start(deployment, collection="diplomas", rate=int(RECORDS / KILLS / UP / 1.3))
    for caller in callers:
        caller.go.set()
    time.sleep(chance.uniform(0.02, 2 * UP))
    deployment.kill()
    for caller in callers:
        caller.go.clear()
    return job


def exported(deployment):
    """Every record, as the gateway opens it."""
    out = deployment.path("export.ndjson")
    deployment.sluis("records", "export", "diplomas", "--output", out, "--purpose", READ["Sluis-Purpose"], "--case",
                     READ["Sluis-Case"])
    found = {}
    with open(out, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            assert record["id"] not in found, f"{record['id']} twice"
            found[record["id"]] = body_of(record)
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_at_any_instant_of_a_sweep(tmp_path, kind):
    chance = random.Random(20260401)
    with stores(kind) as (store, cluster):
        deployment = Deployment(tmp_path, store, QUICK).start()
        rows = Rows(deployment, cluster)
        records = diplomas(RECORDS)
        import_records(deployment, records)
        deployment.stop()
        callers = [Caller(deployment, author, records) for author in range(CALLERS)]
        for caller in callers:
            caller.start()
        job, jobs, swept = None, set(), 0
        for _ in range(KILLS):
            job = run_and_kill(deployment, callers, chance, job)
            jobs.add(job)
            assert not any(c.failure for c in callers), [c.failure for c in callers]
        deployment.start()
        for caller in callers:
            caller.go.set()
        if show(deployment, job)["state"] not in ENDED:
            act(deployment, job, "throttle", {"rate": 0})
        ended = wait(deployment, job, seconds=240)
        for caller in callers:
            caller.end = True
            caller.go.set()
            caller.join(60)
            assert not caller.is_alive() and caller.failure is None, caller.failure
        assert ended["state"] == "finished" and ended["left"] == 0, ended
        newest = ended["steps"][0]["version"]
        assert set(rows.versions()) == {newest}, rows.versions()
        found = exported(deployment)
        for number, record in enumerate(records):
            possible = callers[number % CALLERS].possible(record)
            assert found.pop(record["id"], None) in possible, record["id"]
        assert not found, f"{len(found)} records that nobody wrote"
        assert deployment.stop() == 0
        assert deployment.verify_log()["good"]
    swept = sum(caller.searches for caller in callers)
    assert swept > KILLS and sum(caller.writes for caller in callers) > KILLS
    print(f"{kind}: {KILLS} kills in {len(jobs)} sweeps of {RECORDS} records, {sum(c.writes for c in callers)} writes, "
          f"{swept} searches")
