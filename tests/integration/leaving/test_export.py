"""`sluis export --to-key`: what it writes opens with age alone, and a file that is there is whole."""
import contextlib
import json
import os
import re
import sqlite3
import stat
import subprocess
import time

import pytest
from command import READ, ok, sluis
from deployment import BIN, Deployment, diplomas, run

COUNT = 300


@pytest.fixture
def register(gateway, tmp_path):
    records = diplomas(COUNT, markers="LEAK")
    file = tmp_path / "register.ndjson"
    file.write_text("".join(json.dumps(r) + "\n" for r in records))
    ok(sluis(gateway, "records", "import", "diplomas", file))
    return records


@pytest.fixture
def keys(tmp_path):
    """An identity of age and the file of its recipient."""
    run("age-keygen", "-o", tmp_path / "archive.key")
    public = re.search(r"age1\w+", (tmp_path / "archive.key").read_text())[0]
    (tmp_path / "archive.pub").write_text(public + "\n")
    return tmp_path / "archive.key", tmp_path / "archive.pub"


def export(gateway, public, target, *more):
    return sluis(gateway, "export", "diplomas", "--to-key", public, "-o", target, *READ, *more)


def opened(identity, target):
    return [json.loads(line) for line in run("age", "--decrypt", "-i", identity, target).splitlines()]


def left_behind(folder):
    return sorted(p.name for p in folder.iterdir())


def test_it_opens_with_age_alone_and_holds_every_record(gateway, register, keys, tmp_path):
    identity, public = keys
    target = tmp_path / "out" / "diplomas.age"
    target.parent.mkdir()
    before = len(gateway.entries())
    done = export(gateway, public, target)
    assert f"{COUNT} records" in ok(done)
    assert gateway.stop() == 0  # without Sluis
    assert opened(identity, target) == register
    assert b"LEAK" not in target.read_bytes() and stat.S_IMODE(target.stat().st_mode) == 0o600
    assert left_behind(target.parent) == ["diplomas.age"]
    gateway.start()
    leaves = [e["leaf"] for e in gateway.entries(before)]
    exports = [leaf for leaf in leaves if leaf["action"] == "records.export"]
    assert sum(leaf["count"] for leaf in exports) == COUNT and all(leaf["purpose"] == READ[1] for leaf in exports)


def test_who_may_not_export_gets_no_file(gateway, register, keys, tmp_path):
    target = tmp_path / "out" / "diplomas.age"
    target.parent.mkdir()
    done = sluis(gateway, "export", "diplomas", "--to-key", keys[1], "-o", target, "--purpose", "diploma-verification")
    assert done.returncode == 4, done.stderr
    assert left_behind(target.parent) == []


def test_nothing_is_replaced_and_bad_keys_are_refused(gateway, register, keys, tmp_path):
    target = tmp_path / "out" / "diplomas.age"
    target.parent.mkdir()
    target.write_text("precious")
    assert export(gateway, keys[1], target).returncode == 10
    assert target.read_text() == "precious" and left_behind(target.parent) == ["diplomas.age"]
    target.unlink()
    (tmp_path / "bad.pub").write_text("age1nonsense\n")
    for public, program in ((tmp_path / "bad.pub", "age"), (tmp_path / "none.pub", "age"), (keys[1], "/no/such/program"),
                            (keys[1], "/bin/false")):
        done = export(gateway, public, target, "--age", program)
        assert done.returncode == 10, (public, program, done.stderr)
        assert left_behind(target.parent) == [], (public, program)


def test_a_program_that_takes_all_and_then_fails_leaves_no_file(gateway, register, keys, tmp_path):
    target = tmp_path / "out" / "diplomas.age"
    target.parent.mkdir()
    liar = tmp_path / "liar"
    liar.write_text("#!/bin/sh\ncat\nexit 3\n")
    liar.chmod(0o755)
    done = export(gateway, keys[1], target, "--age", liar)
    assert done.returncode == 10 and "age failed" in done.stderr
    assert left_behind(target.parent) == []


def test_an_export_that_ends_early_leaves_no_file(tmp_path, keys):
    gateway = Deployment(tmp_path / "gateway")
    policy = re.sub(r"^per_day = .*$", "per_day = 10", (gateway.folder / "policy.toml").read_text(), flags=re.M)
    gateway.write("policy.toml", policy)
    gateway.start()
    file = tmp_path / "register.ndjson"
    file.write_text("".join(json.dumps(r) + "\n" for r in diplomas(25)))
    ok(sluis(gateway, "records", "import", "diplomas", file))
    target = tmp_path / "out" / "diplomas.age"
    target.parent.mkdir()
    done = export(gateway, keys[1], target)
    assert done.returncode == 8 and "a budget is spent" in done.stderr
    assert left_behind(target.parent) == []
    assert gateway.stop() == 0


def test_a_record_that_does_not_open_is_named_and_the_others_are_in_the_file(gateway, register, keys, tmp_path):
    with contextlib.closing(sqlite3.connect(gateway.path("store/sluis.db"), timeout=20)) as db, db:
        (envelope,) = db.execute("select envelope from records where id = ?", (register[7]["id"],)).fetchone()
        db.execute("update records set envelope = ? where id = ?",
                   (envelope[:-1] + bytes([envelope[-1] ^ 1]), register[7]["id"]))
    target = tmp_path / "diplomas.age"
    done = export(gateway, keys[1], target)
    assert done.returncode == 9 and register[7]["id"] in done.stderr
    assert opened(keys[0], target) == register[:7] + register[8:]


def test_a_killed_export_has_no_file_of_that_name(gateway, register, keys, tmp_path):
    target = tmp_path / "out" / "diplomas.age"
    target.parent.mkdir()
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\ncat > /dev/null\nsleep 2\nexec age "$@" < /dev/null\n')
    slow.chmod(0o755)
    command = [BIN / "sluis", "--profile", gateway.path("registry-backend.toml"), "export", "diplomas", "--to-key", keys[1],
               "-o", target, *READ, "--age", slow]
    with subprocess.Popen([str(c) for c in command], env=gateway.environment, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not os.path.exists(f"{target}.part") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert os.path.exists(f"{target}.part")
        process.kill()
    assert not target.exists()
