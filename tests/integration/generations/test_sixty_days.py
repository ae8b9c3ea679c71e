"""Three generations over sixty days, on the real sluisd: the day is simulated, all else is real.

Each day people write, the schedule makes a generation and tries it, the oldest expires, and whoever hosts the disk keeps
a copy of everything. Every ten days officers roll everything over; a month later, when no kept generation needs the old
master key, a custodian and an officer destroy it. Each day every kept generation restores and opens, and no copy of an
expired one whose master key was destroyed does, by trying.
"""
import json
import os
import shutil
import subprocess
import time

from clock import DAY, Clock
from deployment import BIN, ROOT, diplomas, run
from house import House
from rollovers import QUICK as QUICK_KEYS
from rollovers import approved, start, wait

QUICK = bool(os.environ.get("SLUIS_QUICK"))
DAYS = 40 if QUICK else 60
KEEP = 3
ROLLOVERS = range(3, DAYS, 10)  # days
WAITING = 31  # days between the word that a master key is to be destroyed and the deed


class Register(House):
    def __init__(self, folder):
        super().__init__(folder, "sqlite", options="every_hours = 24\nkeep = 3\ndrill_records = 0",
                         more=QUICK_KEYS)
        self.clock = Clock(self.deployment)
        self.records = {}
        self.master, self.destroyed, self.scheduled = 1, set(), {}
        self.cloud = self.deployment.folder / "cloud"
        self.cloud.mkdir()

    def work(self, day):
        """A day at the register: some are added, one is corrected, one is removed."""
        client = self.deployment.client()
        for record in diplomas(4, first=1 + 4 * day):
            self.records[record["id"]] = record
        ids = sorted(self.records)
        changed = self.records[ids[day % len(ids)]]
        changed["holder_name"] += " bis"
        removed = ids[-1] if day % 3 == 2 else None
        for record in [*diplomas(4, first=1 + 4 * day), changed]:
            record = self.records[record["id"]]
            content = {k: v for k, v in record.items() if k != "id"}
            assert client.call("PUT", f"/v1/records/diplomas/{record['id']}", content).status in (201, 204)
        if removed:
            assert client.call("DELETE", f"/v1/records/diplomas/{removed}").status == 204
            del self.records[removed]
        client.close()

    def generations(self):
        return self.call("GET", "/v1/backups").json()["backups"]

    def todays(self, count, seconds=60):
        """Until the schedule has made so many in all, and nothing is under way."""
        deadline = time.monotonic() + seconds
        while True:
            reply = self.call("GET", "/v1/backups").json()
            good = [g for g in reply["backups"] if g["drill"] and g["drill"]["passed"]]
            if len(good) == count and reply["act"]["ended"]:
                return reply
            assert time.monotonic() < deadline, (count, reply, self.deployment.log_text[-2000:])
            time.sleep(0.1)

    def roll_over(self):
        """Master key, keys and data, by two officers."""
        job = wait(self.deployment, start(self.deployment, full=True))
        assert job["state"] == "finished", job
        self.master += 1

    def schedule_destruction(self, version, day):
        reply = self.call("POST", f"/v1/keys/master/versions/{version}:schedule-destruction", who="custodian-1")
        assert reply.status == 200, reply.body
        self.scheduled[version] = day

    def destroy(self, version):
        path = f"/v1/keys/master/versions/{version}"
        blockers = self.call("GET", path + "/blockers", who="auditor-1").json()
        assert blockers["blockers"] == [], blockers
        reply = approved(self.deployment, "POST", path + ":destroy", None, asks="custodian-1", approves="officer-1")
        assert reply.status == 200, reply.body
        self.destroyed.add(version)

    def keep_aside(self, identity):
        if not (self.cloud / identity).exists():
            shutil.copytree(self.folder / identity, self.cloud / identity)

    def new_revocation_list(self):
        run(ROOT / "deploy" / "dev-ca", self.deployment.path("ca"), "crl", env=self.deployment.environment)
        self.deployment.process.send_signal(1)

    def opens(self, identity):
        """Tries the host's copy as somebody would who has the HSM: into an empty store of its own."""
        trial = self.deployment.folder / "trial"
        shutil.rmtree(trial, ignore_errors=True)
        trial.mkdir(mode=0o700)
        config = (self.deployment.folder / "sluis.toml").read_text().replace('"store/sluis.db"', '"trial/sluis.db"')
        self.deployment.write("trial.toml", config)
        done = subprocess.run([BIN / "sluisd", "--config", self.deployment.path("trial.toml"), "--restore",
                               str(self.cloud / identity / "manifest.json")], env=self.deployment.environment, check=False,
                              capture_output=True, text=True)
        assert (done.returncode == 0) == (trial / "sluis.db").exists(), done.stderr
        return done.returncode == 0


def destroy_in_hsm(h, version):
    """As the facility does with its vendor's tool."""
    pin = (h.deployment.folder / "hsm" / "pin").read_text()
    subprocess.run(["pkcs11-tool", "--module", "/usr/lib/softhsm/libsofthsm2.so", "--login", "--pin", pin, "--token-label",
                    "sluis", "--delete-object", "--type", "secrkey", "--label", f"sluis-master-m{version}"],
                   env={**os.environ, "SOFTHSM2_CONF": h.deployment.environment["SOFTHSM2_CONF"]}, check=True,
                   capture_output=True)


def keys_of_the_day(h, day):
    """What officers and custodians do: roll over, say that the old master key is to go, destroy it when it may."""
    if day in ROLLOVERS:
        h.roll_over()
    if day - 1 in ROLLOVERS:
        h.schedule_destruction(h.master - 1, day)
    for version in [v for v, since in h.scheduled.items() if day == since + WAITING]:
        h.destroy(version)


def needed(h, identity):
    """The master keys that a copy needs, by its own manifest."""
    return set(json.loads((h.cloud / identity / "manifest.json").read_text())["masters"])


def test_each_day_three_generations_restore_and_open_and_no_expired_one_does(tmp_path):
    h = Register(tmp_path)
    h.deployment.start()
    begun, tried = h.clock.now(), 0
    for day in range(DAYS):
        reply = h.todays(day + 1)
        kept = [g for g in reply["backups"] if g["state"] == "made"]
        newest = kept[0]
        assert newest["trigger"] == "schedule" and [g["good"] for g in kept] == [True] * min(day + 1, KEEP)
        assert sorted(h.names()) == sorted(g["id"] for g in kept), "what is expired is gone from the folder"
        assert sum(newest["records"].get("diplomas", {}).values()) == len(h.records), "all of yesterday's work is in it"
        assert newest["masters"] == [h.master], "nothing is left under an older master key"
        h.keep_aside(newest["id"])
        for generation in kept:
            drill = h.drill(generation["id"])
            assert drill["passed"] and drill["opened"] == sum(generation["records"].get("diplomas", {}).values()), drill
        lost = [p.name for p in h.cloud.iterdir() if needed(h, p.name) & h.destroyed]
        assert not set(lost) & {g["id"] for g in kept}
        assert [i for i in lost if h.opens(i)] == []
        tried += len(lost)
        h.work(day)
        keys_of_the_day(h, day)
        h.clock.forward(DAY)
        if day % 20 == 19:
            h.new_revocation_list()
    assert h.clock.now() - begun > (DAYS - 0.1) * DAY
    assert h.destroyed and tried > 0 and h.master == 1 + len(ROLLOVERS)
    copies = sorted(p.name for p in h.cloud.iterdir())
    assert len(copies) == DAYS
    # What is not destroyed yet opens, so that the trial can tell.
    assert h.opens(copies[-1]) and not h.opens(copies[0])
    h.reads(list(h.records.values())[:10])
    assert h.deployment.stop() == 0
    assert h.deployment.verify_log()["good"]
    h.deployment.start()
    passed = [e for e in h.actions("backups.drill") if e["outcome"] == "ok"]
    assert len({e["time"][:10] for e in passed}) >= DAYS, "the log has it day by day"
    assert len([e for e in h.actions("backups.expire") if e["outcome"] == "ok"]) >= DAYS - KEEP
    h.deployment.stop()
    # At last the facility takes its keys away: nothing that the host has ever copied opens.
    for version in set(range(1, h.master + 1)) - h.destroyed:
        destroy_in_hsm(h, version)
    assert [i for i in copies if h.opens(i)] == []
