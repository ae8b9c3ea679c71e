"""The promises that first light keeps, each under its name. (Promise 2 is also part of test_kill and test_failures.)"""
import json
import os
import pathlib
import re
import socket
import threading

import pytest
from deployment import READ, Deployment, diplomas, postgres_cluster

MARKER = "Mk7Zq"  # begins every sealed value of the generated records


class Capture(threading.Thread):
    """Every packet of the loopback interface that has one of the ports, as bytes."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.ports = {port.to_bytes(2, "big") for port in ports}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.2)
        self.bytes, self.packets, self.end = bytearray(), 0, False

    def run(self):
        while not self.end:
            try:
                packet = self.socket.recv(1 << 17)
            except TimeoutError:
                continue
            if packet[34:36] in self.ports or packet[36:38] in self.ports:
                self.packets += 1
                self.bytes += packet

    def stop(self):
        self.end = True
        self.join()
        return bytes(self.bytes)


def memory_of(pid):
    """All readable memory of a process, mapping by mapping."""
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if "r" not in rights or "[v" in line:
                continue
            try:
                memory.seek(int(begin, 16))
                yield line, memory.read(int(end, 16) - int(begin, 16))
            except OSError:
                continue


def files_with(folder, needles):
    """Names of files below `folder` that hold one of the byte strings."""
    found, looked_at = [], 0
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and not path.is_symlink():
            looked_at += 1
            data = path.read_bytes()
            found += [f"{path}: {needle!r}" for needle in needles if needle in data]
    assert looked_at > 0
    return found


def use_everything(deployment, records):
    """Import, read, search, patch, attest, export: every way in which plaintext passes."""
    lines = deployment.folder / "records.ndjson"

    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    deployment.sluis("records", "import", "diplomas", str(lines))
    lines.unlink()
    client, some = deployment.client(), records[:40]
    for record in some:
        path = f"/v1/records/diplomas/{record['id']}"
        reply = client.call("GET", path, headers=READ)
        assert reply.status == 200 and reply.json()["holder_name"] == record["holder_name"]
        assert client.call("PATCH", path, {"grade": record["grade"] + "x"}).status == 204
        claims = {"claims": {"holder_name": record["holder_name"]}}
        assert client.call("POST", path + ":attest", claims, {"Sluis-Purpose": "diploma-verification"}).json() == {"satisfied": True}
    reply = client.call("POST", "/v1/records/diplomas:read", {"ids": [r["id"] for r in some]}, READ)
    assert len(reply.json()["records"]) == len(some)
    match = {"match": {"national_number": some[0]["national_number"]}}
    assert client.call("POST", "/v1/records/diplomas:search", match, READ).json()["records"]
    assert client.call("POST", "/v1/records/diplomas:export", {}, READ).body.count(b"\n") == len(records)
    assert client.call("PUT", "/v1/records/diplomas/d-bad", {"holder_name": some[0]["holder_name"]}).status == 400
    client.close()


def sealed_values(records):
    """What must not be seen: the markers, and names and numbers of people. (Dates of birth may equal an open date.)"""
    out = {MARKER.encode()}
    for record in records[:40]:
        out |= {record[field].encode() for field in ("holder_name", "national_number") if field in record}
    return out


@pytest.mark.skipif(os.geteuid() != 0, reason="capturing packets and reading another process's memory need root")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_promise_1_the_host_reads_nothing(tmp_path, kind):
    if kind == "sqlite":
        return host_reads_nothing(tmp_path, None, None)
    with postgres_cluster() as cluster:
        return host_reads_nothing(tmp_path, f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"', cluster)


def host_reads_nothing(tmp_path, store, cluster):
    records = diplomas(3000, markers=MARKER)
    needles = sealed_values(records)
    deployment = Deployment(tmp_path, store, options={"log": 'level = "debug"\nrequests = "all"'})
    ports = [deployment.port] + ([int(re.search(r"port=(\d+)", cluster["PG_TLS_DSN"])[1])] if cluster else [])
    capture = Capture(ports)
    capture.start()
    deployment.start()
    use_everything(deployment, records)
    auditor = deployment.client("auditor-1")
    assert auditor.call("GET", "/v1/audit/entries?last=50&payloads=opened").status == 200
    # Idle now: nothing of any call may be left in the gateway's memory.
    memory = list(memory_of(deployment.process.pid))
    assert any(b"sluis.example/gateway-1" in data for _, data in memory), "the gateway's memory can be searched"
    left = [(line, needle) for line, data in memory for needle in needles if needle in data]
    packets = capture.stop()
    assert capture.packets > 1000 and not [n for n in needles if n in packets]
    stored = cluster["PG_DIR"] if cluster else tmp_path / "store"  # with PostgreSQL's own log and write-ahead log
    for folder in (stored, tmp_path / "audit", tmp_path / "log"):
        assert not files_with(folder, needles)
    assert deployment.stop() == 0
    assert not files_with(stored, needles)
    assert not left, f"{len(left)} places in the gateway's memory: {left[:5]}"


def test_promise_2_no_plaintext_leaves_unlogged(tmp_path):
    """Every way of reading leaves its entries, with what was opened and for whom, before the reply."""
    records = diplomas(30)
    deployment = Deployment(tmp_path).start()
    client = deployment.client()
    for record in records:
        content = {k: v for k, v in record.items() if k != "id"}
        assert client.call("PUT", f"/v1/records/diplomas/{record['id']}", content).status == 201
    before = len(deployment.entries())
    some = [record["id"] for record in records[:7]]
    one = client.call("GET", f"/v1/records/diplomas/{some[0]}?fields=holder_name", headers=READ)
    many = client.call("POST", "/v1/records/diplomas:read", {"ids": some}, READ)
    exported = client.call("POST", "/v1/records/diplomas:export", {}, READ)
    assert exported.body.count(b"\n") == len(records)
    claims = {"claims": {"level": records[0]["level"]}}
    attested = client.call("POST", f"/v1/records/diplomas/{some[0]}:attest", claims, {"Sluis-Purpose": "diploma-verification"})
    assert [r.status for r in (one, many, exported, attested)] == [200] * 4
    opened = [e for e in deployment.entries(first=before, opened=True) if e["leaf"]["principal"] == "registry-backend"]
    actions = [e["leaf"]["action"] for e in opened]
    assert actions.count("records.read") == 1 + len(some) and actions.count("records.export") == len(records)
    assert actions.count("records.attest") == 1
    first = next(e for e in opened if e["index"] == one.receipt)
    assert first["payload"]["record"] == some[0] and "holder_name" in first["payload"]["fields"]
    assert first["payload"]["case"] == READ["Sluis-Case"] and len(first["payload"]["subject"]) == 64
    assert records[0]["national_number"] not in str(opened)
    deployment.stop()


def test_promise_4_nobody_can_do_harm_alone(tmp_path):
    """Deny by default: roles other than the backend open nothing, and the backend reads no log; denials are entries."""
    deployment = Deployment(tmp_path).start()
    content = diplomas(1)[0]
    identity = content.pop("id")
    path = f"/v1/records/diplomas/{identity}"
    assert deployment.client().call("PUT", path, content).status == 201
    others = ("officer-1", "officer-2", "auditor-1", "custodian-1", "operator-1")
    for name in others:
        for method, where, what in (("GET", path, None), ("PUT", path, content), ("DELETE", path, None),
                                    ("POST", "/v1/records/diplomas:search", {"match": {"national_number": "1"}}),
                                    ("POST", "/v1/records/diplomas:export", {})):
            assert deployment.client(name).call(method, where, what, READ).status == 403, (name, method, where)
    assert deployment.client().call("GET", "/v1/audit/entries").status == 403
    wrong = [{}, {"Sluis-Purpose": "curiosity"}, {"Sluis-Purpose": "register-maintenance"}]
    assert [deployment.client().call("GET", path, headers=h).status for h in wrong] == [403] * 3
    narrow = deployment.client().call("GET", path, headers={"Sluis-Purpose": "diploma-verification"}).json()
    assert set(narrow) == {"holder_name", "qualification", "institution", "awarded_on"}
    asked = deployment.client().call("GET", path + "?fields=national_number", headers={"Sluis-Purpose": "diploma-verification"})
    assert asked.status == 403
    denied = [e["leaf"] for e in deployment.entries() if e["leaf"]["outcome"] == "denied"]
    assert len(denied) == len(others) * 5 + 1 + 3 + 1
    deployment.stop()


def test_policy_that_names_what_the_configuration_lacks_is_told(tmp_path):
    deployment = Deployment(tmp_path)
    policy = (tmp_path / "policy.toml").read_text()
    assert "is not in the configuration" not in deployment.sluisd_says("--check")
    (tmp_path / "policy.toml").write_text(policy.replace('fields = ["holder_name", ', 'fields = ["holder_nam", ', 1))
    assert "field 'holder_nam' is not in the configuration" in deployment.sluisd_says("--check")
