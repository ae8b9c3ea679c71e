"""A gateway of a test's own, made as a user makes one: software token, development CA, configuration, sluisd.

Programs are those of SLUIS_BIN_DIR (default: build/release/bin). Everything lies in one folder; nothing is shared.
"""
import atexit
import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import ssl
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SLUIS_BIN_DIR", ROOT / "build" / "release" / "bin"))
BUDGET = re.compile(r"^per_(minute|day) = .*$", re.M)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    @property
    def receipts(self):
        """Indexes of the reply's log entries: from "<origin>/<index>" or "<origin>/<first>-<last>"."""
        text = self.headers.get("Sluis-Receipt")
        if text is None:
            return []
        first, _, last = text.rsplit("/", 1)[1].partition("-")
        return list(range(int(first), int(last or first) + 1))

    @property
    def receipt(self):
        return self.receipts[0] if self.receipts else None


class Client:
    """One keep-alive connection as one principal. Not thread-safe."""

    def __init__(self, deployment, name, timeout=20):
        self.context = ssl.create_default_context(cafile=deployment.path("ca/server-ca.pem"))
        self.context.load_cert_chain(deployment.path(f"ca/{name}.pem"), deployment.path(f"ca/{name}.key"))
        self.port, self.timeout, self.connection = deployment.port, timeout, None

    def call(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, bytearray)):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.timeout, context=self.context)
        try:
            self.connection.request(method, path, body=body, headers=headers)
            reply = Reply(self.connection.getresponse())
        except Exception:
            self.close()
            raise
        if reply.headers.get("Connection", "").lower() == "close":
            self.close()
        return reply

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Deployment:
    """`store`: the TOML lines of [store]; `options`: further TOML by section, {"keys": "cache_seconds = 2"}.

    Tests change the policy as they like: `policy.changes` is free, unless `options` says otherwise."""

    def __init__(self, folder, store=None, options=None, budgets=False, audit_folder="audit"):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.process = None
        self.environment = {**os.environ, "SOFTHSM2_CONF": self.path("hsm/softhsm2.conf")}
        for name in ("hsm/tokens", "store", "audit", "log"):
            (self.folder / name).mkdir(parents=True, mode=0o700, exist_ok=True)
        self._make_token()
        run(ROOT / "deploy" / "dev-ca", self.path("ca"), "init")
        self._write_config(store or 'kind = "sqlite"\npath = "store/sluis.db"', options or {}, audit_folder)
        policy = (ROOT / "deploy" / "policy.sample.toml").read_text()
        self.write("policy.toml", policy if budgets else BUDGET.sub(lambda m: f"per_{m[1]} = 1_000_000_000", policy))
        for name in ("registry-backend", "officer-1", "officer-2", "custodian-1", "auditor-1", "operator-1"):
            self.write(f"{name}.toml", f'url = "https://127.0.0.1:{self.port}"\ncertificate = "ca/{name}.pem"\n'
                                       f'key = "ca/{name}.key"\nca = "ca/server-ca.pem"\n')
        self.sluisd("--migrate")

    def _make_token(self):
        self.write("hsm/softhsm2.conf", f"directories.tokendir = {self.path('hsm/tokens')}\nobjectstore.backend = file\n")
        for name in ("pin", "so-pin"):
            self.write(f"hsm/{name}", str(secrets.randbelow(10**12) + 10**12), 0o600)
        self.sluis("hsm", "init", "--pin-file", self.path("hsm/pin"), "--so-pin-file", self.path("hsm/so-pin"), profile=None)

    def _write_config(self, store, options, audit_folder):
        config = (ROOT / "deploy" / "sluis.sample.toml").read_text()
        config = config.replace("127.0.0.1:8443", f"127.0.0.1:{self.port}")
        config = config.replace('folder = "audit"', f'folder = "{audit_folder}"')
        config = re.sub(r"^\[store\]\n(?:[^\[\n].*\n|\n)*", f"[store]\n{store}\n\n", config, flags=re.M)
        for section, lines in {"policy": 'changes = "free"', **options}.items():
            head = f"[{section}]\n"
            config = config.replace(head, head + lines + "\n") if head in config else head + lines + "\n" + config
        self.write("sluis.toml", config)

    def path(self, name):
        return str(self.folder / name)

    def write(self, name, text, mode=0o644):
        target = self.folder / name
        target.touch(mode=mode)
        target.write_text(text)

    def sluisd(self, *arguments):
        return run(BIN / "sluisd", "--config", self.path("sluis.toml"), *arguments, env=self.environment)

    def sluisd_says(self, *arguments):
        """Standard output and error, whatever the status."""
        done = subprocess.run([BIN / "sluisd", "--config", self.path("sluis.toml"), *arguments], env=self.environment,
                              check=False, capture_output=True, text=True)
        return done.stdout + done.stderr

    def sluis(self, *arguments, profile="registry-backend", **options):
        who = ["--profile", self.path(f"{profile}.toml")] if profile else []
        return run(BIN / "sluis", *who, *arguments, env=self.environment, **options)

    @property
    def log_text(self):
        return (self.folder / "log" / "sluisd.log").read_text(errors="replace")

    def start(self, ready=True, seconds=60):
        with open(self.path("log/sluisd.log"), "ab") as log:
            self.process = subprocess.Popen([BIN / "sluisd", "--config", self.path("sluis.toml")], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        atexit.register(self.process.kill)  # a test that fails leaves nothing running
        deadline = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, f"sluisd ended with {self.process.returncode}:\n{self.log_text[-3000:]}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.client("operator-1").call("GET", "/readyz" if ready else "/healthz").status == 200:
                    return self
            assert time.monotonic() < deadline, f"sluisd is not ready:\n{self.log_text[-3000:]}"
            time.sleep(0.02)

    def stop(self, seconds=40):
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def approve(self, approval, by="officer-2"):
        """Another principal reads the request and approves exactly that; gives the header that carries it out."""
        client = self.client(by)
        digest = client.call("GET", f"/v1/approvals/{approval}").json()["digest"]
        reply = client.call("POST", f"/v1/approvals/{approval}:approve", {"digest": digest})
        assert reply.status == 200 and reply.json()["needs"] == [], reply.body
        return {"Sluis-Approval": approval}

    def client(self, name="registry-backend", **options):
        return Client(self, name, **options)

    def verify_log(self, folder=None):
        """Runs `sluis audit verify` with the token's own key; returns its JSON."""
        key = self.sluis("hsm", "audit-key", "--origin", "sluis.example/gateway-1", "--pin-file", self.path("hsm/pin"), profile=None)
        return json.loads(self.sluis("--json", "audit", "verify", folder or self.path("audit"), "--key", key.strip(), profile=None))

    def entries(self, first=0, opened=False):
        """All entries from `first` on, as the auditor sees them."""
        auditor, out = self.client("auditor-1"), []
        while True:
            reply = auditor.call("GET", f"/v1/audit/entries?first={first}&limit=1000&payloads={'opened' if opened else 'closed'}")
            assert reply.status == 200, reply.body
            page = reply.json()["entries"]
            out += page
            if len(page) < 1000:
                return out
            first = page[-1]["index"] + 1


@contextlib.contextmanager
def postgres_cluster():
    """A temporary cluster; yields its shell variables."""
    script = ROOT / "tests" / "support" / "postgres.sh"
    variables = dict(re.findall(r"^(\w+)='(.*)'$", run(script), re.M))
    try:
        yield variables
    finally:
        run(script, "--stop", variables["PG_DIR"])


READ = {"Sluis-Purpose": "register-maintenance", "Sluis-Case": "C-2026-1"}


def diplomas(count, first=1, seed=1, markers=None):
    """Records of the register generator as Python objects."""
    arguments = [BIN / "register-generator", "--seed", seed, "--count", count, "--first", first]
    if markers:
        arguments += ["--markers", markers]
    return [json.loads(line) for line in run(*arguments).splitlines()]
