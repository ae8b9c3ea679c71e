"""sluisd, wired with everything that is real: SoftHSM, SQLite, policy, audit log."""

import http.client
import json
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import time

import pytest

from conftest import ROOT, program


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Gateway:
    """A folder with a token, certificates, configuration and policy, and at most one sluisd that runs in it."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.port, self.probe_port = free_port(), free_port()
        self.process = None
        for name in ("hsm/tokens", "store", "audit"):
            os.makedirs(self.path(name), mode=0o700)
        self.write("hsm/softhsm2.conf", f"directories.tokendir = {self.path('hsm/tokens')}\nobjectstore.backend = file\n")
        for name in ("pin", "so-pin"):
            self.write("hsm/" + name, str(secrets.randbelow(10**12) + 10**12), 0o600)
        self.environment = {**os.environ, "SOFTHSM2_CONF": self.path("hsm/softhsm2.conf")}
        self.run("sluis", "hsm", "init", "--pin-file", self.path("hsm/pin"), "--so-pin-file", self.path("hsm/so-pin"))
        subprocess.run([os.path.join(ROOT, "deploy/dev-ca"), self.path("ca"), "init"], check=True, capture_output=True)
        with open(os.path.join(ROOT, "deploy/sluis.sample.toml")) as sample:
            config = sample.read().replace('listen = "127.0.0.1:8443"',
                                           f'listen = "127.0.0.1:{self.port}"\nprobe_listen = "127.0.0.1:{self.probe_port}"')
        self.write("sluis.toml", config.replace("[policy]\n", '[policy]\nchanges = "free"\n'))
        with open(os.path.join(ROOT, "deploy/policy.sample.toml")) as sample:
            self.write("policy.toml", sample.read())

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def write(self, name, text, mode=0o644):
        with os.fdopen(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
            out.write(text)

    def run(self, name, *arguments, code=0):
        done = subprocess.run([program(name), *map(str, arguments)], env=self.environment, capture_output=True, text=True,
                              timeout=120)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sluisd(self, *arguments, code=0):
        return self.run("sluisd", "--config", self.path("sluis.toml"), *arguments, code=code)

    def start(self):
        log = open(self.path("log"), "a")
        self.process = subprocess.Popen([program("sluisd"), "--config", self.path("sluis.toml")], env=self.environment,
                                        stderr=log, stdout=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.call("GET", "/healthz")
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.read("log")
                time.sleep(0.05)

    def stop(self):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def connect(self, who="registry-backend"):
        context = ssl.create_default_context(cafile=self.path("ca/server-ca.pem"))
        context.load_cert_chain(self.path(f"ca/{who}.pem"), self.path(f"ca/{who}.key"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=30)

    def call(self, method, path, body=None, who="registry-backend", **headers):
        connection = self.connect(who)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        reply.text = reply.read().decode()
        connection.close()
        return reply

    def reload(self):
        lines = len(self.log("reloaded")) + len(self.log("reload refused"))
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while len(self.log("reloaded")) + len(self.log("reload refused")) == lines:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def log(self, event):
        lines = [json.loads(line) for line in self.read("log").splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    made = Gateway(tmp_path_factory.mktemp("gateway"))
    made.sluisd("--migrate")
    made.start()
    yield made
    assert made.stop() == 0, made.read("log")


RECORD = {"national_number": "85.07.30-033.28", "holder_name": "Maria Peeters", "birth_date": "1985-07-30",
          "qualification": "Master of Science", "institution": "KU Leuven", "awarded_on": "2007-07-01"}


def put(gateway, name):
    return gateway.call("PUT", f"/v1/records/diplomas/{name}", json.dumps(RECORD), Content_Type="application/json")


def get(gateway, name, **headers):
    headers = {"Sluis_Purpose": "citizen-request", "Sluis_Case": "C-1", **headers}
    return gateway.call("GET", f"/v1/records/diplomas/{name}", **headers)


def first_entry(reply):
    """Receipts are ORIGIN/INDEX or ORIGIN/FIRST-LAST."""
    return int(reply.headers["Sluis-Receipt"].rsplit("/", 1)[1].split("-")[0])


def test_the_reference_of_options_is_current():
    with open(os.path.join(ROOT, "docs/configuration.md")) as page:
        assert page.read() == subprocess.run([program("sluisd"), "--print-config-reference"], check=True,
                                             capture_output=True, text=True).stdout


def test_version_and_help():
    for option in ("--version", "--help"):
        assert "sluisd" in subprocess.run([program("sluisd"), option], check=True, capture_output=True, text=True).stdout
    assert subprocess.run([program("sluisd"), "--frobnicate"], capture_output=True).returncode == 2
    assert subprocess.run([program("sluisd"), "--check", "--migrate"], capture_output=True).returncode == 2


def test_a_record_goes_in_and_comes_out_with_a_receipt(gateway):
    written = put(gateway, "d-1")
    assert written.status in (201, 204), written.text
    assert written.headers["Sluis-Receipt"].startswith("sluis.example/gateway-1/")
    reply = get(gateway, "d-1")
    assert reply.status == 200, reply.text
    assert json.loads(reply.text)["holder_name"] == "Maria Peeters"
    assert reply.headers["Sluis-Receipt"]
    assert first_entry(reply) > first_entry(written)


def test_who_may_not_is_refused(gateway):
    assert gateway.call("GET", "/v1/records/diplomas/d-1", who="auditor-1").status == 403
    assert gateway.call("GET", "/v1/records/diplomas/d-1").status == 403  # no purpose
    assert gateway.call("GET", "/metrics").status == 403
    page = gateway.call("GET", "/metrics", who="operator-1")
    assert page.status == 200 and "sluis_denials_total" in page.text
    assert 'sluis_part_up{part="hsm"} 1' in page.text


def test_probes(gateway):
    ready = gateway.call("GET", "/readyz")
    assert ready.status == 200, ready.text
    assert json.loads(ready.text)["problems"] == []
    for path in ("/healthz", "/readyz", "/metrics"):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.probe_port)
        connection.request("GET", path)
        assert connection.getresponse().status == 200
    connection = http.client.HTTPConnection("127.0.0.1", gateway.probe_port)
    connection.request("GET", "/v1/records/diplomas/d-1")
    assert connection.getresponse().status == 404


def test_the_page_of_metrics_is_well_formed(gateway):
    page = gateway.call("GET", "/metrics", who="operator-1").text
    names = re.findall(r"^# TYPE (\S+) ", page, re.M)
    assert len(names) == len(set(names))
    for line in page.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) sluis_\w+ .+|sluis_\w+(\{(\w+="[^"]*",?)+\})? [-+0-9.eEinf]+', line), line


def test_a_bad_reload_changes_nothing_and_says_where(gateway):
    put(gateway, "d-2")
    config, policy = gateway.read("sluis.toml"), gateway.read("policy.toml")
    try:
        gateway.write("policy.toml", policy + "\n[[grant]]\nnmae = \"x\"\n")
        gateway.write("sluis.toml", config.replace("[audit]", "[audit]\nfodler = \"x\""))
        gateway.reload()
        assert any(re.search(r"sluis\.toml:\d+:\d+: .*fodler", line["why"]) for line in gateway.log("reload refused"))
        gateway.write("sluis.toml", config)
        gateway.reload()
        assert any(re.search(r"policy\.toml:\d+:\d+: ", line["why"]) for line in gateway.log("reload refused"))
        assert get(gateway, "d-2").status == 200
        ready = json.loads(gateway.call("GET", "/readyz").text)
        assert [w["part"] for w in ready["warnings"]] == ["reload"] and ready["status"] == "ready"
    finally:
        gateway.write("sluis.toml", config)
        gateway.write("policy.toml", policy)
    gateway.reload()
    assert json.loads(gateway.call("GET", "/readyz").text)["warnings"] == []


def test_a_new_policy_holds_from_the_next_call_on(gateway):
    put(gateway, "d-3")
    policy = gateway.read("policy.toml")
    connection = gateway.connect()
    headers = {"Sluis-Purpose": "citizen-request", "Sluis-Case": "C-1"}

    def read():
        connection.request("GET", "/v1/records/diplomas/d-3", headers=headers)
        reply = connection.getresponse()
        reply.read()
        return reply.status

    assert read() == 200
    try:
        gateway.write("policy.toml", policy.replace("citizen-request", "another-request"))
        gateway.reload()
        assert get(gateway, "d-3").status == 403
    finally:
        gateway.write("policy.toml", policy)
        gateway.reload()
    assert get(gateway, "d-3").status == 200


def test_options_that_need_a_restart_are_named(gateway):
    config = gateway.read("sluis.toml")
    try:
        gateway.write("sluis.toml", config.replace("[audit]", "[keys]\ncache_seconds = 77\n\n[audit]"))
        gateway.reload()
        warnings = json.loads(gateway.call("GET", "/readyz").text)["warnings"]
        assert warnings and "keys.cache_seconds" in warnings[0]["text"]
    finally:
        gateway.write("sluis.toml", config)
        gateway.reload()


def test_check_reports_every_mistake_at_once(gateway):
    config = gateway.read("sluis.toml")
    try:
        gateway.write("sluis.toml", config.replace("[server]", "[server]\nlisen = 1").replace("max_record_bytes", "max_bytes"))
        text = gateway.sluisd("--check", code=2)
        assert re.search(r"sluis\.toml:\d+:\d+: .*'lisen'.*did you mean 'listen'", text), text
        assert len(re.findall(r"sluis\.toml:\d+:\d+: ", text)) >= 2, text
    finally:
        gateway.write("sluis.toml", config)
    assert "sound" in gateway.sluisd("--check")


def test_nothing_personal_in_the_operational_log(gateway):
    get(gateway, "85073003328", Sluis_Case="case-85073003328")
    gateway.call("GET", "/v1/records/85073003328/85073003328?fields=85073003328")
    assert "85073003328" not in gateway.read("log") and "Peeters" not in gateway.read("log")


def test_starts_and_stops_are_entries_and_records_outlive_them(gateway):
    put(gateway, "d-4")
    assert gateway.stop() == 0
    gateway.start()
    assert get(gateway, "d-4").status == 200
    said = gateway.run("sluis", "audit", "verify", gateway.path("audit"))
    assert said
    leaves = b"".join(open(os.path.join(gateway.path("audit"), f), "rb").read() for f in os.listdir(gateway.path("audit"))
                      if os.path.isfile(os.path.join(gateway.path("audit"), f)))
    assert b"gateway.start" in leaves and b"gateway.stop" in leaves
    assert b"Peeters" not in leaves and b"85073003328" not in leaves


def test_without_its_hsm_it_does_not_start(gateway):
    gateway.stop()
    pin = gateway.read("hsm/pin")
    try:
        gateway.write("hsm/pin", "000000", 0o600)
        assert "hsm" in gateway.sluisd(code=1)
    finally:
        gateway.write("hsm/pin", pin, 0o600)
        gateway.start()
