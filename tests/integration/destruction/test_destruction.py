"""Promise 3 from outside: each way in which a destruction is refused, by command, and the way to a certificate.

The gateway's day is the test's to choose (libfaketime, steered by a file), since the waiting period is a month.
"""
import glob
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

import pytest
from deployment import BIN, ROOT, Deployment, diplomas
from openapi_check import Description

DESCRIPTION = Description(ROOT / "docs" / "openapi.yaml")
DAY = 86_400
KEY = "/v1/keys/records/diplomas/versions/1"
MASTER = "/v1/keys/master/versions/1"


class House:
    def __init__(self, folder):
        self.gateway = Deployment(folder, options={"backup": 'folder = "backups"\nevery_hours = 0\nkeep = 2'})
        self.clock, self.offset = self.gateway.path("clock"), 0
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        assert library, "the package faketime is not installed"
        self.forward(0)
        self.plain = dict(self.gateway.environment)
        self.gateway.environment.update({"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": self.clock, "FAKETIME_NO_CACHE": "1",
                                         "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
        self.gateway.start()
        for record in diplomas(3):
            content = {k: v for k, v in record.items() if k != "id"}
            assert self.call("registry-backend", "PUT", f"/v1/records/diplomas/{record['id']}", content).status in (201, 204)

    def forward(self, days):
        self.offset += int(days * DAY)
        with open(self.clock + ".new", "w", encoding="ascii") as out:
            out.write(f"+{self.offset}\n")
        os.replace(self.clock + ".new", self.clock)
        if not days:
            return
        # A revocation list is good for 30 days.
        subprocess.run([ROOT / "deploy" / "dev-ca", self.gateway.path("ca"), "crl"], check=True, env=self.gateway.environment,
                       capture_output=True)
        reloads = self.gateway.log_text.count('"event":"reloaded"')
        self.gateway.process.send_signal(signal.SIGHUP)
        self.until(lambda: self.gateway.log_text.count('"event":"reloaded"') > reloads)

    def call(self, who, method, path, body=None, headers=None):
        client = self.gateway.client(who)
        try:
            reply = client.call(method, path, body, headers)
        finally:
            client.close()
        if path.startswith("/v1/keys/") and "versions" in path or "certificates" in path:
            DESCRIPTION.check(method, path, reply)
        return reply

    def obstacles(self, path=KEY):
        reply = self.call("auditor-1", "GET", path + "/blockers")
        assert reply.status == 200, reply.body
        return [blocker["obstacle"] for blocker in reply.json()["blockers"]]

    def sluis(self, who, *arguments, status=0):
        done = subprocess.run([BIN / "sluis", "--profile", self.gateway.path(f"{who}.toml"), *map(str, arguments)], check=False,
                              env=self.gateway.environment, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def approved(self, who, by, method, path, body=None):
        asked = self.call(who, method, path, body)
        assert asked.status == 202, asked.body
        header = self.gateway.approve(asked.json()["approval"], by)
        return self.call(who, method, path, body, header)

    def until(self, what, seconds=120):
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def backup(self):
        """One generation, made and tried; waits until it is."""
        reply = self.call("operator-1", "POST", "/v1/backups")
        assert reply.status == 202, reply.body
        self.until(lambda: (self.call("operator-1", "GET", "/v1/backups").json()["act"] or {"ended": True})["ended"])
        return reply.json()["id"]

    def roll_over(self, body):
        """Asked for by one officer, approved by the other; waits for its end."""
        started = self.approved("officer-1", "officer-2", "POST", "/v1/rollovers", body)
        assert started.status in (200, 201, 202), started.body
        job = started.json()["id"]
        self.until(lambda: self.call("officer-1", "GET", f"/v1/rollovers/{job}").json()["state"] in ("finished", "finished_with_faults", "failed"))
        assert self.call("officer-1", "GET", f"/v1/rollovers/{job}").json()["state"] == "finished"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("destruction"))
    yield made
    made.gateway.stop()


def test_promise_3_refused_while_in_use(house):
    found = house.obstacles()
    assert found[0] == "not-scheduled" and "records" in found and "newer-backups" in found
    shown = house.sluis("custodian-1", "keys", "blockers", "records/diplomas", 1, status=1)
    assert "3 records are under it" in shown and "0 of 2 newer backups" in shown
    assert house.obstacles(MASTER)[:2] == ["not-scheduled", "data-keys"]


def test_promise_3_what_is_blocked_is_not_put_up_for_approval(house):
    reply = house.call("custodian-1", "POST", KEY + ":destroy")
    assert reply.status == 409 and reply.json()["blockers"]
    assert house.sluis("custodian-1", "keys", "destroy", "records/diplomas", 1, status=6)
    assert house.call("officer-1", "GET", "/v1/approvals?state=waiting").json()["approvals"] == []


def test_who_may_not(house):
    for who in ("registry-backend", "operator-1", "auditor-1"):
        for verb in ("schedule-destruction", "withdraw-destruction", "destroy"):
            assert house.call(who, "POST", f"{KEY}:{verb}").status == 403
    assert house.call("custodian-1", "GET", "/v1/keys/records/diplomas/versions/9/blockers").status == 404
    assert house.call("custodian-1", "GET", "/v1/keys/records/diplomas/versions/x/blockers").status == 404
    assert house.call("custodian-1", "POST", KEY + ":schedule-destruction").status >= 400, "it is in use"


def test_promise_3_from_refusals_to_the_certificate(house):
    old = house.backup()
    house.forward(1)
    house.roll_over({"collection": "diplomas", "reason": "the yearly rollover"})
    assert house.call("custodian-1", "POST", KEY + ":schedule-destruction").status == 200
    assert house.obstacles() == ["waiting", "kept-backups", "newer-backups"]
    house.forward(31)
    assert house.obstacles() == ["kept-backups", "newer-backups"]
    first = house.backup()
    house.forward(1)
    second = house.backup()
    house.until(lambda: house.obstacles() == [] or house.call("operator-1", "GET", f"/v1/backups/{old}").json()["state"] == "expired")
    assert house.obstacles() == [] and first != second
    # Whoever removes a backup's row from the store gains nothing.
    house.gateway.stop()
    rows = sqlite3.connect(house.gateway.path("store/sluis.db"))
    with rows:
        kept = rows.execute("select kind, name, revision, body, mac from documents where kind = 'backup' and name = ?", (first,)).fetchall()
        rows.execute("delete from documents where kind = 'backup' and name = ?", (first,))
    rows.close()
    house.gateway.start()
    assert house.obstacles() == ["newer-backups", "missing-backups"]
    assert house.call("custodian-1", "POST", KEY + ":destroy").status == 409
    house.gateway.stop()
    rows = sqlite3.connect(house.gateway.path("store/sluis.db"))
    with rows:
        rows.executemany("insert into documents (kind, name, revision, body, mac) values (?, ?, ?, ?, ?)", kept)
    rows.close()
    house.gateway.start()
    # A custodian asks, an officer approves: two custodians or two officers would not do.
    asked = house.call("custodian-1", "POST", KEY + ":destroy")
    assert asked.status == 202 and asked.json()["needs"] == ["security-officer"]
    approval = asked.json()["approval"]
    house.gateway.approve(approval, "officer-1")
    out = house.gateway.path("certificate.note")
    said = house.sluis("custodian-1", "keys", "destroy", "records/diplomas", 1, "--approval", approval, "--out", out)
    assert "software token" in said and "officer-1" in said and old in said
    key = house.sluis("custodian-1", "hsm", "audit-key", "--origin", "sluis.example/gateway-1", "--pin-file",
                      house.gateway.path("hsm/pin")).strip()
    verified = house.sluis("auditor-1", "keys", "certificates", "verify", out, "--key", key)
    assert "row_empty" in verified
    forged = (house.gateway.folder / "certificate.note").read_text().replace("diplomas", "diplomat")
    house.gateway.write("forged.note", forged)
    house.sluis("auditor-1", "keys", "certificates", "verify", house.gateway.path("forged.note"), "--key", key, status=1)
    listed = house.call("auditor-1", "GET", "/v1/keys/certificates").json()["certificates"]
    assert len(listed) == 1
    assert house.sluis("auditor-1", "keys", "certificates", "get", listed[0]["certificate"]) == open(out, encoding="utf-8").read()
    entries = [e for e in house.gateway.entries(opened=True) if e["leaf"]["action"] == "keys.destroy" and e["leaf"]["outcome"] == "ok"]
    assert any("certificate" in json.dumps(e["payload"]) and re.search("needed_it_and_expired", json.dumps(e["payload"])) for e in entries)
    # Version 1 is gone for good; what is under version 2 reads on.
    reply = house.call("custodian-1", "GET", KEY + "/blockers")
    assert reply.status == 409, reply.body
    record = diplomas(1)[0]["id"]
    read = house.call("registry-backend", "GET", f"/v1/records/diplomas/{record}",
                      headers={"Sluis-Purpose": "register-maintenance", "Sluis-Case": "C-1"})
    assert read.status == 200
