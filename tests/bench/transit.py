"""Group `transit`: single calls against nginx, batches against AES-256-GCM alone, latency at half load, many keys."""
import base64
import concurrent.futures as futures
import http.client
import json
import re
import ssl
import statistics
import time

import measure as m
from gateway import Gateway
from nginx import nginx
from processes import Failed, memory, run

BATCH = 1000
PLAINTEXT = bytes(range(64))
IDLE = 5  # seconds
KEYS, VERSIONS = 100_000, 3
MAKERS = 8  # connections that make them
POLICY = """
[[grant]]
name = "bench-transit"
to = ["registry-backend"]
actions = ["transit.encrypt", "transit.decrypt", "transit.create", "transit.read"]
keys = ["*"]
purposes = ["*"]

[[grant]]
name = "bench-transit-officers"
to = ["officer-1"]
actions = ["transit.create", "transit.rotate", "transit.read"]
keys = ["*"]
"""


def text(data):
    return base64.b64encode(data).decode()


class Api:
    """One kept-alive connection, for what is done before and after the load."""

    def __init__(self, gateway, who):
        context = ssl.create_default_context(cafile=gateway.ca("server-ca.pem"))
        context.load_cert_chain(gateway.ca(f"{who}.pem"), gateway.ca(f"{who}.key"))
        self.connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, context=context, timeout=60)
        self.used = time.monotonic()

    def post(self, path, body=None):
        if time.monotonic() - self.used > IDLE:
            self.connection.close()  # the gateway has closed it too; the next request opens another
        self.used = time.monotonic()
        self.connection.request("POST", f"/v1/transit/{path}", json.dumps(body or {}), {"Sluis-Purpose": "citizen-request"})
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            raise Failed(f"POST {path}: {answer.status} {raw[:300]}")
        return json.loads(raw) if raw else {}


def request(path, body):
    body = json.dumps(body, separators=(",", ":")).encode()
    head = (f"POST /v1/transit/{path} HTTP/1.1\r\nHost: localhost\r\nSluis-Purpose: citizen-request\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def static(target="/body"):
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def singles(folder, gateway, api, seconds):
    """(a) Calls of one item against nginx and a static body as large as the answer; (b) their latency at half load."""
    encrypt = request("encrypt/bench", {"plaintext": text(PLAINTEXT)})
    ciphertext = api.post("encrypt/bench", {"plaintext": text(PLAINTEXT)})["data"]["ciphertext"]
    decrypt = request("decrypt/bench", {"ciphertext": ciphertext})
    rows, slow = [], []
    for name, call, answer, connections, asked in [
            ("encrypt", encrypt, api.post("encrypt/bench", {"plaintext": text(PLAINTEXT)}), 32, 0.55),
            ("decrypt, durable log", decrypt, api.post("decrypt/bench", {"ciphertext": ciphertext}), 128, 0.4),
            ("decrypt, durable log", decrypt, api.post("decrypt/bench", {"ciphertext": ciphertext}), 32, 0.3)]:
        body = json.dumps(answer, separators=(",", ":")).encode()
        with nginx(folder / f"nginx-{len(rows)}", body, gateway.ca("server.pem"), gateway.ca("server.key")) as port:
            ours, limit = m.alternating(lambda: gateway.load(call, connections, seconds)["rps"],
                                        lambda: gateway.load(static(), connections, seconds, port=port)["rps"])
        rows.append(m.more_is_better(f"{name}, 64 bytes, {connections} connections", ours, "calls/s",
                                     f"nginx, static body of {len(body)} bytes", limit, asked))
        if connections == 32:
            slow.append((name, call, ours))
    for name, call, rate in slow:
        p99 = statistics.median(gateway.load(call, 32, seconds, rate=rate / 2)["p99_ms"] for _ in range(3))
        rows.append(m.less_is_better(f"{name}, 64 bytes, p99 at half load", p99, "ms", "5 ms", 5.0, 1.0))
    return rows


def raw_aead(binaries, name):
    """Messages of 64 bytes a second of AES-256-GCM alone, on one thread of another process."""
    shown = json.loads(run([binaries / "crypto_bench", f"--benchmark_filter=^{name}$", "--benchmark_format=json"]))
    return max(1e9 / row["cpu_time"] for row in shown["benchmarks"])  # nanoseconds a message


def batches(gateway, api, seconds):
    """(c) Batches of 1000 items: items a second, as such and against AES-256-GCM with nothing around it."""
    plain = [{"plaintext": text(PLAINTEXT)}] * BATCH
    sealed = api.post("encrypt/bench", {"batch_input": plain})["data"]["batch_results"]
    rows = []
    for name, path, items, benchmark, asked in [
            ("encrypt", "encrypt/bench", plain, "cipher_seal/1", 400_000),
            ("decrypt, one entry each", "decrypt/bench", [{"ciphertext": i["ciphertext"]} for i in sealed], "cipher_open/1", 150_000)]:
        call = request(path, {"batch_input": items})
        ours, limit = m.alternating(lambda: gateway.load(call, 4, seconds)["rps"] * BATCH,
                                    lambda: raw_aead(gateway.binaries, benchmark))
        rows.append(m.more_is_better(f"{name}, batches of {BATCH}, 64 bytes", ours, "items/s", f"{m.number(asked)} items/s", asked, 1.0))
        rows.append(m.more_is_better(f"{name}, batches of {BATCH}, against the cipher", ours, "items/s",
                                     "EVP AES-256-GCM alone, one thread", limit, 0.0))
    return rows


def make_keys(gateway, numbers):
    officer = Api(gateway, "officer-1")
    for number in numbers:
        officer.post(f"keys/many-{number:06}")
        for _ in range(VERSIONS - 1):
            officer.post(f"keys/many-{number:06}/rotate")


def many_keys(gateway, quick):
    """(d) Start and memory with many keys, which load when they are used."""
    count = 300 if quick else KEYS
    with gateway.running(), futures.ThreadPoolExecutor(MAKERS) as makers:
        list(makers.map(lambda first: make_keys(gateway, range(first, count, MAKERS)), range(MAKERS)))
    begin = time.monotonic()
    with gateway.running():
        start = time.monotonic() - begin
        api = Api(gateway, "registry-backend")
        for number in range(0, count, max(1, count // 1000)):
            api.post(f"encrypt/many-{number:06}", {"plaintext": text(PLAINTEXT)})
        used = memory(gateway.process.pid, "VmRSS")
    name = f"{m.number(count)} keys of {VERSIONS} versions"
    return [m.less_is_better(f"start with {name}", start, "s", "3 s", 3.0, 1.0),
            m.less_is_better(f"memory with {name}", used, "MiB", "250 MiB", 250, 1.0)]


def measure(folder, binaries, quick):
    seconds = 1 if quick else 5
    gateway = Gateway(folder / "transit", binaries)
    gateway.set_up('kind = "sqlite"\npath = "store/sluis.db"')
    policy = gateway.folder / "policy.toml"
    policy.write_text(re.sub(r"(?=^\[\[budget\]\])", POLICY + "\n", policy.read_text(), count=1, flags=re.M))
    rows = []
    with gateway.running():
        api = Api(gateway, "registry-backend")
        api.post("keys/bench")
        rows += singles(folder, gateway, api, seconds)
        rows += batches(gateway, api, seconds)
    return rows + many_keys(gateway, quick)
