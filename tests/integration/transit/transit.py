"""The Transit interface of a gateway of a test's own."""
import base64
import json
import pathlib
import re
import sys

from deployment import ROOT, Deployment

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "records"))
from openapi_check import Description  # noqa: E402

DESCRIPTION = Description(ROOT / "docs" / "openapi.yaml")

CREATE = """
[[grant]]
name = "makes-keys-too"
to = ["registry-backend"]
actions = ["transit.create"]
keys = ["*"]
"""


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def start(folder, store=None, options=None, **more):
    """Exports are allowed, and the backend may make keys."""
    deployment = Deployment(folder, store=store, options={"transit": "allow_export = true\n" + (options or "")}, **more)
    policy = (deployment.folder / "policy.toml").read_text()
    deployment.write("policy.toml", policy + CREATE)
    return deployment.start()


def described(method, path):
    """What docs/openapi.yaml calls it: it knows neither PUT for POST nor LIST, nor options in the path."""
    parts = path.split("?")[0].rstrip("/").split("/")
    longest = {"hmac": 2, "sign": 2, "verify": 2, "hash": 1, "random": 1}.get(parts[0], len(parts))
    return {"PUT": "POST", "LIST": "GET"}.get(method, method), "/v1/transit/" + "/".join(parts[:longest])


class Transit:
    """One client; paths are below /v1/transit/. Every answer that succeeds is checked against docs/openapi.yaml."""

    def __init__(self, deployment, name="registry-backend", headers=None):
        self.deployment, self.client, self.headers = deployment, deployment.client(name), headers or {}

    def __call__(self, method, path, body=None, **headers):
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        reply = self.client.call(method, "/v1/transit/" + path, body=body, headers=sent)
        if reply.status in (200, 204):
            DESCRIPTION.check(*described(method, path), reply)
        return reply

    def approved(self, method, path, body=None, **headers):
        """What needs a second officer: asked for, approved by officer-2, carried out."""
        asked = self(method, path, body, **headers)
        found = re.search(r"an approval was requested, ([0-9a-f-]+)", asked.body.decode())
        assert asked.status == 403 and found, (method, path, asked.status, asked.body)
        return self(method, path, body, **headers, **self.deployment.approve(found[1]))

    def approved_ok(self, method, path, body=None, **headers):
        reply = self.approved(method, path, body, **headers)
        assert reply.status == 200, (method, path, reply.status, reply.body)
        return reply.json()["data"]

    def ok(self, method, path, body=None, **headers):
        reply = self(method, path, body, **headers)
        assert reply.status == 200, (method, path, reply.status, reply.body)
        return reply.json()["data"]

    def errors(self, method, path, body=None, **headers):
        reply = self(method, path, body, **headers)
        return reply.status, json.loads(reply.body)["errors"]
