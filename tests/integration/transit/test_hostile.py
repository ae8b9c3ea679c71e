"""Bodies that mean harm: each gets its 400 or 413, and the gateway serves on."""
import json
import random

import pytest
import transit
from transit import Transit, b64


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = transit.start(tmp_path_factory.mktemp("hostile"), options="batch_items = 1000\nbody_bytes = 1048576")
    officer = Transit(deployment, "officer-1")
    for name, options in {"aes": {}, "x": {"type": "xchacha20-poly1305"}, "rsa": {"type": "rsa-2048"}}.items():
        officer.ok("POST", f"keys/{name}", options)
    yield deployment
    assert deployment.process.poll() is None
    deployment.stop()


BODIES = [b"{", b"[]", b"1", b'"x"', b"{}{}", b'{"plaintext":"\xff"}', b'{"plaintext":"\\u0000"}', b'{"plaintext":"a","plaintext":"b"}',
          b'{"plaintext":' + b"[" * 50_000 + b"]" * 50_000 + b"}", b'{"plaintext":"\\ud800"}', b'{"plaintext":{}}', b'{"plaintext":[]}',
          b'{"batch_input":' + b"[" * 40 + b"]" * 40 + b"}", b'{"batch_input":1}', b'{"batch_input":[1,2]}', b'{"batch_input":[[]]}',
          b'{"key_version":1e400,"plaintext":""}', b'{"key_version":99999999999999999999,"plaintext":""}', b"\x00", b"\xef\xbb\xbf{}",
          b"{" + b",".join(b'"k%d":1' % i for i in range(2000)) + b"}", b'{"plaintext":"' + b"=" * 1000 + b'"}']


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", ["encrypt/aes", "decrypt/aes", "rewrap/aes", "hmac/aes", "sign/aes", "verify/aes", "hash",
                                  "datakey/plaintext/aes", "random"])
def test_bodies(gateway, path, body):
    reply = Transit(gateway)("POST", path, body)
    # Small bodies alone for paths that take no data: 413 then.
    assert reply.status in (200, 400, 413), (reply.status, reply.body)
    if reply.status == 200:
        assert path in ("random", "datakey/plaintext/aes", "hmac/aes", "hash", "verify/aes", "sign/aes", "rewrap/aes")


def test_limits(gateway):
    backend = Transit(gateway)
    assert backend("POST", "encrypt/aes", {"batch_input": [{"plaintext": ""}] * 1000}).status == 200
    assert backend("POST", "encrypt/aes", {"batch_input": [{"plaintext": ""}] * 1001}).status == 413
    reply = backend("POST", "encrypt/aes", b'{"plaintext":"' + b"A" * 1_100_000 + b'"}')
    assert reply.status == 413 and "errors" in reply.json()


def test_mutilated_ciphertexts(gateway):
    """Any change of a ciphertext is a 400 with words of the contract; never a 500, never a plaintext."""
    backend, rng = Transit(gateway), random.Random(7)
    known = ("invalid ciphertext", "cipher: message authentication failed", "ciphertext or signature version is disallowed",
             "missing ciphertext to decrypt", "crypto/rsa: decryption error")
    for key in ("aes", "x", "rsa"):
        good = backend.ok("POST", f"encrypt/{key}", {"plaintext": b64("some text")})["ciphertext"]
        items = []
        for _ in range(400):
            text = list(good)
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(text) + 1)
                act = rng.randrange(4)
                if act == 0 and at < len(text):
                    text[at] = rng.choice("AZaz09+/=:v\u00e9 ")
                elif act == 1 and text:
                    del text[at:at + rng.randint(1, 20)]
                elif act == 2:
                    text.insert(at, rng.choice("A=: \n"))
                else:
                    text[at:at] = text[:rng.randint(0, 12)]
            items.append({"ciphertext": "".join(text)})
        items = [i for i in items if i["ciphertext"] != good]
        reply = backend("POST", f"decrypt/{key}", {"batch_input": items})
        assert reply.status == 400
        for item, result in zip(items, reply.json()["data"]["batch_results"]):
            assert result["plaintext"] == "" and result["error"].startswith(known), (item, result)


def test_paths(gateway):
    backend = Transit(gateway)
    for path in ("encrypt/..%2Faes", "encrypt/%00", "encrypt/a%0Ab", "encrypt/" + "a" * 3000, "encrypt//aes", "../records", "", "/"):
        reply = backend("POST", path, {"plaintext": ""})
        assert reply.status in (400, 404, 414), (path, reply.status)
        assert list(json.loads(reply.body)) in (["errors"], ["type", "title", "status"], ["type", "title", "status", "detail"])
