"""The `sluis` command as its users call it, against a running gateway: output, --json, exit codes."""
import json
import subprocess

from command import READ, ok, sluis
from deployment import BIN, diplomas


def put(gateway, identity="d-1", number=1):
    record = diplomas(1, first=number)[0]
    record.pop("id")
    ok(sluis(gateway, "records", "put", "diplomas", identity, "--data", "-", stdin=json.dumps(record)))
    return record


def test_put_get_patch_delete(gateway):
    record = put(gateway)
    shown = ok(sluis(gateway, "records", "get", "diplomas", "d-1", *READ))
    assert record["holder_name"] in shown and "national_number" in shown
    assert json.loads(ok(sluis(gateway, "--json", "records", "get", "diplomas", "d-1", *READ))) == record
    ok(sluis(gateway, "records", "patch", "diplomas", "d-1", "--set", "grade=distinction"))
    some = ok(sluis(gateway, "--json", "records", "get", "diplomas", "d-1", "--fields", "grade,level", *READ))
    assert json.loads(some)["grade"] == "distinction" and "holder_name" not in some
    stale = sluis(gateway, "records", "delete", "diplomas", "d-1", "--if-match", '"1"')
    assert stale.returncode == 6, stale.stderr
    ok(sluis(gateway, "records", "delete", "diplomas", "d-1"))
    gone = sluis(gateway, "records", "get", "diplomas", "d-1", *READ)
    assert gone.returncode == 5 and "404" in gone.stderr


def test_create_only(gateway):
    put(gateway, "d-2", 2)
    again = sluis(gateway, "records", "put", "diplomas", "d-2", "--create", "--data", "-", stdin=json.dumps(diplomas(1)[0]))
    assert again.returncode in (6, 7)


def test_search_and_attest(gateway):
    record = put(gateway, "d-3", 3)
    found = ok(sluis(gateway, "records", "search", "diplomas", "--match", f"national_number={record['national_number']}", *READ))
    assert "d-3" in found and record["holder_name"] in found
    why = ("--purpose", "diploma-verification")
    yes = sluis(gateway, "records", "attest", "diplomas", "d-3", "--claim", f"awarded_on>={record['awarded_on']}", *why)
    assert yes.returncode == 0 and yes.stdout.strip() == "satisfied"
    no = sluis(gateway, "records", "attest", "diplomas", "d-3", "--claim", "awarded_on<1900-01-01", *why)
    assert no.returncode == 1 and no.stdout.strip() == "not satisfied"
    assert record["awarded_on"] not in no.stdout + no.stderr


def test_exit_codes_of_refusals(gateway):
    put(gateway, "d-4", 4)
    assert sluis(gateway, "records", "get", "diplomas", "d-4").returncode == 4, "no purpose"
    assert sluis(gateway, "records", "get", "diplomas", "d-4", *READ, profile="auditor-1").returncode == 4
    assert sluis(gateway, "records", "put", "diplomas", "d-4", "--data", "-", stdin="{").returncode == 7
    assert sluis(gateway, "records", "put", "diplomas", "d-4", "--data", "/nowhere").returncode == 10
    assert sluis(gateway, "records", "fetch").returncode == 2
    assert sluis(gateway, "records", "get", "diplomas", "d-4", profile=None).returncode == 2
    gateway.write("away.toml", (gateway.folder / "registry-backend.toml").read_text().replace(str(gateway.port), "1"))
    away = sluis(gateway, "status", profile="away")
    assert away.returncode == 3 and "cannot talk to the gateway" in away.stderr


def test_a_wrong_profile_is_named_with_its_place(gateway):
    good = (gateway.folder / "registry-backend.toml").read_text()
    deep = ".".join(["a"] * 20_000) + " = 1\n"
    for text, says in [(good + "pin = 'x'\n", "unknown member"), ('url = "x"\n', "'certificate' is missing"),
                       ("url = \n", "wrong.toml:1:"), (deep, "wrong.toml:1:"), ("#" * 70_000, "at most 64 KiB"), ("", "is empty")]:
        gateway.write("wrong.toml", text)
        done = sluis(gateway, "status", profile="wrong")
        assert done.returncode == 10 and says in done.stderr, (text[:40], done.returncode, done.stderr)


def test_import_reports_lines_and_is_not_sent_twice(gateway, tmp_path):
    records = diplomas(300, first=1000)
    lines = [json.dumps(r) for r in records]
    lines[7] = '{"id": "x'
    lines[9] = json.dumps({**records[9], "unknown": 1})
    file = tmp_path / "register.ndjson"
    file.write_text("\n".join(lines) + "\n")
    done = sluis(gateway, "records", "import", "diplomas", file)
    assert done.returncode == 7 and "298 records imported, 2 lines refused" in done.stdout, done.stdout + done.stderr
    assert "unknown_field" in done.stdout + done.stderr
    again = sluis(gateway, "records", "import", "diplomas", file)
    assert again.returncode == 7 and "imported already" in again.stderr


def test_import_csv_goes_on_where_it_stopped(gateway, tmp_path):
    made = subprocess.run([BIN / "register-generator", "--seed", "1", "--count", "500", "--first", "5000", "--format", "csv"],
                          check=True, capture_output=True, text=True).stdout
    part, whole = tmp_path / "part.csv", tmp_path / "whole.csv"
    part.write_text("".join(line + "\n" for line in made.splitlines()[:201]))
    whole.write_text(made)
    client = gateway.client()
    # A connection that breaks in the middle leaves whole chunks: here the first 200 rows, as their own unfinished import.
    name = "/v1/records/diplomas:import?import=csv-1&from_line=1"
    client.call("POST", name, part.read_bytes(), {"Content-Type": "text/csv"})
    state = client.call("GET", "/v1/records/diplomas/imports/csv-1").json()
    assert state["records"] == 200 and state["finished"]
    done = sluis(gateway, "--json", "records", "import", "diplomas", whole)
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout)["records"] == 300 and json.loads(done.stdout)["errors"] == 200


def test_export_never_overwrites(gateway, tmp_path):
    put(gateway, "d-5", 5)
    target = tmp_path / "out.ndjson"
    ok(sluis(gateway, "records", "export", "diplomas", "--fields", "institution", "-o", target, *READ))
    exported = [json.loads(line) for line in target.read_text().splitlines()]
    assert any(r["id"] == "d-5" for r in exported) and all("holder_name" not in r for r in exported)
    assert target.stat().st_mode & 0o777 == 0o600
    assert sluis(gateway, "records", "export", "diplomas", "-o", target, *READ).returncode == 10


def test_audit_tail_show_verify(gateway):
    put(gateway, "d-6", 6)
    ok(sluis(gateway, "records", "get", "diplomas", "d-6", *READ))
    shown = ok(sluis(gateway, "audit", "tail", "-n", "5", profile="auditor-1"))
    assert "records.read" in shown and "registry-backend" in shown
    entries = [json.loads(line) for line in ok(sluis(gateway, "--json", "audit", "tail", "-n", "50", "--payloads", profile="auditor-1")).splitlines()]
    read = [e for e in entries if e["leaf"]["action"] == "records.read"][-1]
    assert read["payload"]["record"] == "d-6" and read["payload"]["case"] == "C-2026-1"
    one = json.loads(ok(sluis(gateway, "--json", "audit", "show", read["index"], profile="auditor-1")))
    assert one["leaf"] == read["leaf"]
    assert sluis(gateway, "audit", "tail").returncode == 4, "the backend is no auditor"
    assert gateway.verify_log()["good"]


def test_status(gateway):
    ok(sluis(gateway, "status", profile="operator-1"))
    assert isinstance(json.loads(ok(sluis(gateway, "--json", "status", profile="operator-1"))), dict)


def test_hsm_commands(gateway):
    pin = ("--pin-file", gateway.path("hsm/pin"))
    shown = ok(sluis(gateway, "hsm", "status", *pin, profile=None))
    assert "software token" in shown and "yes" in shown
    keys = json.loads(ok(sluis(gateway, "--json", "hsm", "list", *pin, profile=None)))
    assert {k["kind"] for k in keys} == {"master", "audit", "pseudonym"}
    steps = json.loads(ok(sluis(gateway, "--json", "hsm", "selftest", *pin, profile=None)))
    assert len(steps) > 3 and all(s["outcome"] != "FAILED" for s in steps)
    again = ok(sluis(gateway, "hsm", "init", *pin, "--so-pin-file", gateway.path("hsm/so-pin"), profile=None))
    assert "existed" in again and "created" not in again
    gateway.write("hsm/open-pin", "123456", 0o644)
    refused = sluis(gateway, "hsm", "list", "--pin-file", gateway.path("hsm/open-pin"), profile=None)
    assert refused.returncode == 10 and "chmod 600" in refused.stderr


def test_pin_from_a_descriptor(gateway):
    with open(gateway.path("hsm/pin"), "rb") as pin:
        done = subprocess.run([BIN / "sluis", "hsm", "list", "--pin-fd", str(pin.fileno())], check=False, capture_output=True,
                              text=True, env=gateway.environment, pass_fds=[pin.fileno()])
    assert done.returncode == 0 and "sluis-master-m1" in done.stdout


def test_policy_check_and_explain(gateway, tmp_path):
    policy = gateway.path("policy.toml")
    assert "no errors" in ok(sluis(gateway, "policy", "check", policy, profile=None))
    bad = tmp_path / "bad.toml"
    bad.write_text('[[principal]]\nname = "a"\nuri = "urn:a"\nroles = ["backendd"]\n')
    done = sluis(gateway, "policy", "check", bad, profile=None)
    assert done.returncode == 1 and f"{bad}:4:" in done.stdout and "did you mean 'backend'" in done.stdout
    common = ("--policy", policy, "--collection", "diplomas")
    yes = ok(sluis(gateway, "policy", "explain", "registry-backend", "records.read", *common, "--purpose", "diploma-verification", profile=None))
    assert "allowed by 'verify-a-diploma'" in yes
    no = sluis(gateway, "policy", "explain", "auditor-1", "records.read", *common, profile=None)
    assert no.returncode == 1 and "denied" in no.stdout


def test_completion(gateway):
    for shell in ("bash", "zsh", "fish"):
        assert "records" in ok(sluis(gateway, "completion", shell, profile=None))
    script = ok(sluis(gateway, "completion", "bash", profile=None))
    ask = script + '\nCOMP_WORDS=(sluis records ge); COMP_CWORD=2; _sluis; echo "${COMPREPLY[@]}"'
    assert subprocess.run(["bash", "-c", ask], check=True, capture_output=True, text=True).stdout.split() == ["get"]
    ask = script + '\nCOMP_WORDS=(sluis records get --pur); COMP_CWORD=3; _sluis; echo "${COMPREPLY[@]}"'
    assert subprocess.run(["bash", "-c", ask], check=True, capture_output=True, text=True).stdout.split() == ["--purpose"]


def test_help_has_examples(gateway):
    for words in ((), ("records", "get"), ("records", "import"), ("hsm", "init"), ("audit", "verify"), ("policy", "explain")):
        assert "Example" in ok(sluis(gateway, *words, "--help", profile=None)), words
