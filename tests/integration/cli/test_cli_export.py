"""`sluis records export` when the gateway does not give everything: what is missing is said, and by the exit code too."""
import contextlib
import json
import re
import socket
import sqlite3
import ssl
import threading

import pytest
from command import READ, ok, sluis
from deployment import Deployment, diplomas


@pytest.fixture
def small(tmp_path):
    """A gateway with 25 diplomas and a budget of 10 records a day."""
    deployment = Deployment(tmp_path / "gateway")
    policy = re.sub(r"^per_day = .*$", "per_day = 10", (deployment.folder / "policy.toml").read_text(), flags=re.M)
    deployment.write("policy.toml", policy)
    deployment.start()
    file = tmp_path / "register.ndjson"
    file.write_text("".join(json.dumps(r) + "\n" for r in diplomas(25)))
    ok(sluis(deployment, "records", "import", "diplomas", file))
    yield deployment
    assert deployment.stop() == 0


def exported(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_spent_budget_names_the_id_to_go_on_with(small, tmp_path):
    target = tmp_path / "part.ndjson"
    done = sluis(small, "records", "export", "diplomas", "--fields", "level", "-o", target, *READ)
    assert done.returncode == 8, done.stderr
    records = exported(target)
    assert len(records) == 10 and all(set(r) == {"id", "level"} for r in records)
    assert "10 records" in done.stderr and f"--after {records[-1]['id']}" in done.stderr


def test_a_budget_that_is_spent_already_leaves_no_file(small, tmp_path):
    ok_part = sluis(small, "records", "export", "diplomas", "-o", tmp_path / "first.ndjson", *READ)
    assert ok_part.returncode == 8
    target = tmp_path / "second.ndjson"
    done = sluis(small, "records", "export", "diplomas", "--after", "d-0000000010", "-o", target, *READ)
    assert done.returncode == 8 and "--after d-0000000010" in done.stderr
    assert not target.exists()


def damage(gateway, identity):
    """Changes the last byte of a stored envelope, as a disk or a stranger in the database would."""
    with contextlib.closing(sqlite3.connect(gateway.path("store/sluis.db"), timeout=20)) as db, db:
        (envelope,) = db.execute("select envelope from records where id = ?", (identity,)).fetchone()
        changed = envelope[:-1] + bytes([envelope[-1] ^ 1])
        db.execute("update records set envelope = ? where id = ?", (changed, identity))


def test_a_record_that_does_not_open_is_named_and_the_others_are_written(gateway, tmp_path):
    for record in diplomas(5, first=700):
        identity = record.pop("id")
        ok(sluis(gateway, "records", "put", "diplomas", identity, "--data", "-", stdin=json.dumps(record)))
    damage(gateway, "d-0000000702")
    target = tmp_path / "out.ndjson"
    done = sluis(gateway, "records", "export", "diplomas", "-o", target, *READ)
    assert done.returncode == 9, done.stderr
    assert [r["id"] for r in exported(target)] == [f"d-000000070{n}" for n in (0, 1, 3, 4)]
    assert "$problem" not in target.read_text()
    assert "d-0000000702" in done.stderr and "4 records" in done.stderr and "1 record does not open" in done.stderr
    piped = sluis(gateway, "records", "export", "diplomas", *READ)
    assert piped.returncode == 9 and piped.stdout == target.read_text()
    ok(sluis(gateway, "records", "delete", "diplomas", "d-0000000702"))


def test_data_that_looks_like_a_problem_is_data(gateway, tmp_path):
    text = '"$problem":"budget spent" {"$problem":"failed"}'
    ok(sluis(gateway, "records", "put", "diplomas", "odd", "--data", "-",
             stdin=json.dumps({**{k: v for k, v in diplomas(1)[0].items() if k != "id"}, "institution": text})))
    target = tmp_path / "out.ndjson"
    done = sluis(gateway, "records", "export", "diplomas", "--after", "oda", "-o", target, *READ)
    ok(done)
    assert [(r["id"], r["institution"]) for r in exported(target)] == [("odd", text)] and "1 record\n" in done.stderr
    ok(sluis(gateway, "records", "delete", "diplomas", "odd"))


@contextlib.contextmanager
def breaking_gateway(gateway, body, end=b""):
    """Answers one export with `body` as a chunk and, unless told, no end mark; with the real gateway's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(gateway.path("ca/server.pem"), gateway.path("ca/server.key"))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with context.wrap_socket(listener.accept()[0], server_side=True) as link:
            link.recv(65536)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            link.sendall(head + b"%x\r\n%s\r\n" % (len(body), body) + end)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    profile = (gateway.folder / "registry-backend.toml").read_text().replace(str(gateway.port), str(port))
    gateway.write("breaking.toml", profile)
    try:
        yield
    finally:
        thread.join(20)
        listener.close()


def test_a_broken_connection_leaves_whole_lines_and_the_id_to_go_on_with(gateway, tmp_path):
    target = tmp_path / "out.ndjson"
    with breaking_gateway(gateway, b'{"id":"a"}\n{"id":"b","level":6}\n{"id":"c","lev'):
        done = sluis(gateway, "records", "export", "diplomas", "-o", target, *READ, profile="breaking")
    assert done.returncode == 3, done.stderr
    assert [r["id"] for r in exported(target)] == ["a", "b"]
    assert "--after b" in done.stderr


@pytest.mark.parametrize("body, says", [
    (b'{"id":"a","$problem":"something new"}\n', "something new"),
    (b'{"id":"a","lev', "inside a line"),
    (b'{"id":"a","$problem"\n', "not a JSON object"),
])
def test_a_stream_that_is_not_understood_is_no_success(gateway, tmp_path, body, says):
    target = tmp_path / "out.ndjson"
    with breaking_gateway(gateway, body, end=b"0\r\n\r\n"):
        done = sluis(gateway, "records", "export", "diplomas", "-o", target, *READ, profile="breaking")
    assert done.returncode == 9 and says in done.stderr and not target.exists()


def test_a_refused_export_leaves_no_file(gateway, tmp_path):
    target = tmp_path / "out.ndjson"
    refused = sluis(gateway, "records", "export", "diplomas", "-o", target, "--purpose", "register-maintenance")
    assert refused.returncode == 4 and "case reference" in refused.stderr
    assert not target.exists()
    ok(sluis(gateway, "records", "export", "diplomas", "-o", target, *READ))


def test_an_export_of_nothing_is_an_empty_file(gateway, tmp_path):
    target = tmp_path / "out.ndjson"
    ok(sluis(gateway, "records", "export", "diplomas", "--after", "zzzz", "-o", target, *READ))
    assert target.read_text() == ""
    assert sluis(gateway, "records", "export", "diplomas", "-o", target, *READ).returncode == 10
    assert target.exists(), "what was there before is not removed"
