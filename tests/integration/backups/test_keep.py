"""Which generations are kept, where, and those that others made."""
import json
import pathlib
import sqlite3
import subprocess
import time

import pytest
from house import house

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def states(h):
    return {g["id"]: (g["state"], g["good"]) for g in h.call("GET", "/v1/backups").json()["backups"]}


def test_good_ones_are_kept_and_failed_ones_expire_nothing(tmp_path):
    with house(tmp_path, "sqlite", options="keep = 2") as h:
        h.put(5)
        first, second = h.made()["id"], h.made()["id"]
        spoilt = h.made()["id"]
        assert states(h)[first] == ("expired", False) and not (h.folder / first).exists()
        data = h.folder / spoilt / "store.db"
        data.write_bytes(data.read_bytes()[:-1] + b"x")
        assert not h.drill(spoilt)["passed"]
        assert states(h)[second] == ("made", True)
        last = h.made()["id"]
        # Two good ones: second and last. The spoilt one between them does not count, and goes only when it is older.
        assert states(h) == {first: ("expired", False), second: ("made", True), spoilt: ("made", False), last: ("made", True)}
        newest = h.made()["id"]
        assert states(h)[second] == ("expired", False) and states(h)[spoilt] == ("expired", False)
        assert sorted(h.names()) == sorted([last, newest])
        expired = h.show(first)
        assert expired["expired"] and expired["masters"] == [1], "what it needed is known for good"
        assert h.call("POST", f"/v1/backups/{newest}:expire").status == 409
        assert [e["outcome"] for e in h.actions("backups.expire")].count("ok") == 3


def scripts(tmp_path, spoil=""):
    """An object store: one file an object, under ID/NAME."""
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    for name, body in {"put": f'mkdir -p "{cloud}/$1" && cat {spoil} > "{cloud}/$1/$2"', "get": f'cat "{cloud}/$1/$2"',
                       "remove": f'rm -f "{cloud}/$1/$2"'}.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    lines = [f'{key} = ["{tmp_path}/{name}", "{{id}}", "{{name}}"]'
             for key, name in (("command", "put"), ("fetch_command", "get"), ("expire_command", "remove"))]
    return cloud, "\n".join(lines)


@BOTH
def test_command_target_stores_fetches_and_expires(tmp_path, kind):
    cloud, lines = scripts(tmp_path)
    with house(tmp_path, kind, options=lines + "\nkeep = 1") as h:
        records = h.put(10)
        first = h.made()
        assert first["place"] == "command"
        names = sorted([first["file"], "manifest.json", "manifest.note"])
        assert sorted(p.name for p in (cloud / first["id"]).iterdir()) == names
        assert sorted(p.name for p in (h.folder / first["id"]).iterdir()) == ["manifest.json", "manifest.note"]
        second = h.made()
        assert list((cloud / first["id"]).iterdir()) == [] and h.show(first["id"])["state"] == "expired"
        (cloud / second["id"] / second["file"]).write_bytes(b"something else")
        assert "SHA-256" in h.drill(second["id"])["problem"]
        h.reads(records)


def test_command_that_fails_makes_no_generation_and_its_words_are_in_the_operational_log(tmp_path):
    _, lines = scripts(tmp_path)
    (tmp_path / "put").write_text("#!/bin/sh\nhead -c 100 > /dev/null\necho the bucket is full >&2\nexit 3\n")
    with house(tmp_path, "sqlite", options=lines) as h:
        h.put(3)
        generation, problem = h.create()
        assert generation["state"] == "failed" and "failed" in problem and h.names() == []
        assert "the bucket is full" in h.deployment.log_text


@BOTH
def test_registered_backup_counts_once_its_drill_has_looked_into_it(tmp_path, kind):
    with house(tmp_path, kind) as h:
        h.put(12)
        if kind == "sqlite":
            path = tmp_path / "theirs.db"
            with sqlite3.connect(tmp_path / "store" / "sluis.db") as db:
                db.execute("vacuum into ?", (str(path),))
        else:
            path = tmp_path / "theirs.dump"
            subprocess.run(["pg_dump", "--format=custom", f"--file={path}", h.cluster["PG_SOCKET_DSN"]], check=True)
        told = json.loads(h.deployment.sluis("--json", "backup", "register", str(path), profile="operator-1"))
        assert told["place"] == "outside" and not told["good"] and told["bytes"] == path.stat().st_size
        assert h.show(told["id"])["keys"]["records/diplomas"][0]["master"] == 1, "until then it may need every key"
        drill = h.drill(told["id"])
        assert drill["passed"] and drill["opened"] == 12, drill
        now = h.show(told["id"])
        assert now["good"] and now["records"] == {"diplomas": {"1": 12}}
        assert h.drill(told["id"])["passed"]  # now against what was found
        path.write_bytes(path.read_bytes() + b"x")
        assert "SHA-256" in h.drill(told["id"])["problem"]
        words = json.loads(h.deployment.sluis("--json", "backup", "register", "tape 17, safe of the bank", profile="operator-1"))
        assert "no file" in h.drill(words["id"])["problem"]
        for each in (told, words):
            h.deployment.sluis("backup", "expire", each["id"], profile="operator-1")
            assert h.show(each["id"])["state"] == "expired"
        assert path.exists(), "what others made is not Sluis' to remove"
        missing = h.call("POST", "/v1/backups:register", {"where": "/nowhere/store.db"})
        assert missing.status == 404


def test_schedule_makes_the_first_at_once_and_says_when_there_is_none(tmp_path):
    with house(tmp_path, "sqlite", options="every_hours = 24") as h:
        deadline = time.monotonic() + 30
        while not (kept := [g for g in h.call("GET", "/v1/backups").json()["backups"] if g["good"]]):
            assert time.monotonic() < deadline, h.deployment.log_text[-2000:]
            time.sleep(0.1)
        assert kept[0]["trigger"] == "schedule"
        time.sleep(1.5)
        assert len(h.call("GET", "/v1/backups").json()["backups"]) == 1, "the next one is due tomorrow"
        assert h.call("GET", "/v1/backups").json()["warning"] == ""
        metrics = h.call("GET", "/metrics").body.decode()
        assert 'sluis_backups{state="good"} 1' in metrics


def test_readiness_warns_while_no_backup_is_good(tmp_path):
    with house(tmp_path, "sqlite", options='every_hours = 24\ndrill = false') as h:
        deadline = time.monotonic() + 30
        while b"no backup that has passed its drill" not in (body := h.call("GET", "/readyz").body):
            assert time.monotonic() < deadline, body
            time.sleep(0.2)
        identity = h.call("GET", "/v1/backups").json()["backups"][0]["id"]
        assert h.drill(identity)["passed"]
        while b"passed its drill" in h.call("GET", "/readyz").body:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_who_may_do_what(tmp_path):
    with house(tmp_path, "sqlite") as h:
        generation = h.made()["id"]
        allowed = {"operator-1": (200, 202, 403), "officer-1": (200, 202, None), "auditor-1": (200, 403, 403),
                   "custodian-1": (200, 403, 403), "registry-backend": (403, 403, 403)}
        for who, (read, create, restore) in allowed.items():
            assert h.call("GET", "/v1/backups", who=who).status == read, who
            assert h.call("POST", "/v1/backups", who=who).status == create, who
            h.wait()
            reply = h.call("POST", f"/v1/backups/{generation}:restore", who=who)
            assert reply.status == restore or restore is None, (who, reply.body)
        assert h.call("GET", "/v1/backups/nonsense").status == 404
        assert h.call("GET", "/v1/backups/20261124T170000123Z-1a2b3c4d").status == 404
        assert h.call("POST", "/v1/backups", {"what": 1}).status == 400


def test_edited_row_is_refused(tmp_path):
    """Whoever edits the store's rows alone makes no generation good, and takes none away, unseen."""
    with house(tmp_path, "sqlite") as h:
        h.put(2)
        identity = h.made()["id"]
        with sqlite3.connect(tmp_path / "store" / "sluis.db") as db:
            body = db.execute("select body from documents where kind = 'backup' and name = ?", (identity,)).fetchone()[0]
            db.execute("update documents set body = ? where kind = 'backup' and name = ?",
                       (body.replace('"state":"made"', '"state":"expired"'), identity))
        assert h.call("GET", "/v1/backups").status == 500
        assert h.call("GET", f"/v1/backups/{identity}").status == 500
        assert pathlib.Path(h.folder / identity / "store.db").exists()

