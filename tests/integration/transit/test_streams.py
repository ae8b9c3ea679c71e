"""NDJSON batches through a real socket: both directions at once, in constant memory."""
import contextlib
import json
import select
import socket
import ssl

import pytest
import transit
from transit import Transit, b64


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = transit.start(tmp_path_factory.mktemp("streams"))
    Transit(deployment, "officer-1").ok("POST", "keys/aes", {})
    yield deployment
    deployment.stop()


def connect(deployment, name="registry-backend"):
    context = ssl.create_default_context(cafile=deployment.path("ca/server-ca.pem"))
    context.load_cert_chain(deployment.path(f"ca/{name}.pem"), deployment.path(f"ca/{name}.key"))
    return context.wrap_socket(socket.create_connection(("127.0.0.1", deployment.port), timeout=60), server_hostname="127.0.0.1")


class Duplex:
    """TLS in both directions at once on one thread, which Python's SSLSocket does not do."""

    def __init__(self, deployment, name="registry-backend"):
        context = ssl.create_default_context(cafile=deployment.path("ca/server-ca.pem"))
        context.load_cert_chain(deployment.path(f"ca/{name}.pem"), deployment.path(f"ca/{name}.key"))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")
        self.socket = socket.create_connection(("127.0.0.1", deployment.port), timeout=60)
        self.unsent, self.ended = b"", False
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                self.incoming.write(self.socket.recv(65536))
        self.socket.setblocking(False)

    def send(self, data):
        self.tls.write(data)

    def pump(self):
        """Moves what can be moved; returns what has arrived."""
        self.unsent += self.outgoing.read()
        readable, writable, _ = select.select([self.socket], [self.socket] if self.unsent else [], [], 60)
        assert readable or writable, "nothing moves"
        if writable:
            self.unsent = self.unsent[self.socket.send(self.unsent[:1 << 16]):]
        if readable:
            data = self.socket.recv(1 << 16)
            assert data, "the gateway closed the connection"
            self.incoming.write(data)
        out = b""
        with contextlib.suppress(ssl.SSLWantReadError):
            while part := self.tls.read(1 << 16):
                out += part
        return out


def stream(deployment, path, pieces):
    """Sends pieces as chunks while it reads; returns status and body."""
    link, pieces, received = Duplex(deployment), iter(pieces), bytearray()
    link.send((f"POST /v1/transit/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
               "Transfer-Encoding: chunked\r\n\r\n").encode())
    while not received.endswith(b"\r\n0\r\n\r\n"):
        while len(link.unsent) < 1 << 18:
            piece = next(pieces, None)
            if piece is None:
                break
            link.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            link.unsent += link.outgoing.read()
        if piece is None and not link.ended:
            link.ended = True
            link.send(b"0\r\n\r\n")
        received += link.pump()
    link.socket.close()
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    body, at = [], 0
    while size := int(rest[at:rest.index(b"\r\n", at)], 16):
        at = rest.index(b"\r\n", at) + 2
        body.append(rest[at:at + size])
        at += size + 2
    return int(head.split()[1]), b"".join(body)


def lines(count):
    return [json.dumps({"plaintext": b64(f"item {i}"), "reference": str(i)}).encode() + b"\n" for i in range(count)]


def test_there_and_back(gateway):
    status, body = stream(gateway, "encrypt/aes", [b"".join(lines(2000)[i:i + 100]) for i in range(0, 2000, 100)])
    assert status == 200
    made = [json.loads(line) for line in body.splitlines()]
    assert [m["reference"] for m in made] == [str(i) for i in range(2000)]
    status, body = stream(gateway, "decrypt/aes", [json.dumps({"ciphertext": m["ciphertext"]}).encode() + b"\n" for m in made[:300]])
    assert [json.loads(line)["plaintext"] for line in body.splitlines()] == [b64(f"item {i}") for i in range(300)]
    entries = [json.dumps(e) for e in gateway.entries()]
    assert sum("transit.decrypt" in e for e in entries) >= 300


def test_answers_come_while_the_body_is_still_open(gateway):
    link = connect(gateway)
    link.sendall(b"POST /v1/transit/encrypt/aes HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
    answer = link.makefile("rb")
    for turn in range(3):
        line = lines(1)[0]
        link.sendall(b"%x\r\n%s\r\n" % (len(line), line))
        if turn == 0:
            assert answer.readline().startswith(b"HTTP/1.1 200")
            while answer.readline() != b"\r\n":
                pass
        size = int(answer.readline(), 16)
        assert b"vault:v1:" in answer.read(size)
        answer.readline()
    link.sendall(b"0\r\n\r\n")
    assert answer.readline() == b"0\r\n"
    assert answer.readline() == b"\r\n"
    # The connection goes on.
    link.sendall(b"POST /v1/transit/random HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert answer.readline().startswith(b"HTTP/1.1 200")
    link.close()


def test_memory_does_not_grow_with_the_body(gateway):
    def resident():
        with open(f"/proc/{gateway.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    block = b"".join(lines(500))
    stream(gateway, "encrypt/aes", [block] * 4)
    before = resident()
    status, body = stream(gateway, "encrypt/aes", [block] * 400)
    assert status == 200 and body.count(b"\n") == 200_000
    assert resident() - before < 16 << 20


def test_bad_lines_and_refusals(gateway):
    status, body = stream(gateway, "encrypt/aes", [b'{"plaintext":""}\n{{{\n', b'{"plaintext":"*"}\n{"plaintext":""}'])
    assert status == 200
    assert [sorted(json.loads(line)) for line in body.splitlines()] == [
        ["ciphertext", "key_version"], ["error"], ["error"], ["ciphertext", "key_version"]]
    refused = Transit(gateway)("POST", "decrypt/none", b"{}", Content_Type="application/x-ndjson")
    assert refused.status == 400 and refused.json() == {"errors": ["encryption key not found"]}
    denied = Transit(gateway, "auditor-1")("POST", "decrypt/aes", b"{}", Content_Type="application/x-ndjson")
    assert denied.status == 403 and denied.json() == {"errors": ["permission denied"]}


def test_an_empty_body(gateway):
    reply = Transit(gateway)("POST", "encrypt/aes", b"", Content_Type="application/x-ndjson")
    assert reply.status == 200 and reply.body == b""


def test_a_client_that_goes_away_harms_nobody(gateway):
    for _ in range(5):
        link = connect(gateway)
        link.sendall(b"POST /v1/transit/encrypt/aes HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
                     b"Content-Length: 1000000\r\n\r\n" + lines(1)[0])
        link.close()
    Transit(gateway).ok("POST", "encrypt/aes", {"plaintext": ""})
