"""Rollovers from outside: a real gateway, a real token, the calls that officers make."""
import contextlib
import json
import threading
import time

import pytest
from deployment import READ, Deployment, diplomas, postgres_cluster
from rollovers import QUICK, Rows, act, import_records, memory_mib, show, sluis, start, wait

COUNT = 4000


@contextlib.contextmanager
def register(folder, kind, count=COUNT):
    """A gateway with diplomas in it; its rows; the records as they were sent."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(postgres_cluster()) if kind == "postgresql" else None
        store = cluster and f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"\nconnections = 8'
        deployment = Deployment(folder, store, QUICK)
        for name in ("officer-1", "officer-2"):
            deployment.write(f"{name}.toml", f'url = "https://127.0.0.1:{deployment.port}"\ncertificate = "ca/{name}.pem"\n'
                                             f'key = "ca/{name}.key"\nca = "ca/server-ca.pem"\n')
        deployment.start()
        stack.callback(deployment.stop)
        records = diplomas(count)
        import_records(deployment, records)
        yield deployment, Rows(deployment, cluster), records


def found_by_number(client, record):
    reply = client.call("POST", "/v1/records/diplomas:search", {"match": {"national_number": record["national_number"]},
                                                                "limit": 1000}, READ)
    assert reply.status == 200, (reply.status, reply.body)
    return {row["id"] for row in reply.json()["records"]}


def same_as_sent(client, records):
    for record in records:
        reply = client.call("GET", f"/v1/records/diplomas/{record['id']}", headers=READ)
        assert reply.status == 200, (record["id"], reply.status)
        assert reply.json() == {name: value for name, value in record.items() if name != "id"}


class Searcher(threading.Thread):
    """Looks for records that nobody touches, all the time: each must be found each time."""

    def __init__(self, deployment, records):
        super().__init__(daemon=True)
        self.deployment, self.records = deployment, records
        self.searches, self.missing, self.failure, self.end = 0, [], None, False

    def run(self):
        client = self.deployment.client()
        try:
            while not self.end:
                record = self.records[self.searches * 7919 % len(self.records)]
                if record["id"] not in found_by_number(client, record):
                    self.missing.append(record["id"])
                self.searches += 1
        except Exception as error:  # shown by the test
            self.failure = error

    def finish(self):
        self.end = True
        self.join(30)
        assert self.failure is None, self.failure
        assert not self.missing, self.missing
        return self.searches


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_collection_is_rolled_over(tmp_path, kind):
    with register(tmp_path, kind) as (deployment, rows, records):
        client = deployment.client()
        tags = {record["id"]: client.call("GET", f"/v1/records/diplomas/{record['id']}", headers=READ).headers["ETag"]
                for record in records[:50]}
        before = dict(rows.query("select id, revision from records"))
        searcher = Searcher(deployment, records)
        searcher.start()
        job = start(deployment, collection="diplomas")
        ended = wait(deployment, job)
        time.sleep(0.2)
        assert searcher.finish() > 20
        assert ended["state"] == "finished", ended
        assert ended["done"] == COUNT and ended["left"] == 0 and ended["faults"] == 0
        assert rows.versions() == {2: COUNT}
        assert dict(rows.query("select id, revision from records")) == before
        same_as_sent(client, records[:200])
        for identity, tag in tags.items():
            assert client.call("GET", f"/v1/records/diplomas/{identity}", headers=READ).headers["ETag"] == tag
        for record in records[:30]:
            assert record["id"] in found_by_number(client, record)
        entries = [entry["leaf"] for entry in deployment.entries()]
        actions = [entry["action"] for entry in entries]
        for action in ("approvals.approve", "rollovers.start", "rollovers.verify", "rollovers.end"):
            assert action in actions, (action, set(actions))
        swept = [entry for entry in entries if entry["action"] == "rollovers.sweep"]
        assert sum(entry["count"] for entry in swept) == COUNT
        assert all(entry["key_version"] == 2 and entry["request"] == job for entry in swept)
        assert deployment.stop() == 0
        assert deployment.verify_log()["good"]


def test_it_takes_two_officers(tmp_path):
    with register(tmp_path, "sqlite", 10) as (deployment, rows, _):
        wish = {"collection": "diplomas", "reason": "alone"}
        one = deployment.client("officer-1")
        asked = one.call("POST", "/v1/rollovers", wish)
        assert asked.status == 202
        request = asked.json()
        own = one.call("POST", f"/v1/approvals/{request['approval']}:approve", {"digest": request["digest"]})
        assert own.status == 403
        again = one.call("POST", "/v1/rollovers", wish, {"Sluis-Approval": request["approval"]})
        assert again.status in (403, 409), again.body
        for name in ("registry-backend", "auditor-1", "operator-1", "custodian-1"):
            assert deployment.client(name).call("POST", "/v1/rollovers", wish).status == 403
        # What cannot be done is refused before anybody is asked to approve it.
        assert one.call("POST", "/v1/rollovers", {"collection": "nothing", "reason": "x"}).status == 404
        assert one.call("POST", "/v1/rollovers", {"collection": "diplomas", "master": True, "reason": "x"}).status == 400
        assert one.call("POST", "/v1/rollovers", {"collection": "diplomas"}).status == 400
        assert rows.versions() == {1: 10}
        assert one.call("GET", "/v1/rollovers").json()["rollovers"] == []


def test_pause_resume_throttle(tmp_path):
    with register(tmp_path, "sqlite") as (deployment, rows, records):
        job = start(deployment, collection="diplomas", rate=400)
        wait(deployment, job, until=lambda found: found["done"] > 0)
        again = deployment.client("officer-1").call("POST", "/v1/rollovers", {"collection": "diplomas", "reason": "twice"})
        assert again.status == 202  # and refused once it is approved: one is enough
        assert act(deployment, job, "pause")["state"] == "paused"
        time.sleep(0.6)  # the chunk at hand
        versions = rows.versions()
        time.sleep(1)
        assert rows.versions() == versions and versions[1] > 0 and versions[2] > 0
        assert show(deployment, job)["done"] == versions[2]
        client = deployment.client()
        for record in records[::101]:
            assert record["id"] in found_by_number(client, record)
        began, before = time.monotonic(), versions[2]
        act(deployment, job, "resume")
        time.sleep(3)
        done, took = show(deployment, job)["done"] - before, time.monotonic() - began
        assert 0 < done < 400 * took + 100, (done, took)
        assert act(deployment, job, "throttle", {"rate": 0})["rate"] == 0
        ended = wait(deployment, job, seconds=30)
        assert ended["state"] == "finished" and ended["done"] == COUNT
        assert rows.versions() == {2: COUNT}
        act(deployment, job, "pause", good=409)
        act(deployment, job, "resume", good=409)
        act(deployment, job, "cancel", good=409)
        act(deployment, job, "throttle", {"rate": 5}, good=409)


def test_cancelled_both_versions_open_and_another_goes_on(tmp_path):
    with register(tmp_path, "sqlite") as (deployment, rows, records):
        job = start(deployment, collection="diplomas", rate=500)
        wait(deployment, job, until=lambda found: found["done"] > 200)
        act(deployment, job, "cancel")
        time.sleep(1)
        versions = rows.versions()
        assert versions[1] > 0 and versions[2] > 0
        client = deployment.client()
        same_as_sent(client, records[::40])
        assert show(deployment, job)["state"] == "cancelled"
        other = start(deployment, collection="diplomas")
        assert wait(deployment, other)["state"] == "finished"
        assert rows.versions() == {3: COUNT}
        same_as_sent(client, records[::40])


def test_what_does_not_open_is_left_alone(tmp_path):
    with register(tmp_path, "sqlite") as (deployment, rows, records):
        bad = [records[17]["id"], records[COUNT - 1]["id"]]
        for identity in bad:
            envelope = rows.query(f"select hex(envelope) from records where id = '{identity}'")[0][0]
            broken = envelope[:-2] + ("00" if envelope[-2:] != "00" else "01")
            rows.change(f"update records set envelope = x'{broken}' where id = '{identity}'")
        stored = rows.query(f"select hex(envelope) from records where id in ('{bad[0]}', '{bad[1]}') order by id")
        job = start(deployment, collection="diplomas")
        ended = wait(deployment, job)
        assert ended["state"] == "finished_with_faults" and ended["faults"] == 2 and ended["left"] == 2, ended
        assert rows.versions() == {1: 2, 2: COUNT - 2}
        assert rows.query(f"select hex(envelope) from records where id in ('{bad[0]}', '{bad[1]}') order by id") == stored
        left = [entry for entry in deployment.entries(opened=True)
                if entry["leaf"]["action"] == "rollovers.sweep" and entry["leaf"]["outcome"] == "failed"]
        assert left and all(identity in json.dumps([entry["payload"] for entry in left]) for identity in bad)
        same_as_sent(deployment.client(), [record for record in records[::50] if record["id"] not in bad])


def test_a_field_that_left_the_schema_is_not_lost(tmp_path):
    with register(tmp_path, "sqlite", 300) as (deployment, rows, records):
        deployment.stop()
        config = (deployment.folder / "sluis.toml").read_text()
        head = '[[collection.field]]\n'
        parts = config.split(head)
        kept = [part for part in parts if 'name = "grade"' not in part]
        assert len(kept) == len(parts) - 1
        deployment.write("sluis.toml", head.join(kept))
        deployment.start()
        job = start(deployment, collection="diplomas")
        ended = wait(deployment, job)
        with_grade = sum(1 for record in records if "grade" in record)
        assert with_grade > 0
        assert ended["state"] == "finished_with_faults" and ended["faults"] == with_grade, ended
        deployment.stop()
        deployment.write("sluis.toml", config)
        deployment.start()
        assert wait(deployment, start(deployment, collection="diplomas"))["state"] == "finished"
        assert rows.versions() == {3: 300}
        same_as_sent(deployment.client(), records)


def test_master_and_full(tmp_path):
    with register(tmp_path, "sqlite", 500) as (deployment, rows, records):
        ended = wait(deployment, start(deployment, master=True))
        assert ended["state"] == "finished" and ended["done"] > 0, ended
        assert rows.versions() == {1: 500}  # rewrapping is not re-encryption
        assert {master for master, in rows.query("select distinct master_version from key_versions where wrapped <> x''")} == {"2"}
        ended = wait(deployment, start(deployment, full=True))
        assert ended["state"] == "finished" and [step["kind"] for step in ended["steps"]] == ["master", "collection"], ended
        assert {master for master, in rows.query("select distinct master_version from key_versions where wrapped <> x''")} == {"3"}
        assert rows.versions() == {2: 500}
        same_as_sent(deployment.client(), records[::10])
        deployment.stop()
        deployment.start()  # with nothing in memory
        same_as_sent(deployment.client(), records[::10])


def test_the_command_and_the_metrics(tmp_path):
    with register(tmp_path, "sqlite") as (deployment, rows, _):
        status, out, err = sluis(deployment, "rollover", "start", "--collection", "diplomas", "--reason", "by hand",
                                 "--rate", "800")
        assert status == 0, err
        command = out.splitlines()[-1]
        assert "--approval " in command and "sluis approvals approve" in out
        request = command.rsplit(" ", 1)[1]
        shown = json.loads(deployment.client("officer-2").call("GET", f"/v1/approvals/{request}").body)
        assert deployment.client("officer-2").call("POST", f"/v1/approvals/{request}:approve",
                                                   {"digest": shown["digest"]}).status == 200
        status, out, err = sluis(deployment, "--json", "rollover", "start", "--collection", "diplomas", "--reason", "by hand",
                                 "--rate", "800", "--approval", request)
        assert status == 0, err
        job = json.loads(out)["id"]
        wait(deployment, job, until=lambda found: found["done"] > 0)
        metrics = deployment.client("operator-1").call("GET", "/metrics").body.decode()
        assert 'sluis_rollover_running{state="sweeping"} 1' in metrics and "sluis_rollover_items_left " in metrics
        status, out, _ = sluis(deployment, "rollover", "list")
        assert status == 0 and job in out and "diplomas" in out
        assert sluis(deployment, "rollover", "pause", job)[0] == 0
        status, out, err = sluis(deployment, "rollover", "watch", job)
        assert status == 1 and "paused" in err
        assert sluis(deployment, "rollover", "throttle", job, "--rate", "0")[0] == 0
        assert sluis(deployment, "rollover", "resume", job)[0] == 0
        status, out, err = sluis(deployment, "--json", "rollover", "watch", job)
        assert status == 0 and json.loads(out.splitlines()[-1])["state"] == "finished", err
        assert sluis(deployment, "rollover", "show", "nothing-like-it")[0] == 5
        assert rows.versions() == {2: COUNT}
        assert memory_mib(deployment.process) < 200


def test_kept_across_a_restart_and_a_page_of_the_list(tmp_path):
    with register(tmp_path, "sqlite") as (deployment, rows, _):
        job = start(deployment, collection="diplomas", rate=500)
        wait(deployment, job, until=lambda found: found["done"] > 100)
        assert deployment.stop() == 0
        done = rows.versions()[2]
        deployment.start()
        assert show(deployment, job)["done"] == done  # a drain leaves off between chunks
        act(deployment, job, "throttle", {"rate": 0})
        assert wait(deployment, job)["done"] == COUNT
        second = start(deployment, master=True)
        wait(deployment, second)
        client = deployment.client("auditor-1")
        page = client.call("GET", "/v1/rollovers?limit=1").json()
        assert [row["id"] for row in page["rollovers"]] == [job] and page["next"] == job
        page = client.call("GET", f"/v1/rollovers?limit=5&after={job}").json()
        assert [row["id"] for row in page["rollovers"]] == [second] and "next" not in page
