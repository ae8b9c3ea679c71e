"""Adopted tables: declared for real, re-encrypted in place while the application writes, killed, edited."""
import itertools
import json
import threading
import time

import pytest
from adopted import World, data_of, grade, remark, year
from deployment import postgres_cluster

COUNT = 3000


@pytest.fixture(scope="module")
def cluster():
    with postgres_cluster() as variables:
        yield variables


@pytest.fixture
def world(tmp_path, cluster):
    made = World(tmp_path / "gateway", cluster["PG_SOCKET_DSN"])
    made.database.sql("drop table if exists diplomas")
    made.call("POST", "/v1/transit/keys/orders", {}, expect=200)
    yield made
    assert made.gateway.stop() == 0


def cells(count):
    return count + sum(1 for n in range(1, count + 1) if n % 5)


def test_a_rollover_of_the_key_reencrypts_its_table_in_place(world):
    world.fill(COUNT)
    declared = world.declare()
    assert declared["sample"]["cells"] == declared["sample"]["opened"] > 0 and declared["faults"] == []
    before = world.database.rows("select id, year, holder, grade, remark from diplomas order by id")
    first = len(world.gateway.entries())
    done = world.wait(world.start(key="transit/orders"))
    assert done["state"] == "finished" and done["faults"] == 0, done
    assert world.counts() == {"2": cells(COUNT)}
    assert world.check_all() == COUNT
    after = world.database.rows("select id, year, holder, grade, remark from diplomas order by id")
    assert [r[:3] for r in after] == [r[:3] for r in before]
    assert not {r[3] for r in before} & {r[3] for r in after}
    entries = world.payloads(first, "rollovers.sweep")
    assert sum(leaf["count"] for leaf, payload in entries if " rows, keys " in payload["detail"]) == cells(COUNT)
    assert all(leaf["key"] == "transit/orders" and leaf["key_version"] == 2 for leaf, _ in entries)
    assert any("scanned: version 2" in payload["detail"] for _, payload in entries)


def test_declaring_looks_at_the_real_table(world):
    world.fill(50)
    world.database.sql("create table if not exists loose (id bigint, grade text); create or replace view shown as select * from diplomas")
    for wrong, why in (({"source": "none"}, "data source"), ({"table": "nowhere"}, "not there"),
                       ({"ciphertext_columns": ["id2"]}, "not there"), ({"ciphertext_columns": ["year2", "grade"]}, "not there"),
                       ({"key_columns": ["id"]}, "unique index"), ({"key_columns": ["year", "id"]}, "unique index"),
                       ({"table": "loose", "key_columns": ["id"], "ciphertext_columns": ["grade"], "associated_data": "{id}"},
                        "unique index"),
                       ({"table": "shown"}, "ordinary table"),
                       ({"associated_data": "diplomas/{id}"}, "no cell of the sample opens"),
                       ({"associated_data": "diplomas/{grade}"}, "names a ciphertext column"),
                       ({"associated_data": "diplomas/{id"}, "brace"), ({"associated_data": "{id}{year}"}, "text between"),
                       ({"context": "c/{id}"}, "context"), ({"name": "a b"}, "letters"),
                       ({"key_columns": ["id", "year"], "ciphertext_columns": ["id"]}, "named twice"),
                       ({"ciphertext_columns": ["holder"]}, "no cell of the sample opens"),
                       ({"table": 'diplomas"; drop table diplomas; --'}, "names of 1 to 63 bytes")):
        refused = world.declare(expect=400, **wrong)
        assert why in refused["detail"], (wrong, refused)
    assert "not found" in json.dumps(world.declare(expect=404, transit_key="nokey"))
    world.database.sql("create table numbers (id bigint primary key, grade int)")
    assert "text" in world.declare(expect=400, table="numbers", key_columns=["id"], ciphertext_columns=["grade"],
                                   associated_data=None)["detail"]
    world.declare()
    assert "adopted already" in world.declare(expect=409, name="again")["detail"]
    assert "has that name" in world.declare(expect=409, ciphertext_columns=["holder"])["detail"]
    assert [t["name"] for t in world.call("GET", "/v1/adopted")["adopted"]] == ["diplomas"]
    world.call("DELETE", "/v1/adopted/diplomas", expect=204)
    world.call("GET", "/v1/adopted/diplomas", expect=404)
    world.call("POST", "/v1/adopted", {"name": "x"}, who="registry-backend", expect=403)
    world.database.sql("drop view shown; drop table loose; drop table numbers")


def test_cells_that_do_not_open_are_named_and_left_alone(world):
    world.fill(400)
    world.call("POST", "/v1/transit/keys/others", {}, expect=200)
    foreign, = world.encrypt("others", [(grade(7), data_of(7))])
    moved, = world.database.rows("select grade from diplomas where id = 12")
    odd = {7: foreign, 11: "plain text", 13: moved[0], 17: "vault:v9:AAAA", 19: "vault:v1:not base64", 23: ""}
    for n, cell in odd.items():
        world.database.sql(f"update diplomas set grade = '{cell}' where id = {n}")
    declared = world.declare()
    assert len(declared["faults"]) == len(odd)
    first = len(world.gateway.entries())
    done = world.wait(world.start(key="transit/orders"))
    assert done["state"] == "finished_with_faults", done
    for n, cell in odd.items():
        assert world.database.sql(f"select grade from diplomas where id = {n}").strip() == cell
    named = " ".join(p["detail"] for leaf, p in world.payloads(first, "rollovers.sweep") if leaf["outcome"] == "failed")
    for n in odd:
        assert f'["{n}","{year(n)}"] grade' in named, (n, named)
    skip = ",".join(map(str, odd))
    world.check_all(where=f"id not in ({skip})")
    # The cells of another key stand below the newest version: the old version is not free.
    assert "cells below" in world.call("POST", "/v1/adopted/keys/orders/retire", expect=409)["detail"]
    world.database.sql(f"delete from diplomas where id in ({skip})")
    assert world.call("POST", "/v1/adopted/keys/orders/retire")["min_decryption_version"] == 2
    world.check_all()


class Application(threading.Thread):
    """Writes, replaces and deletes rows of its own range of ids, each cell with the text of its id."""

    def __init__(self, world, ids):
        super().__init__(daemon=True)
        self.world, self.ids, self.end, self.failure, self.alive, self.writes = world, list(ids), False, None, set(ids), 0
        self.client = world.gateway.client("registry-backend")

    def encrypt(self, n):
        import base64
        items = [{"plaintext": base64.b64encode(t.encode()).decode(), "associated_data": base64.b64encode(data_of(n).encode()).decode()}
                 for t in (grade(n), remark(n))]
        for _ in range(200):
            try:
                reply = self.client.call("POST", "/v1/transit/encrypt/orders", {"batch_input": items})
                if reply.status == 200:
                    return [i["ciphertext"] for i in reply.json()["data"]["batch_results"]]
            except OSError:
                pass
            except Exception:  # the gateway is down for a moment
                self.client.close()
            time.sleep(0.05)
        raise AssertionError("the gateway stays away")

    def run(self):
        try:
            for n in itertools.cycle(self.ids):
                if self.end:
                    return
                if n in self.alive and n % 7 == 0:
                    self.world.database.sql(f"delete from diplomas where id = {n}")
                    self.alive.discard(n)
                else:
                    sealed = self.encrypt(n)
                    self.world.database.sql(
                        f"insert into diplomas values ({n}, {year(n)}, 'holder', '{sealed[0]}', '{sealed[1]}')"
                        " on conflict (id, year) do update set grade = excluded.grade, remark = excluded.remark")
                    self.alive.add(n)
                self.writes += 1
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error


def run_applications(world, count, parts, work):
    threads = [Application(world, range(1 + i, count, parts * 20)) for i in range(parts)]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        for thread in threads:
            thread.end = True
        for thread in threads:
            thread.join(60)
    for thread in threads:
        assert thread.failure is None, thread.failure
    assert sum(thread.writes for thread in threads) > 0
    return threads


def test_the_application_goes_on_writing(world):
    world.fill(COUNT)
    world.declare()

    def work():
        job = world.start(key="transit/orders")
        assert world.wait(job)["state"] == "finished"

    threads = run_applications(world, COUNT, 3, work)
    assert set(world.counts()) == {"2"}
    there = {int(r[0]) for r in world.database.rows("select id from diplomas")}
    for thread in threads:
        assert thread.alive <= there and not (set(thread.ids) - thread.alive) & there
    world.check_all()


def test_kills_during_the_sweep_lose_and_double_nothing(world):
    count = 12_000
    world.fill(count)
    world.declare()
    first = len(world.gateway.entries())

    def work():
        job = world.start(key="transit/orders", rate=6000)
        for _ in range(4):
            deadline = time.monotonic() + 60
            seen = world.show(job)["done"]
            while world.show(job)["done"] == seen and world.show(job)["state"] not in ("finished", "failed"):
                assert time.monotonic() < deadline, world.show(job)
                time.sleep(0.02)
            world.gateway.kill()
            world.gateway.start()
        assert world.wait(job)["state"] == "finished"

    run_applications(world, count, 2, work)
    assert set(world.counts()) == {"2"}
    world.check_all()
    told = sum(leaf["count"] for leaf, p in world.payloads(first, "rollovers.sweep")
               if " rows, keys " in p["detail"] or "found after an interruption" in p["detail"])
    assert told >= count  # nothing was rewritten without an entry
    world.gateway.verify_log()


def test_a_row_that_somebody_holds_does_not_stop_the_sweep(world):
    import subprocess
    world.fill(300)
    world.declare()
    holder = subprocess.Popen(["psql", world.database.dsn, "-X", "-q"], stdin=subprocess.PIPE, text=True)
    try:
        holder.stdin.write("begin; update diplomas set holder = 'held' where id = 150;\n")
        holder.stdin.flush()
        time.sleep(0.5)
        job = world.start(key="transit/orders")
        deadline = time.monotonic() + 60
        while world.counts().get("1", 0) > 2:
            assert time.monotonic() < deadline, world.show(job)
            time.sleep(0.1)
        holder.stdin.write("commit;\n")
        holder.stdin.flush()
        assert world.wait(job)["state"] == "finished"
    finally:
        holder.stdin.close()
        holder.wait(20)
    assert set(world.counts()) == {"2"}
    assert world.database.sql("select holder from diplomas where id = 150").strip() == "held"
    world.check_all()


def test_a_cell_that_the_table_refuses_is_named(world):
    world.fill(100)
    world.declare()
    world.database.sql("alter table diplomas add constraint stays check (id <> 40 or grade like 'vault:v1:%')")
    first = len(world.gateway.entries())
    assert world.wait(world.start(key="transit/orders"))["state"] == "finished_with_faults"
    assert world.counts()["1"] == 1 or world.counts()["1"] == 2
    details = " ".join(p["detail"] for _, p in world.payloads(first, "rollovers.sweep"))
    assert f'["40","{year(40)}"]' in details and "refuses" in details
    world.check_all()


def test_derived_keys_have_their_context_from_a_template(world):
    import base64
    world.call("POST", "/v1/transit/keys/derived", {"derived": True}, expect=200)
    world.database.sql("drop table if exists notes; create table notes (at timestamptz, who uuid, note text, primary key (at, who))")
    rows = [(f"2026-01-02 03:04:0{n % 10}.{n:03}+00", f"00000000-0000-4000-8000-{n:012}") for n in range(200)]
    texts = world.database  # PostgreSQL's own text of a key is what the template sees
    texts.copy("notes", [(at, who, None) for at, who in rows])
    texts.sql("set timezone = 'UTC'")
    keys = [r for r in texts.rows("set timezone = 'UTC'; select at::text, who::text from notes order by at, who")]
    batch = [{"plaintext": base64.b64encode(who.encode()).decode(),
              "context": base64.b64encode(f"notes/{{{who}}}/{at}".encode()).decode()} for at, who in keys]
    sealed = world.call("POST", "/v1/transit/encrypt/derived", {"batch_input": batch}, "registry-backend")["data"]["batch_results"]
    texts.copy("notes_in", []) if False else None
    for (at, who), item in zip(keys, sealed):
        texts.sql(f"update notes set note = '{item['ciphertext']}' where who = '{who}'")
    world.declare(name="notes", table="notes", key_columns=["at", "who"], ciphertext_columns=["note"], transit_key="derived",
                  associated_data=None, context="notes/{{{who}}}/{at}")
    assert world.wait(world.start(key="transit/derived"))["state"] == "finished"
    assert world.counts("notes") == {"2": len(rows)}
    texts.sql("drop table notes")


def test_an_edited_declaration_is_refused(world):
    import contextlib
    import sqlite3
    world.fill(20)
    world.declare()
    with contextlib.closing(sqlite3.connect(world.gateway.path("store/sluis.db"), timeout=20)) as db, db:
        body, = db.execute("select body from documents where kind = 'adopted'").fetchone()
        text = body.decode() if isinstance(body, bytes) else body
        db.execute("update documents set body = ? where kind = 'adopted'", (text.replace("{id}", "{year}"),))
    world.call("GET", "/v1/adopted/diplomas", expect=500)
    refused = world.gateway.client("officer-1").call("POST", "/v1/rollovers", {"key": "transit/orders", "reason": "test"})
    assert refused.status == 500
