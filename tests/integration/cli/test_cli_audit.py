"""`sluis audit` over a running gateway: tiles, receipts, and a new signing key."""
import json
import pathlib
import subprocess
import sys

import pytest
from command import READ, ok, sluis
from deployment import ROOT, Deployment, diplomas

VERIFIER = ROOT / "tests" / "interop" / "verifier.py"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("gateway")).start()
    for number in range(1, 4):
        record = diplomas(1, first=number)[0]
        record.pop("id")
        ok(sluis(deployment, "records", "put", "diplomas", f"d-{number}", "--data", "-", stdin=json.dumps(record)))
    yield deployment
    assert deployment.stop() == 0


def log_key(gateway):
    return ok(sluis(gateway, "hsm", "audit-key", "--origin", "sluis.example/gateway-1", "--pin-file", gateway.path("hsm/pin"),
                    profile=None)).strip()


def audit(gateway, *arguments):
    return sluis(gateway, "audit", *arguments, profile="auditor-1")


def test_a_receipt_is_checked_offline_by_both(gateway, tmp_path):
    read = gateway.client().call("GET", "/v1/records/diplomas/d-1?fields=grade",
                                 headers={"Sluis-Purpose": READ[1], "Sluis-Case": READ[3]})
    file, key = tmp_path / "one.tlog-proof", log_key(gateway)
    ok(audit(gateway, "receipt", read.headers["Sluis-Receipt"], "-o", file))
    said = json.loads(ok(sluis(gateway, "--json", "audit", "check-receipt", file, "--key", key, profile=None)))
    assert said["index"] == read.receipt and said["leaf"]["action"] == "records.read"
    theirs = subprocess.run([sys.executable, VERIFIER, "--proof", file, "--key", key], check=True, capture_output=True, text=True)
    assert f"good: entry {read.receipt}:" in theirs.stdout
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"index {read.receipt}\n", f"index {read.receipt - 1}\n"), encoding="utf-8")
    assert sluis(gateway, "audit", "check-receipt", file, "--key", key, profile=None).returncode == 1
    assert subprocess.run([sys.executable, VERIFIER, "--proof", file, "--key", key], check=False).returncode == 1


def test_the_tiles_of_a_running_gateway_verify(gateway):
    key = log_key(gateway)
    ok(audit(gateway, "verify", "--key", key))
    certificates = [gateway.path(f"ca/{name}") for name in ("server-ca.pem", "auditor-1.pem", "auditor-1.key")]
    theirs = subprocess.run([sys.executable, VERIFIER, f"https://127.0.0.1:{gateway.port}/v1/tlog", "--key", key, "--cafile",
                             certificates[0], "--cert", certificates[1], "--cert-key", certificates[2]],
                            check=False, capture_output=True, text=True)
    assert theirs.returncode == 0, theirs.stdout + theirs.stderr
    assert sluis(gateway, "audit", "verify", "--key", key).returncode == 4, "a backend may not read the log"
    auditor = gateway.client("auditor-1")
    for path in ("tile/0/0", "tile/00/000", "tile/0/000.p/256", "tile/entries/999", "tile/x/000", "signing-key"):
        assert auditor.call("GET", f"/v1/tlog/{path}").status == 404, path


def test_reading_entries_by_tiles_is_logged(gateway):
    auditor = gateway.client("auditor-1")
    head = auditor.call("GET", "/v1/tlog/checkpoint")
    assert head.status == 200 and head.headers["Content-Type"] == "text/plain; charset=utf-8" and head.receipt is None
    size = int(head.body.split(b"\n")[1])
    path = f"tile/entries/000.p/{size}" if size < 256 else "tile/entries/000"
    read = auditor.call("GET", f"/v1/tlog/{path}")
    assert read.status == 200 and read.headers["Content-Type"] == "application/octet-stream"
    entry = auditor.call("GET", f"/v1/audit/entries/{read.receipt}?payloads=opened").json()
    assert entry["leaf"]["action"] == "audit.read" and entry["payload"]["detail"] == path


def test_a_new_signing_key(gateway, tmp_path):
    old = log_key(gateway)
    ok(audit(gateway, "verify", "--key", old))
    assert gateway.stop() == 0
    ok(sluis(gateway, "hsm", "new-audit-key", "--pin-file", gateway.path("hsm/pin"), profile=None))
    new = log_key(gateway)
    assert new != old
    gateway.start()
    for keys in (["--key", old], ["--key", new], ["--key", old, "--key", new]):
        ok(audit(gateway, "verify", *keys))
    assert gateway.client("auditor-1").call("GET", "/v1/tlog/checkpoint").body.count("\u2014 ".encode()) == 2
    assert gateway.stop() == 0
    config = pathlib.Path(gateway.path("sluis.toml"))
    config.write_text(config.read_text().replace("[audit]\n", "[audit]\nkey_overlap_days = 0\n"))
    gateway.start()
    read = gateway.client().call("GET", "/v1/records/diplomas/d-1?fields=grade",
                                 headers={"Sluis-Purpose": READ[1], "Sluis-Case": READ[3]})
    ok(audit(gateway, "receipt", read.receipt, "-o", tmp_path / "new.tlog-proof"))  # waits for a checkpoint
    ok(audit(gateway, "verify", "--key", new))
    assert audit(gateway, "verify", "--key", old).returncode == 1
