"""What the server does with requests, good and bad."""

import json
import re
import time

import pytest


def test_keep_alive_and_request_ids(probe):
    with probe.client() as client:
        replies = [client.get("/nothing") for _ in range(50)]
    assert {r.status for r in replies} == {200}
    ids = [r.headers["sluis-request-id"] for r in replies]
    assert len(set(ids)) == 50
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i) for i in ids)
    assert replies[0].headers["cache-control"] == "no-store"


def test_pipelining_answers_in_order(probe):
    with probe.client() as client:
        client.send("".join(f"GET /secret/{i} HTTP/1.1\r\nHost: a\r\n\r\n" for i in range(20)))
        for i in range(20):
            assert client.reply().body.startswith(f"plaintext of {i}.".encode())


def test_connection_close_is_honoured(probe):
    with probe.client() as client:
        assert client.get("/nothing", "Connection: close").headers["connection"] == "close"
        assert client.is_closed()


def test_http_1_0(probe):
    with probe.client() as client:
        client.send("GET /nothing HTTP/1.0\r\n\r\n")
        assert client.reply().status == 200
        assert client.is_closed()


def test_head(probe):
    with probe.client() as client:
        reply = client.get("/nothing", method="HEAD")
        assert (reply.status, reply.headers["content-length"]) == (200, "2")
        assert client.get("/nothing").body == b"ok"


def test_a_request_byte_by_byte(probe):
    with probe.client() as client:
        for byte in b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc":
            client.send(bytes([byte]))
        assert client.reply().body == b"abc"


@pytest.mark.parametrize("path", ["/a/../nothing", "/%2e%2e/nothing", "//nothing", "/nothing%00", "/a%2fb", "/a%5cb",
                                  "/%ff", "/%c0%af", "/nothing%", "/nothing#x", "nothing", "http://localhost/nothing",
                                  "/nothing?a=%00", "/nothing?a=%zz"])
def test_path_tricks(probe, path):
    with probe.client() as client:
        reply = client.get(path)
        assert reply.status == 400
        assert reply.headers["content-type"] == "application/problem+json"
        assert json.loads(reply.body)["status"] == 400


def test_unknown_paths_and_methods(probe):
    with probe.client() as client:
        assert client.get("/nowhere").status == 404
        reply = client.get("/nothing", method="DELETE")
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
        assert client.get("/nothing", method="BREW").status == 405
        assert client.get("/nothing").status == 200


@pytest.mark.parametrize("head", [
    "GET /nothing HTTP/1.1\r\n\r\n",
    "GET /nothing HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /nothing HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
    "GET /nothing HTTP/1.1\r\nHost: a\0\r\n\r\n",
    "GET /nothing HTTP/3.0\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
])
def test_malformed_requests_end_the_connection(probe, head):
    with probe.client() as client:
        client.send(head)
        reply = client.reply()
        assert reply.status in (400, 501, 505)
        assert reply.headers["connection"] == "close"
        assert client.is_closed()


def test_headers_are_bounded(probe):
    with probe.client() as client:
        assert client.get("/nothing", "X: " + "x" * 20000).status == 431
    with probe.client() as client:
        assert client.get("/nothing", *["X: y"] * 100).status == 431
    with probe.client() as client:
        assert client.get("/" + "x" * 9000).status == 414


def test_chunked_requests(probe):
    with probe.client() as client:
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        client.send("2\r\nde\r\n0\r\nSluis-Purpose: smuggled\r\n\r\n")
        assert client.reply().body == b"abcde"
        assert client.get("/nothing").status == 200


def test_expect_continue(probe):
    with probe.client() as client:
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert client.reply().status == 100
        client.send("abc")
        assert client.reply().body == b"abc"


def test_expect_continue_is_refused_before_the_body(probe):
    with probe.client() as client:
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n")
        assert client.reply().status == 413
        assert client.is_closed()


def test_100_mib_body(probe):
    before = probe.resident_kib()
    with probe.client() as client:
        client.send(f"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {100 << 20}\r\n\r\n")
        piece = b"x" * (1 << 20)
        try:
            for _ in range(100):
                client.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.reply().status == 413
    assert probe.resident_kib() - before < 8192


def test_100_mib_body_in_chunks(probe):
    before = probe.resident_kib()
    with probe.client() as client:
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"%x\r\n" % (1 << 20) + b"x" * (1 << 20) + b"\r\n"
        try:
            for _ in range(100):
                client.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.reply().status == 413
    assert probe.resident_kib() - before < 8192


def test_a_body_of_the_size_that_is_allowed(probe):
    body = b"y" * (1 << 20)
    with probe.client() as client:
        assert client.post("/echo", body).body == body
        assert client.post("/echo", body + b"y").status == 413


def test_denied_and_unknown_principals(probe):
    with probe.client() as client:
        assert client.get("/guarded/diplomas").status == 200
        assert client.get("/guarded/other").status == 403
        assert client.get("/nothing").status == 200
    for name in ("other", "nobody"):
        with probe.client(name) as client:
            assert client.get("/guarded/diplomas").status == 403
            assert client.get("/nothing").status == 200


def test_a_refusal_reads_a_small_body_away(probe):
    with probe.client() as client:
        assert client.post("/nowhere", b"x" * 10000).status == 404
        assert client.get("/nothing").status == 200


def test_own_headers_are_checked(probe):
    with probe.client() as client:
        assert client.get("/guarded/diplomas", "Sluis-Purpose: a", "Sluis-Purpose: b").status == 400
        assert client.get("/guarded/diplomas", "Sluis-Case: " + "x" * 257).status == 400


def test_a_handler_that_throws_tells_nothing(start):
    probe = start()
    with probe.client() as client:
        reply = client.get("/broken")
        assert reply.status == 500
        assert b"words" not in reply.body
        assert client.get("/nothing").status == 200
    _, errors = probe.stop()
    assert "a handler threw" in errors and "words" not in errors


def test_calls_that_are_handled_together_keep_their_own_outcomes(start):
    probe = start("workers=4", "queue=64")
    ways = ["slow", "slow", "plain", "throws", "written", "falls", "plain", "forgotten", "throws", "written", "plain"]
    for _ in range(3):
        clients = [probe.client() for _ in ways]
        for i, (client, how) in enumerate(zip(clients, ways)):
            client.send(f"GET /together/{how}/number-{i} HTTP/1.1\r\nHost: a\r\n\r\n")
        for i, (client, how) in enumerate(zip(clients, ways)):
            reply = client.reply()
            if how in ("throws", "falls", "forgotten"):
                assert reply.status == 500 and b"words" not in reply.body
                continue
            assert reply.status == 200 and "sluis-receipt" in reply.headers
            text = b"written" if how == "written" else f"plaintext of number-{i}.".encode()
            assert reply.body.startswith(text)
        for client in clients:
            assert client.get("/together/plain/again").body.startswith(b"plaintext of again.")
            client.close()
    with probe.client() as client:
        assert client.get("/secret/last").status == 200
    _, errors = probe.stop()
    assert "a handler threw" in errors and "words" not in errors


def test_plaintext_of_a_group_does_not_leave_once_the_log_is_halted(start):
    probe = start()
    with probe.client() as client, probe.client() as other:
        other.post("/halt", b"")
        for how, status in (("plain", 503), ("written", 200), ("throws", 500)):
            reply = client.get(f"/together/{how}/x")
            assert reply.status == status and b"plaintext" not in reply.body


def test_a_full_queue_refuses_calls_of_a_group(start):
    probe = start("workers=2", "queue=1")
    clients = [probe.client() for _ in range(8)]
    for client in clients:
        client.send("GET /together/slow/x HTTP/1.1\r\nHost: a\r\n\r\n")
    replies = [client.reply() for client in clients]
    assert {r.status for r in replies} == {200, 503}
    for client in clients:
        assert client.get("/nothing").status == 200
        client.close()


def test_the_operational_log_has_no_paths(start):
    probe = start()
    with probe.client() as client:
        client.get("/guarded/85073003328", "Sluis-Case: case-85073003328")
        client.get("/85073003328?x=85073003328")
    _, errors = probe.stop()
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["status"] for line in lines] == [403, 404]
    assert lines[0]["route"] == "/guarded/{collection}"
    assert "85073003328" not in errors and "127.0.0.1" not in errors


def test_plain_probes(probe):
    with probe.client(tls=False) as client:
        assert client.get("/nothing").status == 200
        assert client.get("/guarded/diplomas").status == 403


class TestLimits:
    def test_slow_header(self, start):
        probe = start("header_ms=300")
        with probe.client() as client:
            client.send("GET /nothing HTTP/1.1\r\nHo")
            assert client.reply().status == 408
            assert client.is_closed()

    def test_dripping_header(self, start):
        probe = start("header_ms=500")
        with probe.client() as client:
            client.sock.settimeout(0.05)
            begun = time.monotonic()
            try:
                while time.monotonic() - begun < 30:
                    client.send("X: y\r\n" if client.buffer else "GET / HTTP/1.1\r\n")
                    try:
                        client._more()
                        break
                    except TimeoutError:
                        client.buffer = client.buffer or b""
            except OSError:
                pass
            client.sock.settimeout(20)
            assert client.reply().status in (400, 408)

    def test_idle(self, start):
        probe = start("idle_ms=300")
        with probe.client() as client:
            assert client.get("/nothing").status == 200
            assert client.is_closed()

    def test_slow_body(self, start):
        probe = start("body_ms=300", "body_rate=1000000")
        with probe.client() as client:
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
            assert client.reply().status == 408
            assert client.is_closed()

    def test_slow_upload(self, start):
        probe = start("body_ms=300", "body_rate=1000000")
        with probe.client() as client:
            client.send("POST /upload/count HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
            assert client.reply().status == 408
            assert client.is_closed()

    def test_slow_reader(self, start):
        probe = start("write_ms=300", "body_rate=1000000000")
        with probe.client() as client:
            client.send("GET /download/whole/2000 HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(2)
            with pytest.raises((OSError, EOFError)):
                client.reply()

    def test_connections(self, start):
        probe = start("connections=3")
        clients = [probe.client() for _ in range(3)]
        assert all(c.get("/nothing").status == 200 for c in clients)
        with pytest.raises(OSError):
            probe.client()
        for client in clients:
            client.close()

    def test_connections_of_one_principal(self, start):
        probe = start("per_principal=2")
        with probe.client() as one, probe.client() as two, probe.client("other") as other:
            assert [c.get("/nothing").status for c in (one, two, other)] == [200] * 3
            with probe.client() as third, pytest.raises((OSError, EOFError)):
                third.get("/nothing")

    def test_requests_in_flight(self, start):
        probe = start("requests=1")
        with probe.client() as busy, probe.client() as other:
            busy.send("GET /slow/700 HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.2)
            reply = other.get("/nothing")
            assert (reply.status, reply.headers["retry-after"]) == (503, "1")
            assert busy.reply().status == 200
            assert other.get("/nothing").status == 200

    def test_a_full_worker_queue(self, start):
        probe = start("workers=1", "queue=1")
        clients = [probe.client() for _ in range(6)]
        for client in clients:
            client.send("GET /slow/300 HTTP/1.1\r\nHost: a\r\n\r\n")
        replies = [client.reply() for client in clients]
        assert {r.status for r in replies} == {200, 503}
        assert all(r.headers["retry-after"] == "1" for r in replies if r.status == 503)
        for client in clients:
            assert client.get("/nothing").status == 200  # the connection goes on
            client.close()

    def test_bodies_in_memory(self, start):
        probe = start("body_memory=1500000")
        half = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + b"x" * 900000
        with probe.client() as one, probe.client() as two:
            one.send(half)
            time.sleep(0.3)
            two.send(half)
            assert two.reply().status == 503
            one.send(b"x" * (1048576 - 900000))
            assert one.reply().status == 200
            assert one.get("/nothing").status == 200
