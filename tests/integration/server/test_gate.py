"""No plaintext leaves before its entry is durable; uploads and downloads; drain."""

import signal
import threading
import time

import pytest


@pytest.mark.parametrize("path", ["/secret/7", "/worker-secret/7"])
def test_a_logged_reply_has_its_receipt(probe, path):
    with probe.client() as client:
        first, second = client.get(path), client.get(path)
    origin, index = first.headers["sluis-receipt"].rsplit("/", 1)
    assert origin == "test.example/log"
    assert int(second.headers["sluis-receipt"].rsplit("/", 1)[1]) > int(index)


def test_a_halted_log_keeps_plaintext_in_and_lets_the_rest_go_on(start):
    probe = start()
    with probe.client() as client:
        assert client.get("/secret/1").status == 200
        client.post("/halt", b"")
        for path in ("/secret/1", "/worker-secret/1"):
            reply = client.get(path)
            assert reply.status == 503
            assert b"audit halted" in reply.body and b"plaintext" not in reply.body
        written = client.post("/write", b"{}")
        assert written.status == 200 and "sluis-receipt" not in written.headers
        assert client.get("/nothing").status == 200


def test_uploads_are_counted_whole(probe):
    body = b"a" * 3_000_000
    with probe.client() as client:
        assert client.post("/upload/count", body).body == b"3000000"
        client.send("POST /upload/count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            client.send(b"10000\r\n" + b"b" * 65536 + b"\r\n")
        client.send("0\r\n\r\n")
        assert client.reply().body == b"3276800"
        assert client.post("/upload/count", b"").body == b"0"


def test_an_upload_holds_one_piece_in_memory(probe):
    before = probe.resident_kib()
    with probe.client() as client:
        client.send(f"POST /upload/count HTTP/1.1\r\nHost: a\r\nContent-Length: {200 << 20}\r\n\r\n")
        for _ in range(200):
            client.send(b"z" * (1 << 20))
        assert client.reply().body == str(200 << 20).encode()
    assert probe.resident_kib() - before < 8192


def test_a_refused_upload(probe):
    with probe.client() as client:
        assert client.post("/upload/refuse", b"x" * 100).status == 409
        assert client.get("/nothing").status == 200


def test_an_upload_with_a_bad_piece_ends(probe):
    with probe.client() as client:
        reply = client.post("/upload/count", b"a" * 1000 + b"BAD")
        assert reply.status == 400 and reply.headers["connection"] == "close"
        assert client.is_closed()


def test_a_download_is_whole(probe):
    with probe.client() as client:
        reply = client.get("/download/whole/20")
        assert len(reply.body) == 200_000
        assert client.get("/nothing").status == 200


@pytest.mark.parametrize("how", ["fail", "halt"])
def test_a_download_that_breaks_off_has_no_end_mark(start, how):
    probe = start()
    with probe.client() as client, pytest.raises((EOFError, OSError)):
        client.get(f"/download/{how}/20")


@pytest.mark.parametrize("how", ["fail", "halt"])
def test_a_download_that_cannot_begin_is_refused_plainly(start, how):
    probe = start()
    with probe.client() as client:
        reply = client.get(f"/download/{how}/1")
        assert reply.status == 503 and "transfer-encoding" not in reply.headers
        assert client.get("/nothing").status == 200


def test_drain_lets_running_calls_end(start):
    probe = start()
    with probe.client() as busy, probe.client() as idle:
        assert idle.get("/nothing").status == 200
        busy.send("GET /slow/800 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        probe.process.send_signal(signal.SIGTERM)
        assert idle.is_closed()
        reply = busy.reply()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        with pytest.raises(OSError):
            probe.client()


def test_drain_has_an_end(start):
    probe = start("drain_ms=300")
    with probe.client() as client:
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")
        time.sleep(0.2)
        probe.process.send_signal(signal.SIGTERM)
        with pytest.raises((EOFError, OSError)):
            client.reply()
            client._more()


def test_drain_under_load(start):
    """Every reply that begins is whole, every request that was answered was answered well."""
    probe = start()
    statuses, faults = [], []

    def hammer():
        try:
            with probe.client() as client:
                while True:
                    reply = client.get("/secret/1")
                    statuses.append(reply.status)
                    if reply.headers.get("connection") == "close":
                        return
        except EOFError as error:
            if "HTTP" in str(error):
                faults.append(error)
        except OSError:
            pass  # closed while it was idle, or before it connected

    threads = [threading.Thread(target=hammer) for _ in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    probe.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(30)
    assert not faults and set(statuses) == {200}
    assert probe.stop()[0] == 0


def test_memory_stays_bounded_over_many_connections(probe):
    with probe.client() as client:
        client.get("/secret/1")
    before = probe.resident_kib()
    for _ in range(20):
        clients = [probe.client() for _ in range(25)]
        for client in clients:
            client.get("/secret/1")
            client.close()
    assert probe.resident_kib() - before < 12288
