"""A gateway of its own for a benchmark: software token, development CA, store, sluisd."""
import contextlib
import json
import os
import pathlib
import re
import secrets
import subprocess
import time

from processes import Failed, free_port, run, started, tail

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What a budget takes from a benchmark is not what is measured: all calls of the sample policy, without a limit.
BUDGET = re.compile(r"^per_(minute|day) = .*$", re.M)


class Gateway:
    def __init__(self, folder, binaries):
        self.folder, self.binaries = folder, binaries
        self.port = free_port()
        self.process = None
        self.environment = {**os.environ, "SOFTHSM2_CONF": str(folder / "hsm" / "softhsm2.conf")}

    def ca(self, name):
        return self.folder / "ca" / name

    def set_up(self, store):
        """`store`: the TOML lines of [store]."""
        for name in ("hsm/tokens", "store", "audit", "log"):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        (self.folder / "hsm/softhsm2.conf").write_text(f"directories.tokendir = {self.folder}/hsm/tokens\nobjectstore.backend = file\n")
        for name in ("pin", "so-pin"):
            (self.folder / "hsm" / name).touch(mode=0o600)
            (self.folder / "hsm" / name).write_text(str(secrets.randbelow(10**12) + 10**12))
        self.command("sluis", "hsm", "init", "--pin-file", self.folder / "hsm/pin", "--so-pin-file", self.folder / "hsm/so-pin")
        run([ROOT / "deploy" / "dev-ca", self.folder / "ca", "init"])
        config = (ROOT / "deploy" / "sluis.sample.toml").read_text()
        config = config.replace("127.0.0.1:8443", f"127.0.0.1:{self.port}")
        config = re.sub(r"^\[store\]\n(?:[^\[\n].*\n|\n)*", f"[store]\n{store}\n\n", config, flags=re.M)
        (self.folder / "sluis.toml").write_text(config)
        policy = (ROOT / "deploy" / "policy.sample.toml").read_text()
        (self.folder / "policy.toml").write_text(BUDGET.sub(lambda m: f"per_{m[1]} = 1_000_000_000_000", policy))
        (self.folder / "backend.toml").write_text(
            f'url = "https://127.0.0.1:{self.port}"\ncertificate = "ca/registry-backend.pem"\n'
            'key = "ca/registry-backend.key"\nca = "ca/server-ca.pem"\n')

    def command(self, program, *arguments):
        return run([self.binaries / program, *arguments], env=self.environment)

    def sluis(self, *arguments):
        return self.command("sluis", "--profile", self.folder / "backend.toml", *arguments)

    @contextlib.contextmanager
    def running(self):
        self.command("sluisd", "--config", self.folder / "sluis.toml", "--migrate")
        log = self.folder / "log" / "sluisd.log"
        with started([self.binaries / "sluisd", "--config", self.folder / "sluis.toml"], log, env=self.environment) as process:
            self.process = process
            deadline = time.monotonic() + 30
            while True:
                try:
                    self.sluis("status")
                    break
                except Failed as error:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise Failed(f"sluisd is not ready: {error}\n{tail(log)}") from None
                    time.sleep(0.1)
            yield self

    def load(self, request, connections, seconds, port=None, ids=None, warm_up=1.0, rate=0):
        """What sluis_load prints; `request` may have {id}."""
        template = self.folder / "request"
        template.write_bytes(request)
        command = [self.binaries / "sluis_load", "--port", port or self.port, "--connections", connections, "--seconds", seconds,
                   "--warm-up", warm_up, "--cert", self.ca("registry-backend.pem"), "--key", self.ca("registry-backend.key"),
                   "--ca", self.ca("server-ca.pem"), "--request", template, "--rate", rate, *(ids or [])]
        done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True)
        try:
            result = json.loads(done.stdout)
        except ValueError:
            raise Failed(f"sluis_load: {done.stdout}{done.stderr}") from None
        if result["broken"] or not result["requests"] or any(not s.startswith("2") for s in result["statuses"]):
            raise Failed(f"calls failed under load: {done.stdout}\n{tail(self.folder / 'log' / 'sluisd.log', 5)}")
        return result
