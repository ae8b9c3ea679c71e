"""Calls of the Transit interface over one connection; paths are below /v1/transit/."""
import base64
import re


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


class Transit:
    def __init__(self, deployment, name="registry-backend"):
        self.deployment, self.client = deployment, deployment.client(name, timeout=60)

    def __call__(self, method, path, body=None, status=200):
        reply = self.client.call(method, f"/v1/transit/{path}", body)
        asked = re.search(rb"an approval was requested, ([0-9a-f-]+)", reply.body)
        if asked and status != 403:  # a second officer reads it, approves it, and it is carried out
            headers = self.deployment.approve(asked[1].decode())
            reply = self.client.call(method, f"/v1/transit/{path}", body, headers)
        assert reply.status == status, (path, reply.status, reply.body)
        return reply.json()["data"] if status == 200 else None

    def body_of(self, ciphertext, version=1):
        prefix = f"vault:v{version}:"
        assert ciphertext.startswith(prefix), ciphertext
        return unb64(ciphertext[len(prefix):])
