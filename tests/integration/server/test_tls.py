"""Who gets in: TLS 1.3 alone, and only with a certificate that is trusted, in time and not revoked."""

import os
import socket
import ssl
import time

import pytest

import pki
from conftest import make_certificates


def refused(probe, name):
    """TLS 1.3 tells a client that its certificate is refused when it first reads."""
    with pytest.raises((ssl.SSLError, ConnectionError, EOFError)) as caught:
        with probe.client(name) as client:
            client.get("/nothing")
    return str(caught.value)


def test_a_trusted_certificate_gets_in(probe):
    with probe.client() as client:
        assert client.sock.version() == "TLSv1.3"
        assert client.get("/nothing").body == b"ok"


def test_no_certificate(probe):
    assert "CERTIFICATE_REQUIRED" in refused(probe, None).upper()


def test_unknown_ca(probe):
    assert "UNKNOWN_CA" in refused(probe, "stranger").upper()


def test_expired(probe):
    assert "EXPIRED" in refused(probe, "expired").upper()


def test_not_yet_valid(probe):
    refused(probe, "future")


def test_revoked(probe):
    assert "REVOKED" in refused(probe, "revoked").upper()


def test_a_server_certificate_is_no_client_certificate(probe):
    refused(probe, "as-server")


def test_tls_1_2_is_refused(probe):
    context = probe.context("backend")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        context.wrap_socket(socket.create_connection(("127.0.0.1", probe.port)), server_hostname="localhost")


def test_no_resumption(probe):
    with probe.client() as client:
        client.get("/nothing")
        assert not client.sock.session_reused
        session = client.sock.session
    context = probe.context("backend")
    assert session is None or not session.has_ticket
    with context.wrap_socket(socket.create_connection(("127.0.0.1", probe.port)), server_hostname="localhost") as again:
        assert not again.session_reused


def test_alpn_without_http_1_1_is_refused(probe):
    context = probe.context("backend")
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        context.wrap_socket(socket.create_connection(("127.0.0.1", probe.port)), server_hostname="localhost")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(socket.create_connection(("127.0.0.1", probe.port)), server_hostname="localhost") as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"


def test_truncated_and_garbled_tls_do_no_harm(probe):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = probe.context("backend").wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    greeting = outgoing.read()
    for cut in range(0, len(greeting), 23):
        with socket.create_connection(("127.0.0.1", probe.port)) as sock:
            sock.sendall(greeting[:cut])
    for garbage in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", os.urandom(500), b"\x16\x03\x01\xff\xff" + b"\0" * 500, b"\x80" * 300):
        with socket.create_connection(("127.0.0.1", probe.port)) as sock:
            sock.sendall(garbage)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(1000):
                pass
    with probe.client() as client:
        assert client.get("/nothing").status == 200


def test_a_connection_cut_within_a_record_does_no_harm(probe):
    with probe.client() as client:
        client.raw = None
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        client.sock.detach()
    with probe.client() as client:
        assert client.get("/nothing").status == 200


def test_a_slow_handshake_is_cut_off(start):
    probe = start("handshake_ms=300")
    with socket.create_connection(("127.0.0.1", probe.port), timeout=20) as sock:
        assert sock.recv(1) == b""


@pytest.fixture
def own(tmp_path):
    return make_certificates(tmp_path)


def test_a_new_revocation_list_ends_open_connections(start, own):
    probe = start(folder=own.folder)
    with probe.client() as revoked, probe.client("other") as other:
        assert revoked.get("/nothing").status == 200
        assert other.get("/nothing").status == 200
        own.clients.revoke(own.backend)
        probe.reload()
        assert revoked.is_closed()
        assert other.is_closed()  # it may come back: its certificate is still good
    assert "REVOKED" in refused(probe, "backend").upper()
    with probe.client("other") as other:
        assert other.get("/nothing").status == 200


def test_a_running_call_ends_in_good_order_after_a_reload(start, own):
    probe = start(folder=own.folder)
    with probe.client() as client:
        client.send("GET /slow/500 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.1)
        probe.reload()
        reply = client.reply()
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert client.is_closed()


def test_a_bad_reload_changes_nothing(start, own):
    probe = start(folder=own.folder)
    with open(os.path.join(own.folder, "client-ca.crl.pem"), "w") as crl:
        crl.write("not a list")
    with probe.client() as client:
        assert client.get("/nothing").status == 200
        probe.reload()
        assert client.get("/nothing").status == 200
    with probe.client() as client:
        assert client.get("/nothing").status == 200


def test_an_expired_revocation_list_lets_nobody_in(start, own):
    own.clients.write_crl(ends=pki.now() - pki.DAY / 2)
    refused(start(folder=own.folder), "backend")


def test_a_certificate_that_ends_meanwhile_ends_the_connection(start, own):
    own.clients.issue("brief", ["urn:test:backend"], ends=pki.now() + pki.DAY / 86400 * 4)
    probe = start(folder=own.folder)
    with probe.client("brief") as client:
        assert client.get("/nothing").status == 200
        assert client.is_closed()
