"""What people type, well or wrongly: quoting of claims, receipts, empty values, unknown words; and what help tells them."""
import json
import os
import re
import shlex
import subprocess

import pytest
from command import READ, ok, sluis
from deployment import BIN, ROOT, diplomas


def put(gateway, identity, number):
    record = {k: v for k, v in diplomas(1, first=number)[0].items() if k != "id"}
    ok(sluis(gateway, "records", "put", "diplomas", identity, "--data", "-", stdin=json.dumps(record)))
    return record


def attest(gateway, identity, *claims):
    options = [word for claim in claims for word in ("--claim", claim)]
    return sluis(gateway, "records", "attest", "diplomas", identity, *options, "--purpose", "diploma-verification")


def test_a_quoted_claim_is_text(gateway):
    record = put(gateway, "q-1", 21)
    digits = "".join(c for c in record["national_number"] if c.isdigit())
    ok(attest(gateway, "q-1", f'national_number="{digits}"'))
    ok(attest(gateway, "q-1", f"national_number={digits}"))
    ok(attest(gateway, "q-1", f'awarded_on>="{record["awarded_on"]}"', f"level={record['level']}"))
    assert attest(gateway, "q-1", f'level="{record["level"]}"').returncode == 1, "the level is a number"
    assert attest(gateway, "q-1", 'national_number="1"').returncode == 1


def test_a_claim_is_split_at_its_first_sign(gateway):
    put(gateway, "q-2", 22)
    assert attest(gateway, "q-2", 'institution="a>=b"').returncode == 1
    assert attest(gateway, "q-2", "institution=a<b").returncode == 1


def test_no_claim_is_dropped(gateway):
    level = put(gateway, "q-3", 23)["level"]
    ok(attest(gateway, "q-3", f"level>={level}", f"level<={level}"))
    twice = attest(gateway, "q-3", f"level={level + 1}", f"level={level}")
    assert twice.returncode == 2 and "level" in twice.stderr


def test_long_numbers_are_sent_as_they_are_written(gateway):
    level = put(gateway, "q-4", 24)["level"]
    assert attest(gateway, "q-4", f"level={level}.00000000000000000000000000001").returncode == 1
    ok(attest(gateway, "q-4", f"level<{level}.00000000000000000000000000001"))


@pytest.mark.parametrize("command", [
    ("put", "diplomas", "q-5", "--data", "-", "--if-match", ""),
    ("patch", "diplomas", "q-5", "--set", "grade=distinction", "--if-match", ""),
    ("delete", "diplomas", "q-5", "--if-match", ""),
    ("delete", "diplomas", "q-5", "--if-match="),
    ("get", "diplomas", "q-5", "--fields", "", *READ),
    ("export", "diplomas", "--after", "", *READ),
    ("put", "diplomas", "q-5", "--create", "--if-match", '"1"'),
    ("put", "diplomas", "q-5", "--set", "grade=x", "--data", "-"),
    ("patch", "diplomas", "q-5", "--set", "grade=x", "--set", "grade=y"),
    ("search", "diplomas", "--match", "national_number=1", "--match", "national_number=2", *READ),
])
def test_what_says_nothing_or_two_things_is_a_wrong_command_line(gateway, command):
    put(gateway, "q-5", 25)
    before = sluis(gateway, "--json", "records", "get", "diplomas", "q-5", *READ).stdout
    done = sluis(gateway, "records", *command, stdin=json.dumps({"grade": "none"}))
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert sluis(gateway, "--json", "records", "get", "diplomas", "q-5", *READ).stdout == before


def receipt_of(gateway, *command):
    done = sluis(gateway, "records", *command)
    ok(done)
    return re.search(r"log entry (\S+)", done.stderr)[1]


def test_audit_show_takes_a_receipt_as_printed(gateway):
    put(gateway, "q-6", 26)
    receipt = receipt_of(gateway, "get", "diplomas", "q-6", *READ)
    origin, index = receipt.rsplit("/", 1)
    shown = json.loads(ok(sluis(gateway, "--json", "audit", "show", receipt, profile="auditor-1")))
    assert shown["index"] == int(index) and shown["leaf"]["action"] == "records.read"
    assert shown == json.loads(ok(sluis(gateway, "--json", "audit", "show", index, profile="auditor-1")))
    assert "records.read" in ok(sluis(gateway, "audit", "show", receipt, profile="auditor-1"))
    several = ok(sluis(gateway, "--json", "audit", "show", f"{origin}/0-2", profile="auditor-1"))
    assert [json.loads(line)["index"] for line in several.splitlines()] == [0, 1, 2]
    table = ok(sluis(gateway, "audit", "show", f"{origin}/0-2", profile="auditor-1"))
    assert table.count("\n") == 4


def test_a_receipt_of_another_log_is_not_shown(gateway):
    other = sluis(gateway, "audit", "show", "sluis.example/gateway-2/0", profile="auditor-1")
    assert other.returncode == 5 and "sluis.example/gateway-1" in other.stderr and other.stdout == ""
    for beyond in ("999999", "sluis.example/gateway-1/999999", "0-999999"):
        assert sluis(gateway, "audit", "show", beyond, profile="auditor-1").returncode == 5, beyond
    for wrong in ("x", "", "1-0", "-1", "sluis.example/gateway-1/", "/1", "1 ", "99999999999999999999", "0-18446744073709551615",
                  "18446744073709551615"):
        done = sluis(gateway, "audit", "show", "--", wrong, profile="auditor-1")
        assert done.returncode in (2, 5) and done.stdout == "", (wrong, done.returncode)
    assert sluis(gateway, "audit", "show", "x", profile="auditor-1").returncode == 2


def test_import_says_the_same_the_second_time(gateway, tmp_path):
    records = diplomas(20, first=9000)
    file = tmp_path / "again.ndjson"
    file.write_text("".join(json.dumps(r) + "\n" for r in records[:19]) + "{\n")
    first = sluis(gateway, "--json", "records", "import", "diplomas", file)
    again = sluis(gateway, "--json", "records", "import", "diplomas", file)
    assert (first.returncode, again.returncode) == (7, 7)
    assert json.loads(first.stdout) == json.loads(again.stdout) and json.loads(again.stdout)["records"] == 19
    assert "imported already" in again.stderr
    shown = sluis(gateway, "records", "import", "diplomas", file)
    assert shown.returncode == 7 and "19 records imported, 1 line refused" in shown.stdout and "--import-id" in shown.stderr
    clean = tmp_path / "clean.ndjson"
    clean.write_text(json.dumps(diplomas(1, first=9500)[0]) + "\n")
    assert "1 record imported, 0 lines refused" in ok(sluis(gateway, "records", "import", "diplomas", clean))
    assert "1 record imported, 0 lines refused" in ok(sluis(gateway, "records", "import", "diplomas", clean))


def test_an_unknown_word_is_named(gateway):
    for words in (("frobnicate",), ("records", "frobnicate"), ("audit", "frobnicate", "-n", "3")):
        done = sluis(gateway, *words, profile=None)
        assert done.returncode == 2 and "'frobnicate'" in done.stderr, (words, done.stderr)
    missing = sluis(gateway, "records", profile=None)
    assert missing.returncode == 2 and "subcommand is required" in missing.stderr


def test_one_error_is_not_errors(gateway, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('[[principal]]\nname = "a"\nuri = "urn:a"\nroles = ["backendd"]\n')
    done = sluis(gateway, "policy", "check", bad, profile=None)
    assert done.returncode == 1 and re.search(r"(^|\D)1 error$", done.stderr.strip()), done.stderr


def test_a_verifier_key_has_a_name_that_is_one(gateway):
    for origin in ("bad origin+x", "", "a+b", "a b", "a\n", "x" * 256):
        done = sluis(gateway, "hsm", "audit-key", "--origin", origin, "--pin-file", gateway.path("hsm/pin"), profile=None)
        assert done.returncode == 2 and done.stdout == "", (origin, done.returncode, done.stdout)


def commands(gateway, *group):
    text = ok(sluis(gateway, *group, "--help", profile=None))
    return re.findall(r"^  ([a-z-]+) ", text.split("Subcommands:\n", 1)[1].split("\n\n", 1)[0], re.M)


def examples(gateway, *command):
    text = ok(sluis(gateway, *command, "--help", profile=None))
    tail = re.split(r"^Examples?:\n", text, flags=re.M)[1].replace("\\\n", " ")
    return [line.strip() for line in tail.splitlines() if line.startswith("  ")]


def test_help_of_a_group_is_its_own(gateway):
    assert len(commands(gateway)) >= 6
    for group in ("records", "hsm", "policy", "audit"):
        text = ok(sluis(gateway, group, "--help", profile=None))
        assert "A profile is" not in text and "Exit codes:" not in text
        lines = examples(gateway, group)
        assert lines and all(re.search(rf"sluis (--profile \S+ )?{group} ", line) for line in lines), lines
    for alone in ("status", "completion"):
        lines = examples(gateway, alone)
        assert lines and all(f" {alone}" in line for line in lines), lines


def test_examples_of_records_work_in_a_shell(gateway, tmp_path):
    put(gateway, "d-1", 27)
    put(gateway, "d-42", 28)
    made = [r for r in diplomas(3, first=9700)]
    (tmp_path / "register.ndjson").write_text("".join(json.dumps(r) + "\n" for r in made))
    record = {k: v for k, v in made[0].items() if k != "id"}
    (tmp_path / "diploma.json").write_text(json.dumps(record))
    environment = {**gateway.environment, "SLUIS_PROFILE": gateway.path("registry-backend.toml"),
                   "PATH": f"{BIN}:{os.environ['PATH']}"}
    last = "delete"
    for command in sorted(commands(gateway, "records"), key=lambda name: name == last):
        for line in examples(gateway, "records", command):
            done = subprocess.run(line, shell=True, check=False, capture_output=True, text=True, env=environment, cwd=tmp_path)
            assert done.returncode in ((0, 1) if command == "attest" else (0,)), (line, done.returncode, done.stderr)
            assert "satisfied" in done.stdout or command != "attest", line
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("=")], "a redirection by mistake"


def test_every_code_of_the_table_is_in_the_help(gateway):
    table = re.findall(r"^\| (\d+) \| ", (ROOT / "docs" / "cli.md").read_text(), re.M)
    listed = ok(sluis(gateway, "--help", profile=None)).split("Exit codes:\n", 1)[1].split("\n\n", 1)[0]
    assert table == re.findall(r"(?:^|\s{2})(\d+) [a-z]", listed), listed
    assert table == [str(code) for code in range(11)]


def test_completion_offers_what_a_command_takes(gateway):
    script = ok(sluis(gateway, "completion", "bash", profile=None))
    for command in commands(gateway, "records"):
        long = re.findall(r"(--[a-z][a-z-]+)", ok(sluis(gateway, "records", command, "--help", profile=None)).split("Example", 1)[0])
        words = re.search(rf'"sluis records {command}"\) words="([^"]*)"', script)[1].split()
        assert set(long) <= set(words), (command, set(long) - set(words))


def test_commands_in_the_documents_parse(gateway):
    """Every option that a document gives to `sluis` is one that the command has."""
    for document in ("cli.md", "hsm.md", "auditor.md"):
        text = (ROOT / "docs" / document).read_text()
        text = re.sub(r"\\\n\s*", " ", text)
        for line in re.findall(r"^\s*(sluis [^\n]*?)(?:\s{3,}.*)?$", text, re.M):
            words = shlex.split(line)[1:]
            given = [w for w in words if w.startswith("--") and w not in ("--profile", "--help")]
            path = words[2:4] if words[0] == "--profile" else words[:2]
            known = ok(sluis(gateway, *path, "--help", profile=None))
            assert all(option in known for option in given), (document, line)
            assert "--profile" not in words[2:], (document, line)
