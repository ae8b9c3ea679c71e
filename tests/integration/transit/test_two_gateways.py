"""Two gateways over one store: what one of them changes, the other meets in the middle of its work."""
import json
import pathlib
import random
import sys
import threading
import time

import pytest
import transit
from transit import Transit, b64

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "auth"))
from two_gateways import second_gateway  # noqa: E402

# What a call may be told while others rotate, bound and trim its key.
ALLOWED = ("ciphertext or signature version is disallowed by policy (too old)", "no such key version",
           "requested version for encryption is less than the minimum encryption key version")


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    first = transit.start(tmp_path_factory.mktemp("two"), options="refresh_ms = 2000")
    second = second_gateway(first).start()
    yield first, second
    for one in (first, second):
        assert one.process.poll() is None, one.log_text[-2000:]
        one.stop()


def replaced(officer, name, options, versions=2):
    officer.ok("POST", f"keys/{name}/config", {"deletion_allowed": True})
    assert officer("DELETE", f"keys/{name}").status == 204
    officer.ok("POST", f"keys/{name}", options)
    for _ in range(versions - 1):
        officer.ok("POST", f"keys/{name}/rotate")


def test_a_rotation_elsewhere_is_caught_up_with(gateways):
    first, second = gateways
    Transit(first, "officer-1").ok("POST", "keys/turn")
    text = {"plaintext": b64("x")}
    Transit(second).ok("POST", "encrypt/turn", text)  # it now has the key
    time.sleep(1.1)  # asks the store again at most once a second
    Transit(first, "officer-1").ok("POST", "keys/turn/rotate")
    sealed = Transit(first).ok("POST", "encrypt/turn", text)
    assert sealed["key_version"] == 2
    assert Transit(second).ok("POST", "decrypt/turn", {"ciphertext": sealed["ciphertext"]}) == text


@pytest.mark.parametrize("name, options", [("swap-hmac", {"type": "hmac", "key_size": 32}), ("swap-ecdsa", {"type": "ecdsa-p256"}),
                                           ("swap-derived", {"derived": True})])
def test_a_key_of_another_kind_under_the_same_name(gateways, name, options):
    """A ciphertext of a version that the gateway lacks makes it look at the store, where another kind of key is by now."""
    first, second = gateways
    officer = Transit(first, "officer-1")
    officer.ok("POST", f"keys/{name}", {"exportable": True})
    sealed = Transit(second).ok("POST", f"encrypt/{name}", {"plaintext": b64("x")})["ciphertext"]
    time.sleep(1.1)
    replaced(officer, name, options)
    newer = sealed.replace("vault:v1:", "vault:v2:")
    for path in ("decrypt", "rewrap"):
        status, errors = Transit(second).errors("POST", f"{path}/{name}", {"ciphertext": newer})
        assert status == 400 and errors, path
    batch = Transit(second)("POST", f"decrypt/{name}", {"batch_input": [{"ciphertext": newer}, {"ciphertext": "x"}]})
    assert batch.status == 400
    assert second.process.poll() is None


def test_a_signing_key_of_another_kind_under_the_same_name(gateways):
    first, second = gateways
    officer = Transit(first, "officer-1")
    officer.ok("POST", "keys/swap-sign", {"type": "ed25519"})
    signature = Transit(second).ok("POST", "sign/swap-sign", {"input": b64("x")})["signature"]
    time.sleep(1.1)
    replaced(officer, "swap-sign", {"type": "hmac", "key_size": 32})
    status, errors = Transit(second).errors("POST", "verify/swap-sign", {"input": b64("x"), "signature": signature.replace(":v1:", ":v2:")})
    assert status == 400 and errors
    assert second.process.poll() is None


class Work:
    """What threads do to one key; each remembers what surprised it."""

    def __init__(self, gateways):
        self.gateways, self.ended, self.surprises, self.sealed, self.lock = gateways, threading.Event(), [], [], threading.Lock()

    def surprised(self, what):
        with self.lock:
            self.surprises.append(what)
        self.ended.set()

    def guarded(self, body):
        def run(*arguments):
            try:
                body(*arguments)
            except Exception as error:  # noqa: BLE001
                self.surprised(repr(error))
        return run

    def use(self, gateway, seed):
        backend, rng = Transit(gateway), random.Random(seed)
        while not self.ended.is_set():
            text = b64(str(rng.random()))
            reply = backend("POST", "encrypt/busy", {"batch_input": [{"plaintext": text}, {"plaintext": "*"}, {"plaintext": text}]})
            if reply.status == 503 and b"try again" in reply.body:  # trimmed by the other one at this moment
                continue
            if "data" not in reply.json():
                return self.surprised(("encrypt", reply.status, reply.body))
            results = reply.json()["data"]["batch_results"]
            if reply.status != 400 or results[1] != {"error": "illegal base64 data"}:
                return self.surprised(("encrypt", reply.status, results))
            made = [r["ciphertext"] for r in (results[0], results[2])]
            with self.lock:
                self.sealed.append((made[0], text))
                old = rng.choice(self.sealed)
            for path, (ciphertext, plain) in (("decrypt", (made[1], text)), ("decrypt", old), ("rewrap", old)):
                reply = backend("POST", f"{path}/busy", {"ciphertext": ciphertext})
                answer = reply.json()
                if reply.status == 503 and b"try again" in reply.body:
                    continue
                right = reply.status == 200 and (path == "rewrap" or answer["data"] == {"plaintext": plain})
                if not right and (reply.status != 400 or not answer["errors"][0].startswith(ALLOWED)):
                    return self.surprised((path, reply.status, reply.body))
        return None

    def rule(self, gateway, rounds):
        officer = Transit(gateway, "officer-1")
        for _ in range(rounds):
            if self.ended.is_set():
                return
            latest = officer.ok("POST", "keys/busy/rotate")["latest_version"]
            low = max(1, latest - 4)
            # The other officer may have gone further: that is a 400, never anything else.
            for path, body in (("config", {"min_decryption_version": low, "min_encryption_version": low}), ("trim", {"min_available_version": low})):
                reply = officer("POST", f"keys/busy/{path}", body)
                if reply.status not in (200, 400):
                    self.surprised((path, reply.status, reply.body))


def test_use_while_it_is_rotated_bound_and_trimmed(gateways):
    """A ciphertext opens to what was sealed or is refused for its age: no wrong plaintext, no failure inside."""
    Transit(gateways[0], "officer-1").ok("POST", "keys/busy")
    work = Work(gateways)
    users = [threading.Thread(target=work.guarded(work.use), args=(gateways[i % 2], i)) for i in range(4)]
    officers = [threading.Thread(target=work.guarded(work.rule), args=(gateway, 15)) for gateway in gateways]
    for thread in users + officers:
        thread.start()
    for thread in officers:
        thread.join()
    work.ended.set()
    for thread in users:
        thread.join()
    assert not work.surprises and len(work.sealed) > 20
    info = [Transit(g, "officer-1").ok("GET", "keys/busy") for g in gateways]
    assert max(i["latest_version"] for i in info) == 31  # each of 30 rotations is a version
    time.sleep(2.2)  # both have the key as it is now
    lowest = Transit(gateways[0], "officer-1").ok("GET", "keys/busy")["min_decryption_version"]
    current = [(c, p) for c, p in work.sealed if int(c.split(":")[1][1:]) >= lowest]
    for gateway in gateways:
        answer = Transit(gateway)("POST", "decrypt/busy", {"batch_input": [{"ciphertext": c} for c, _ in current]})
        assert answer.status == 200 or not current
        assert [r["plaintext"] for r in answer.json()["data"]["batch_results"]] == [p for _, p in current]


def test_deleted_while_it_is_used(gateways):
    """The other gateway stops using a deleted key when it looks again, and says that it is gone."""
    first, second = gateways
    officer = Transit(first, "officer-1")
    officer.ok("POST", "keys/gone")
    officer.ok("POST", "keys/gone/config", {"deletion_allowed": True})
    sealed = Transit(second).ok("POST", "encrypt/gone", {"plaintext": ""})["ciphertext"]
    assert officer("DELETE", "keys/gone").status == 204
    assert Transit(first).errors("POST", "decrypt/gone", {"ciphertext": sealed}) == (400, ["encryption key not found"])
    deadline = time.monotonic() + 60
    while (reply := Transit(second)("POST", "decrypt/gone", {"ciphertext": sealed})).status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (reply.status, json.loads(reply.body)) == (400, {"errors": ["encryption key not found"]})
