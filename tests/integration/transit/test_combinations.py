"""Every option of a new key, and every operation with parameters of every kind on every kind of key: an answer or a clear 400."""
import itertools
import json
import random

import pytest
import transit
from transit import Transit, b64

AEADS = ("aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305")
PAIRS = ("ed25519", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096")
ABSENT = object()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = transit.start(tmp_path_factory.mktemp("combinations"))
    yield deployment
    assert deployment.process.poll() is None
    deployment.stop()


@pytest.fixture(scope="module")
def officer(gateway):
    client = Transit(gateway, "officer-1")
    client.client.timeout = 300  # RSA pairs take long on a busy machine
    return client


def faults(options):
    """What must be said of a set of options, one of these; nothing: the key is made."""
    kind, out = options["type"], []
    derived, convergent = options.get("derived", False), options.get("convergent_encryption", False)
    size, period = options.get("key_size", 0), options.get("auto_rotate_period", 0)
    if kind not in (*AEADS, *PAIRS, "hmac"):
        return ["unknown key type " + kind]
    if derived and kind not in (*AEADS, "ed25519"):
        out.append("key derivation is not supported for keys of this type")
    if convergent and kind not in AEADS:
        out.append("convergent encryption is not supported for keys of this type")
    if convergent and not derived:
        out.append("convergent encryption requires derivation to be enabled")
    if size < 0:
        out.append(f"invalid key_size {size}")
    if kind == "hmac" and size != 0 and not 32 <= size <= 512:
        out.append("invalid key_size for an HMAC key: must be between 32 and 512 bytes")
    if kind != "hmac" and size != 0:
        out.append("key_size is for keys of type hmac alone")
    if period in ("1m", 3599):
        out.append("auto rotate period must be 0 to disable or at least an hour")
    return out


def combinations():
    """All of type, derivation, convergence, size and period; the one-way flags go round with them."""
    flags = itertools.cycle([{}, {"exportable": True}, {"allow_plaintext_backup": True}, {"exportable": True, "allow_plaintext_backup": True}])
    values = itertools.product((*AEADS, *PAIRS, "hmac", "rot13", "managed_key", "ml-dsa"), (ABSENT, False, True), (ABSENT, True),
                               (ABSENT, -1, 0, 16, 31, 32, 512, 513), (ABSENT, 0, "1m", 3599, "1h"))
    for kind, *rest in values:
        options = {"type": kind, **next(flags)}
        options |= {n: v for n, v in zip(("derived", "convergent_encryption", "key_size", "auto_rotate_period"), rest) if v is not ABSENT}
        # Making an RSA pair takes long: once each is enough.
        if kind.startswith("rsa") and not faults(options) and options.keys() - {"type", "exportable", "allow_plaintext_backup"}:
            continue
        yield options


def test_creation(officer):
    made = refused = 0
    for number, options in enumerate(combinations()):
        reply, wrong = officer("POST", f"keys/c{number}", options), faults(options)
        if not wrong:
            assert reply.status == 200, (options, reply.body)
            made += 1
            info = reply.json()["data"]
            assert info["type"] == options["type"] and info["derived"] == options.get("derived", False)
            assert info["exportable"] == options.get("exportable", False)
            assert info["auto_rotate_period"] == (3600 if options.get("auto_rotate_period") == "1h" else 0)
            continue
        refused += 1
        assert reply.status == 400, (options, reply.status, reply.body)
        assert reply.json()["errors"][0] in wrong, (options, reply.body)
        assert officer("GET", f"keys/c{number}").status == 404
    assert made > 100 and refused > 1000


# One of each kind, then as it is after some life.
KEYS = {**{kind: {"type": kind, "exportable": True, "allow_plaintext_backup": True} for kind in (*AEADS, *PAIRS[:5], "hmac")},
        "derived": {"derived": True}, "convergent": {"derived": True, "convergent_encryption": True},
        "derived-ed25519": {"type": "ed25519", "derived": True, "exportable": True}, "closed": {}, "rotated": {"exportable": True},
        "trimmed": {"type": "ecdsa-p256", "exportable": True}, "soft-deleted": {"exportable": True}}


@pytest.fixture(scope="module")
def keys(gateway, officer):
    for name, options in KEYS.items():
        officer.ok("POST", f"keys/{name}", options)
    for name in ("rotated", "trimmed"):
        for _ in range(3):
            officer.ok("POST", f"keys/{name}/rotate")
        officer.ok("POST", f"keys/{name}/config", {"min_decryption_version": 3, "min_encryption_version": 3})
    officer.ok("POST", "keys/trimmed/trim", {"min_available_version": 3})
    for kind in ("ed25519", "ecdsa-p256", "rsa-2048"):
        pem = officer.ok("GET", f"export/public-key/{kind}?format=pem")["keys"]["1"]
        assert officer("POST", f"keys/public-{kind}/import", {"type": kind, "public_key": pem, "exportable": True, "allow_rotation": True}).status == 204
    assert officer("DELETE", "keys/soft-deleted/soft-delete").status == 204
    return [*KEYS, *(f"public-{kind}" for kind in ("ed25519", "ecdsa-p256", "rsa-2048")), "not-there"]


TEXTS = ["", "YQ==", "YQ", "*", b64("x" * 32), b64("y" * 300), "é", "a" * 63 + "é", "\u0000", None, 7, True, [], {}, ["YQ=="]]
SEALED = ["", "vault", "vault:", "vault:v1:", "vault:v1:YQ==", "vault:v1:" + b64("z" * 40), "vault:v3:" + b64("z" * 256), "vault:v0:YQ==", "vault:v-1:YQ==",
          "vault:v99999999999999999999:YQ==", "vault:v4294967297:YQ==", "vault:v1:YQ==:YQ==", "Vault:v1:YQ==", None, 5]
NUMBERS = [ABSENT, 0, 1, 2, 3, 5, -1, 2**31, 2**32, 2**63, 1.5, "1", "x", "", None, True, []]
VALUES = {
    "plaintext": TEXTS, "input": TEXTS, "context": [ABSENT, ABSENT, *TEXTS], "associated_data": [ABSENT, ABSENT, *TEXTS],
    "ciphertext": SEALED, "signature": [ABSENT, *SEALED], "hmac": [ABSENT, *SEALED], "key_version": [ABSENT, ABSENT, *NUMBERS], "bits": [128, 256, 512, *NUMBERS],
    "hash_algorithm": [ABSENT, "sha2-256", "sha2-512", "sha3-256", "sha1", "none", "md5", "", 5, {}], "prehashed": [ABSENT, True, False, "true", 3],
    "signature_algorithm": [ABSENT, "pss", "pkcs1v15", "x"], "marshaling_algorithm": [ABSENT, "asn1", "jws", "x"],
    "salt_length": [ABSENT, "auto", "hash", 0, 32, 5000, -1, "x"], "partial_failure_response_code": [ABSENT, ABSENT, 207, 0, 100, 700, "x"],
    "min_decryption_version": NUMBERS, "min_encryption_version": NUMBERS, "min_available_version": NUMBERS, "auto_rotate_period": [*NUMBERS, "1h"],
    "exportable": NUMBERS, "dry_run": [True, True, *NUMBERS], "version": NUMBERS, "hash": [ABSENT, "SHA1", "SHA256", "x"], "certificate_chain": TEXTS,
    "csr": [ABSENT, *TEXTS], "public_key": TEXTS, "format": [ABSENT, "raw", "der", "pem", "x"], "type": [ABSENT, *AEADS[:1], "hmac", "x", "a" * 63 + "é", 5],
}
ITEM = ("context", "key_version", "associated_data")
# Paths, with what they take. What would end the keys is tried dry.
CALLS = {
    "encrypt/{}": ("plaintext", *ITEM, "type", "partial_failure_response_code"), "decrypt/{}": ("ciphertext", *ITEM, "partial_failure_response_code"),
    "rewrap/{}": ("ciphertext", *ITEM), "rewrap/{}?from=aes256-gcm96": ("ciphertext", *ITEM), "rewrap/aes256-gcm96?from={}": ("ciphertext", *ITEM),
    "datakey/plaintext/{}": ("bits", *ITEM), "datakey/wrapped/{}": ("bits", *ITEM), "hmac/{}": ("input", "key_version", "hash_algorithm"),
    "sign/{}": ("input", *ITEM[:2], "hash_algorithm", "prehashed", "signature_algorithm", "marshaling_algorithm", "salt_length"),
    "verify/{}": ("input", "signature", "hmac", "context", "hash_algorithm", "prehashed", "signature_algorithm", "marshaling_algorithm", "salt_length"),
    "keys/{}/trim": ("min_available_version",), "keys/{}/config": ("min_decryption_version", "min_encryption_version", "auto_rotate_period", "exportable"),
    "keys/{}/csr": ("version", "csr"), "keys/{}/set-certificate": ("version", "certificate_chain"), "keys/{}/import_version": ("version", "public_key", "ciphertext"),
    "restore/{}": ("ciphertext",), "keys/{}": ("type", "key_version"),
}
READS = ["keys/{}", *(f"export/{kind}/{{}}" for kind in ("encryption-key", "signing-key", "hmac-key", "public-key", "certificate-chain", "x")),
         "byok-export/rsa-2048/{}", "byok-export/{}/aes256-gcm96", "byok-export/{}/public-rsa-2048", "backup/{}"]
MANAGES = ("keys/", "restore/")


def clear(what, reply):
    # What lets keys out becomes a request, and one principal may have only so many.
    asks_for_approval = (reply.status == 403 and b"another person must approve this" in reply.body
                         or reply.status == 429 and b"wait for approval" in reply.body)
    assert asks_for_approval or reply.status in (200, 204, 207, 400, 404), (what, reply.status, reply.body)
    told = json.loads(reply.body.decode("utf-8")) if reply.body else {}  # UTF-8, whatever was sent
    errors = told.get("errors", []) + [r["error"] for r in (told.get("data") or {}).get("batch_results", []) if "error" in r]
    assert all(errors) and "internal error" not in errors, (what, reply.body)
    assert reply.status != 400 or errors, what


def test_operations(gateway, officer, keys):
    rng, backend = random.Random(11), Transit(gateway)
    for path, names in CALLS.items():
        who = officer if path.startswith(MANAGES) else backend
        for name in keys:
            for _ in range(30):
                bodies = [{n: v for n in names if (v := rng.choice(VALUES[n])) is not ABSENT} for _ in range(rng.choice((1, 1, 1, 2, 5)))]
                # One value out of place must not hide the others: most are left as they should be.
                for body in bodies:
                    for n in list(body):
                        if rng.random() < 0.4:
                            body[n] = next(v for v in VALUES[n][1:] if v is not ABSENT)
                body = {**bodies[0], "dry_run": True} if path.endswith("trim") else bodies[0]
                if len(bodies) > 1 and not path.startswith((*MANAGES, "datakey/")):
                    body = {**{n: bodies[0][n] for n in names[-1:] if n in bodies[0]}, "batch_input": bodies}
                if path == "keys/{}" and name == "not-there":
                    continue
                clear((path, name, body), who("POST", path.format(name), body))


def test_reads(officer, keys):
    for path in READS:
        for name in keys:
            for tail in ("", "/1", "/latest", "/3", "/0", "/-1", "/x", "/99999999999"):
                for query in ("", "?format=raw", "?format=der", "?format=pem", "?format=x", "?hash=SHA1", "?hash=x", "?context=YQ==", "?context=*"):
                    if tail and not path.startswith(("export", "byok")):
                        continue
                    clear((path, name, tail, query), officer("GET", path.format(name) + tail + query))


def test_what_is_cut_short_stays_utf8(officer, gateway, keys):
    """Messages repeat at most 64 bytes of what was sent, and may cut it in the middle of a character."""
    cut = "a" * 63 + "é"
    assert officer.errors("POST", "keys/cut", {"type": cut}) == (400, ["unknown key type " + "a" * 63 + "\ufffd"])
    warned = Transit(gateway)("POST", "encrypt/aes256-gcm96", {"plaintext": "", cut: 1}).json()["warnings"]
    assert warned == ["Endpoint ignored these unrecognized parameters: [" + "a" * 63 + "\ufffd]"]
    for body in ({"hash_algorithm": cut}, {"signature_algorithm": cut}, {"marshaling_algorithm": cut}, {"salt_length": cut}):
        for key in ("rsa-2048", "ecdsa-p256"):
            clear(body, Transit(gateway)("POST", f"sign/{key}", {"input": "", **body}))


@pytest.mark.parametrize("path", ["keys/%FF/config", "keys/%FF", "encrypt/%FF", "sign/ed25519/%C3", "hmac/aes256-gcm96/%FF%FE", "export/%FF/aes256-gcm96",
                                  "encrypt/aes256-gcm96?%FF=1", "hash/%E2%82", "random/%FF", "encrypt/aes256-gcm96?" + "a" * 63 + "%C3%A9=1"])
def test_answers_are_utf8_whatever_was_sent(officer, gateway, keys, path):
    for who in (officer, Transit(gateway)):
        for method in ("GET", "POST", "DELETE"):
            # Without the description's check: not every method is there.
            reply = who.client.call(method, "/v1/transit/" + path, body={} if method == "POST" else None)
            assert reply.status < 500
            json.loads(reply.body.decode("utf-8"))
