"""The probe server (probe.cc) and raw TLS clients for it."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import pki as pki_module  # noqa: E402

BIN = os.environ.get("SLUIS_BIN_DIR", os.path.join(ROOT, "build", "release", "bin"))


def program(name):
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is not built")
    return path


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"Reply({self.status}, {self.headers}, {self.body[:200]!r})"


class Client:
    """A connection whose bytes the test chooses."""

    def __init__(self, probe, name="backend", tls=True, port=None):
        self.raw = socket.create_connection(("127.0.0.1", port or (probe.port if tls else probe.probe_port)), timeout=20)
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = probe.context(name).wrap_socket(self.raw, server_hostname="localhost") if tls else self.raw
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def get(self, path, *headers, method="GET"):
        self.send(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n" + "".join(h + "\r\n" for h in headers) + "\r\n")
        return self.reply(bodiless=method == "HEAD")

    def post(self, path, body, *headers):
        self.send(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
                  + "".join(h + "\r\n" for h in headers) + "\r\n")
        self.send(body)
        return self.reply()

    def _more(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise EOFError(f"closed after {self.buffer[:200]!r}")
        self.buffer += piece

    def _take(self, size):
        while len(self.buffer) < size:
            self._more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _line(self, end=b"\r\n"):
        while end not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(end, 1)
        return line

    def reply(self, bodiless=False):
        lines = self._line(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(re.match(r"HTTP/1\.1 (\d{3}) ", lines[0]).group(1))
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            headers[name.lower()] = value
        if bodiless or status in (100, 204, 304):
            return Reply(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._line(), 16):
                body += self._take(size)
                assert self._take(2) == b"\r\n"
            self._line()
            return Reply(status, headers, body)
        return Reply(status, headers, self._take(int(headers["content-length"])))

    def is_closed(self):
        """Waits until the server ends the connection; anything it still sends is an error."""
        try:
            return self.sock.recv(1) == b"" and not self.buffer
        except (ConnectionResetError, ssl.SSLError, BrokenPipeError):
            return True


class Probe:
    def __init__(self, folder, *settings):
        self.folder = str(folder)
        self.process = subprocess.Popen([program("sluis_server_probe"), self.folder, *settings],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read())
        self.port, self.probe_port = map(int, line.split())

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(os.path.join(self.folder, "server-ca.pem"))
        if name:
            context.load_cert_chain(os.path.join(self.folder, name + ".pem"), os.path.join(self.folder, name + ".key"))
        return context

    def client(self, name="backend", **more):
        return Client(self, name, **more)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        assert self.process.stdout.readline() == "reloaded\n"

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def stop(self):
        """Exit status and what was written to standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with everything a server and its clients need."""
    return make_certificates(tmp_path_factory.mktemp("pki"))


class Certificates:
    def __init__(self, folder):
        self.folder = str(folder)
        pki = pki_module.Pki(folder)
        now, day = pki_module.now(), pki_module.DAY
        pki.ca("server-ca").issue("server", server=True)
        self.clients = pki.ca("client-ca")
        self.backend = self.clients.issue("backend", ["urn:test:backend"])
        self.clients.issue("other", ["urn:test:other"])
        self.clients.issue("nobody", ["urn:test:nobody"])
        self.clients.issue("expired", ["urn:test:backend"], begins=now - 3 * day, ends=now - day)
        self.clients.issue("future", ["urn:test:backend"], begins=now + day, ends=now + 3 * day)
        self.clients.issue("as-server", ["urn:test:backend"], server=True)
        self.clients.revoke(self.clients.issue("revoked", ["urn:test:backend"]))
        pki.ca("stranger-ca").issue("stranger", ["urn:test:backend"])


def make_certificates(folder):
    return Certificates(folder)


@pytest.fixture(scope="module")
def probe(certificates):
    """One server for all tests of a module that leave it as it was."""
    server = Probe(certificates.folder)
    yield server
    status, errors = server.stop()
    assert status == 0, errors


@pytest.fixture
def start(certificates):
    """Starts servers with settings of their own; each must end in good order."""
    running = []

    def begin(*settings, folder=None):
        running.append(Probe(folder or certificates.folder, *settings))
        return running[-1]

    yield begin
    for server in running:
        status, errors = server.stop()
        assert status == 0, errors
