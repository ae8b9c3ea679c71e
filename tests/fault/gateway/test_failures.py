"""Rows of the failure table that a running gateway shows: the log's disk is full, the HSM or the store is away, stored
bytes are changed. Each test bears the name of its row."""
import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import time

import pytest
from deployment import READ, ROOT, Deployment, diplomas, postgres_cluster, run

RECORD = "/v1/records/diplomas/d-1"


def body():
    record = diplomas(1)[0]
    record.pop("id")
    return record


def eventually(check, seconds=40):
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


@contextlib.contextmanager
def small_disk(folder, mib):
    folder.mkdir(mode=0o700)
    run("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "tmpfs", folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_log_disk_full_or_sync_error(tmp_path):
    with small_disk(tmp_path / "logdisk", 3) as disk:
        deployment = Deployment(tmp_path / "gateway", audit_folder=str(disk / "audit"), options={"audit": "segment_bytes = 1048576"})
        deployment.start()
        client, number = deployment.client(), 0
        assert client.call("PUT", RECORD, body()).status == 201
        plaintexts, reply = [], None
        while number < 60_000:
            number += 1
            reply = client.call("GET", RECORD, headers=READ)
            if reply.status != 200:
                break
            plaintexts.append(reply.receipt)
        assert reply.status == 503, f"after {number} reads: {reply.status}"
        assert "audit halted" in reply.body.decode() and body()["holder_name"] not in reply.body.decode()
        for _ in range(20):
            assert client.call("GET", RECORD, headers=READ).status == 503
        assert client.call("POST", "/v1/records/diplomas:search", {"match": {"national_number": body()["national_number"]}},
                           READ).status == 503
        assert client.call("PUT", "/v1/records/diplomas/d-2", body()).status == 201
        assert client.call("DELETE", "/v1/records/diplomas/d-2").status == 204
        assert client.call("GET", "/healthz").status == 200
        ready = eventually(lambda: (r := deployment.client("operator-1").call("GET", "/readyz")).status == 503 and r)
        assert ready and "audit" in ready.body.decode()
        deployment.stop()
        found = deployment.verify_log(str(disk / "audit"))
        assert found["good"] and max(plaintexts) < found["entries"]


def test_hsm_away(tmp_path):
    deployment = Deployment(tmp_path, options={"keys": "cache_seconds = 6"}).start()
    client = deployment.client()
    assert client.call("PUT", RECORD, body()).status == 201
    assert client.call("GET", RECORD, headers=READ).status == 200
    tokens = tmp_path / "hsm" / "tokens"
    tokens.rename(tmp_path / "hsm" / "away")
    assert client.call("GET", RECORD, headers=READ).status == 200, "cached keys serve until their time ends"
    assert eventually(lambda: client.call("GET", RECORD, headers=READ).status == 503)
    ready = eventually(lambda: (r := deployment.client("operator-1").call("GET", "/readyz")).status == 503 and r)
    assert ready and "hsm" in ready.body.decode().lower()
    assert client.call("GET", "/healthz").status == 200
    (tmp_path / "hsm" / "away").rename(tokens)
    assert eventually(lambda: client.call("GET", RECORD, headers=READ).status == 200), "back without restart"
    assert deployment.stop() == 0
    assert deployment.verify_log()["good"]


def test_store_away_or_failing_over(tmp_path):
    with postgres_cluster() as cluster:
        script = ROOT / "tests" / "support" / "postgres.sh"
        deployment = Deployment(tmp_path, f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"').start()
        client = deployment.client()
        assert client.call("PUT", RECORD, body()).status == 201
        run(script, "--halt", cluster["PG_DIR"])
        for method, content in (("GET", None), ("PUT", body())):
            reply = client.call(method, RECORD, content, READ)
            assert reply.status == 503 and reply.headers["Retry-After"], reply.body
        assert client.call("GET", "/healthz").status == 200
        run(script, "--resume", cluster["PG_DIR"])
        assert eventually(lambda: client.call("GET", RECORD, headers=READ).status == 200), "the pool recovers"
        assert client.call("PUT", RECORD, body()).status == 204
        assert deployment.stop() == 0


def change(path, statement, *values):
    with contextlib.closing(sqlite3.connect(path, timeout=20)) as database, database:
        assert database.execute(statement, values).rowcount == 1


def test_ciphertext_byte_changed(tmp_path):
    deployment = Deployment(tmp_path).start()
    client, store = deployment.client(), tmp_path / "store" / "sluis.db"
    for number in (1, 2):
        assert client.call("PUT", f"/v1/records/diplomas/d-{number}", body()).status == 201
    with contextlib.closing(sqlite3.connect(store)) as database:
        [(envelope,)] = database.execute("SELECT envelope FROM records WHERE id = 'd-1'").fetchall()
    changed = bytearray(envelope)
    changed[-1] ^= 1
    change(store, "UPDATE records SET envelope = ? WHERE id = 'd-1'", bytes(changed))
    reply = client.call("GET", RECORD, headers=READ)
    assert reply.status >= 400 and body()["holder_name"] not in reply.body.decode()
    # An untouched envelope in another row does not open either.
    change(store, "UPDATE records SET envelope = ? WHERE id = 'd-2'", envelope)
    reply = client.call("GET", "/v1/records/diplomas/d-2", headers=READ)
    assert reply.status >= 400 and body()["holder_name"] not in reply.body.decode()
    failed = [e for e in deployment.entries() if e["leaf"]["outcome"] == "failed"]
    assert len(failed) == 2
    deployment.stop()


def test_key_row_changed(tmp_path):
    deployment = Deployment(tmp_path).start()
    assert deployment.client().call("PUT", RECORD, body()).status == 201
    deployment.stop()
    store = tmp_path / "store" / "sluis.db"
    change(store, "UPDATE keys SET created_us = created_us + 1 WHERE name = 'records/diplomas'")
    deployment.start(ready=False)
    reply = deployment.client().call("GET", RECORD, headers=READ)
    assert reply.status >= 500 and body()["holder_name"] not in reply.body.decode()
    deployment.stop()


def test_log_byte_changed(tmp_path):
    deployment = Deployment(tmp_path).start()
    client = deployment.client()
    assert client.call("PUT", RECORD, body()).status == 201
    for _ in range(50):
        assert client.call("GET", RECORD, headers=READ).status == 200
    deployment.stop()
    assert deployment.verify_log()["good"]
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "audit", copy)
    segment = max(copy.rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    data = bytearray(segment.read_bytes())
    data[data.index(b'"records.read"') + 3] ^= 1
    segment.write_bytes(data)
    with pytest.raises(AssertionError, match="first bad entry: [0-9]+"):
        deployment.verify_log(str(copy))


def budgets_of(tmp_path, number):
    policy = (tmp_path / "policy.toml").read_text()
    for window in ("per_minute", "per_day"):
        policy = re.sub(rf"^{window} = .*$", f"{window} = {number}", policy, flags=re.M)
    (tmp_path / "policy.toml").write_text(policy)


def test_budget_of_a_transit_key_spent(tmp_path):
    deployment = Deployment(tmp_path, budgets=True)
    budgets_of(tmp_path, 5)
    deployment.start()
    client = deployment.client()
    sealed = client.call("POST", "/v1/transit/encrypt/names", {"plaintext": "Y29uZmlkZW50aWFs"}).json()["data"]["ciphertext"]
    opening = "/v1/transit/decrypt/names", {"ciphertext": sealed}
    assert client.call("POST", *opening).status == 200
    assert client.call("POST", "/v1/transit/datakey/plaintext/names").status == 200
    assert client.call("POST", "/v1/transit/decrypt/names", {"batch_input": [opening[1]] * 3}).status == 200
    deployment.kill()
    deployment.start()
    reply = deployment.client().call("POST", *opening)
    assert reply.status == 429, "a restart does not give a new budget"
    assert reply.json() == {"errors": ["the budget of decrypts for this key is spent"]} and int(reply.headers["Retry-After"]) > 0
    other = deployment.client().call("POST", "/v1/transit/encrypt/other", {"plaintext": "YQ=="}).json()["data"]["ciphertext"]
    assert deployment.client().call("POST", "/v1/transit/decrypt/other", {"ciphertext": other}).status == 200
    leaves = [e["leaf"] for e in deployment.entries() if e["leaf"].get("key") == "transit/names"]
    assert [leaf["outcome"] for leaf in leaves if leaf["action"] == "transit.decrypt"] == ["ok"] * 4 + ["refused"]
    deployment.stop()


def test_budget_spent(tmp_path):
    deployment = Deployment(tmp_path, budgets=True)
    budgets_of(tmp_path, 5)
    deployment.start()
    client = deployment.client()
    assert client.call("PUT", RECORD, body()).status == 201
    statuses = [client.call("GET", RECORD, headers=READ).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    reply = client.call("GET", RECORD, headers=READ)
    assert reply.status == 429 and int(reply.headers["Retry-After"]) > 0 and body()["holder_name"] not in reply.body.decode()
    assert [e["leaf"]["outcome"] for e in deployment.entries() if e["leaf"]["action"] == "records.read"] == ["ok"] * 5 + ["refused"] * 2
    deployment.stop()
    deployment.start()
    assert deployment.client().call("GET", RECORD, headers=READ).status == 429, "a restart does not give a new budget"
    deployment.stop()
