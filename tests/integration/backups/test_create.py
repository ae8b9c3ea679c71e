"""Making generations and trying them."""
import json
import os
import pathlib
import subprocess
import threading
import time

import pytest
from deployment import diplomas
from house import house, processes_with, psql

MARKER = "Mk7Zq"
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@BOTH
def test_generation_made_under_load_is_of_one_moment_and_passes_its_drill(tmp_path, kind):
    """Each writer counts up in one record and removes another: a copy of two moments would not fit its own census."""
    with house(tmp_path, kind, options="drill_records = 0") as h:
        h.fill(3000)
        end, counts = threading.Event(), []

        def write(number):
            client, done = h.deployment.client(), 0
            while not end.is_set():
                for record in ({"id": f"w{number}-{done}"}, {"id": f"w{number}"}):
                    content = {"national_number": str(number * 1000 + done), "holder_name": "N", "qualification": "Q",
                               "institution": "I", "awarded_on": "2026-01-01"}
                    assert client.call("PUT", f"/v1/records/diplomas/{record['id']}", content).status in (201, 204)
                if done % 3 == 2:
                    assert client.call("DELETE", f"/v1/records/diplomas/w{number}-{done - 1}").status == 204
                done += 1
            counts.append(done)

        writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for writer in writers:
            writer.start()
        try:
            made = [h.made() for _ in range(3)]
        finally:
            end.set()
            for writer in writers:
                writer.join()
        assert min(counts) > 5
        totals = [sum(g["records"]["diplomas"].values()) for g in made]
        assert totals == sorted(totals) and totals[0] >= 3000
        for generation, total in zip(made, totals):
            assert generation["drill"]["records"] == generation["drill"]["opened"] == total
            assert [k for k in generation["keys"] if k.startswith("records/")] == ["records/diplomas"]
            assert generation["masters"] == [1] and generation["log"]["size"] > 0
        entries = h.actions("backups.drill")
        assert [e["outcome"] for e in entries] == ["ok"] * 3


@BOTH
def test_backup_holds_ciphertext_only_and_nobody_else_can_read_the_folder(tmp_path, kind):
    with house(tmp_path, kind, options="drill = true") as h:
        lines = tmp_path / "records.ndjson"
        records = diplomas(500, markers=MARKER)
        lines.write_text("".join(json.dumps(record) + "\n" for record in records))
        h.deployment.sluis("records", "import", "diplomas", str(lines))
        generation = h.made()
        folder = h.folder / generation["id"]
        assert h.folder.stat().st_mode & 0o777 == folder.stat().st_mode & 0o777 == 0o700
        needles = [MARKER.encode()] + [r["national_number"].encode() for r in records[:50]]
        for path in folder.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600
            data = path.read_bytes()
            if path.suffix == ".dump":  # compressed: what it says when read
                data = subprocess.run(["pg_restore", "--file=-", str(path)], check=True, capture_output=True).stdout
                assert records[0]["institution"].encode() in data, "open fields can be seen, so the search works"
            assert not [n for n in needles if n in data], path
        assert sorted(p.name for p in folder.iterdir()) == sorted(["manifest.json", "manifest.note", generation["file"]])


def change_byte(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@BOTH
def test_drill_fails_for_whatever_was_changed(tmp_path, kind):
    with house(tmp_path, kind) as h:
        h.put(20)
        generation = h.made()
        folder, problems = h.folder / generation["id"], {}
        data, manifest, note = folder / generation["file"], folder / "manifest.json", folder / "manifest.note"
        for path, change in {
            data: lambda p: change_byte(p, p.stat().st_size // 2),
            manifest: lambda p: p.write_text(p.read_text().replace('"1":20', '"1":19')),
            note: lambda p: change_byte(p, 40),
        }.items():
            kept = path.read_bytes()
            change(path)
            assert path.read_bytes() != kept
            drill = h.drill(generation["id"])
            assert not drill["passed"], path
            problems[path.name] = drill["problem"]
            assert not h.show(generation["id"])["good"]
            path.write_bytes(kept)
        assert "SHA-256" in problems[generation["file"]] and "signed" in problems["manifest.json"]
        # Whole again, and with the file gone.
        assert h.drill(generation["id"])["passed"] and h.show(generation["id"])["good"]
        data.unlink()
        assert "missing" in h.drill(generation["id"])["problem"]
        assert [e["outcome"] for e in h.actions("backups.drill")].count("failed") >= 4
        assert not [n for n in h.names() if n.startswith(".")]
        metrics = h.call("GET", "/metrics").body.decode()
        assert "sluis_backup_drills_failed_total 4" in metrics and "sluis_backup_last_good_age_seconds -1" in metrics


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk needs root")
@BOTH
def test_full_disk_leaves_nothing_that_looks_whole(tmp_path, kind):
    (tmp_path / "backups").mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", str(tmp_path / "backups")], check=True)
    try:
        with house(tmp_path, kind) as h:
            h.fill(4000)
            generation, problem = h.create()
            assert generation["state"] == "failed" and problem and generation["problem"] == problem
            assert h.names() == []
            assert [e["outcome"] for e in h.actions("backups.create")] == ["ok", "failed"]  # asked for; made
            assert h.call("GET", "/readyz").status == 200
    finally:
        subprocess.run(["umount", str(tmp_path / "backups")], check=True)


def slow_programs(folder, seconds):
    """PostgreSQL's programs that wait before they begin, and note what they were given."""
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "pg_basebackup"):
        script = folder / name
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >> {folder}/words\nenv >> {folder}/words\n'
                          f'sed "s/^/passfile: /" "$PGPASSFILE" >> {folder}/passwords\nsleep {seconds}\n'
                          f'exec /usr/bin/{name} "$@"\n')
        script.chmod(0o755)


def test_killed_while_it_is_made_a_generation_is_none(tmp_path):
    slow_programs(tmp_path / "bin", 30)
    with house(tmp_path, "postgresql", options=f'pg_bin = "{tmp_path}/bin"') as h:
        h.put(5)
        identity = h.call("POST", "/v1/backups").json()["id"]
        deadline = time.monotonic() + 20
        while not (tmp_path / "bin" / "words").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert h.show(identity)["state"] == "making"
        assert h.call("POST", "/v1/backups").status == 409
        h.deployment.kill()
        assert [n for n in h.names() if not n.startswith(".")] == []
        slow_programs_end(tmp_path / "bin")
        h.deployment.start()
        deadline = time.monotonic() + 40  # the lease of the dead gateway ends by itself
        while (reply := h.call("POST", "/v1/backups")).status == 409:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert reply.status == 202
        h.wait()
        assert h.show(reply.json()["id"])["good"]
        dead = h.show(identity)
        assert (dead["state"], dead["problem"]) == ("failed", "interrupted")
        assert h.names() == [reply.json()["id"]]


def slow_programs_end(folder):
    for pid, line in processes_with(str(folder)):
        if pid != os.getpid() and "sluisd" not in line:
            os.kill(pid, 9)
    for script in folder.glob("pg_*"):
        script.write_text(script.read_text().replace("sleep 30", "sleep 0"))


def test_stop_gives_up_what_is_made(tmp_path):
    slow_programs(tmp_path / "bin", 60)
    with house(tmp_path, "postgresql", options=f'pg_bin = "{tmp_path}/bin"') as h:
        identity = h.call("POST", "/v1/backups").json()["id"]
        while not (tmp_path / "bin" / "words").exists():
            time.sleep(0.02)
        assert h.deployment.stop() == 0
        assert h.names() == []
        assert [line for pid, line in processes_with(f"{tmp_path}/bin/pg_dump")] == []
        h.deployment.start()
        assert (h.show(identity)["state"], h.show(identity)["problem"]) == ("failed", "stopped")


def test_a_program_that_takes_too_long_is_killed_with_all_it_started(tmp_path):
    slow_programs(tmp_path / "bin", 600)
    with house(tmp_path, "postgresql", options=f'pg_bin = "{tmp_path}/bin"\ntime_limit_seconds = 1') as h:
        generation, problem = h.create()
        assert generation["state"] == "failed" and "time was over" in problem
        assert [line for pid, line in processes_with("sleep 600")] == []


def test_no_password_is_in_arguments_or_environment(tmp_path):
    slow_programs(tmp_path / "bin", 0)
    with house(tmp_path, "postgresql", options=f'pg_bin = "{tmp_path}/bin"') as h:
        h.put(3)
        h.made()
        password = h.cluster["PG_TLS_DSN"].split("password=")[1].split()[0]
        words = (tmp_path / "bin" / "words").read_text()
        assert "pg_dump" in words and "pg_restore" in words and "PGPASSFILE=" in words
        assert password not in words
        assert password in (tmp_path / "bin" / "passwords").read_text(), "it came by the file"
        left = [p for p in pathlib.Path(h.folder).rglob("*") if "pgpass" in p.name]
        assert not left


def test_other_tables_of_the_database_are_not_in_the_dump(tmp_path):
    with house(tmp_path, "postgresql") as h:
        psql(h.cluster, "create table salaries (who text); insert into salaries values ('plaintext-of-others')")
        h.put(3)
        generation = h.made()
        dump = h.folder / generation["id"] / "store.dump"
        text = subprocess.run(["pg_restore", "--file=-", str(dump)], check=True, capture_output=True, text=True).stdout
        assert "plaintext-of-others" not in text and "record_terms" in text


def test_scratch_database_with_a_store_in_it_is_left_alone(tmp_path):
    with house(tmp_path, "postgresql") as h:
        psql(h.cluster, "create table records (id text); insert into records values ('precious')", "scratch")
        h.put(3)
        generation, problem = h.create()
        assert generation["state"] == "made" and not generation["good"] and "scratch database holds" in problem
        assert psql(h.cluster, "select id from records", "scratch") == "precious"


def test_base_backup_is_made_and_says_that_no_drill_can_try_it(tmp_path):
    with house(tmp_path, "postgresql", options='method = "pg_basebackup"') as h:
        psql(h.cluster, "alter role sluis replication")
        hba = pathlib.Path(h.cluster["PG_DIR"]) / "data" / "pg_hba.conf"
        hba.write_text(hba.read_text() + "hostssl replication all 127.0.0.1/32 scram-sha-256\n")
        psql(h.cluster, "select pg_reload_conf()")
        h.put(3)
        generation, problem = h.create()
        assert generation["state"] == "made" and generation["method"] == "pg_basebackup", problem
        assert not generation["good"] and "by hand" in generation["drill"]["problem"]
        tar = subprocess.run(["tar", "-tf", str(h.folder / generation["id"] / "base.tar")], check=True, capture_output=True)
        assert b"PG_VERSION" in tar.stdout
