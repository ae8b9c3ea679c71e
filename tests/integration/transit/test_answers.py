"""Every path of the Transit interface at a real sluisd: a table of requests and the exact answers to them."""
import json
import re
import uuid

import pytest
import transit
from transit import Transit, b64

CIPHERTEXT = re.compile(r"vault:v(\d+):[A-Za-z0-9+/]+=*")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = transit.start(tmp_path_factory.mktemp("transit"))
    yield deployment
    deployment.stop()


@pytest.fixture(scope="module")
def backend(gateway):
    return Transit(gateway)


@pytest.fixture(scope="module")
def officer(gateway):
    return Transit(gateway, "officer-1")


@pytest.fixture(scope="module", autouse=True)
def made_keys(gateway):
    make = Transit(gateway, "officer-1")
    for name, options in {"aes": {}, "derived": {"derived": True}, "ed": {"type": "ed25519"}, "hm": {"type": "hmac", "key_size": 32},
                          "ec": {"type": "ecdsa-p256"}, "rsa": {"type": "rsa-2048", "exportable": True},
                          "open": {"exportable": True, "allow_plaintext_backup": True}}.items():
        make.ok("POST", f"keys/{name}", options)


def test_the_envelope(backend):
    reply = backend("POST", "encrypt/aes", {"plaintext": b64("x")})
    body = reply.json()
    assert reply.headers["Content-Type"] == "application/json"
    assert list(body) == ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"]
    uuid.UUID(body["request_id"])
    assert (body["lease_id"], body["renewable"], body["lease_duration"]) == ("", False, 0)
    assert body["wrap_info"] is None and body["warnings"] is None and body["auth"] is None
    assert CIPHERTEXT.fullmatch(body["data"]["ciphertext"]) and body["data"]["key_version"] == 1


# who, method, path, body, status, errors (None: whatever) - in this order, on one gateway
B, O = "registry-backend", "officer-1"
REFUSALS = [
    (B, "POST", "encrypt/aes", {}, 400, ["missing plaintext to encrypt"]),
    (B, "PUT", "encrypt/aes", {}, 400, ["missing plaintext to encrypt"]),
    (B, "POST", "encrypt/aes", {"plaintext": "*"}, 400, ["illegal base64 data"]),
    (B, "POST", "encrypt/aes", {"plaintext": "", "key_version": -1}, 400, ["requested version for encryption is negative"]),
    (B, "POST", "encrypt/aes", {"plaintext": "", "key_version": 2}, 400,
     ["requested version for encryption is higher than the latest key version"]),
    (B, "POST", "encrypt/aes", {"batch_input": []}, 400, ["missing batch input to process"]),
    (B, "POST", "encrypt/aes", {"batch_input": [{"plaintext": "", "context": "YQ=="}, {"plaintext": ""}]}, 400,
     ["context should be set either in all the request blocks or in none"]),
    (B, "POST", "encrypt/ed", {"plaintext": ""}, 400, ["message encryption not supported for key type ed25519"]),
    (B, "POST", "encrypt/hm", {"plaintext": ""}, 400, ["message encryption not supported for key type hmac"]),
    (B, "POST", "encrypt/a%20b", {"plaintext": ""}, 400, ["encryption key not found"]),
    (B, "POST", "decrypt/aes", {}, 400, ["missing ciphertext to decrypt"]),
    (B, "POST", "decrypt/aes", {"ciphertext": "x"}, 400, ["invalid ciphertext: no prefix"]),
    (B, "POST", "decrypt/aes", {"ciphertext": "vault:v1"}, 400, ["invalid ciphertext: wrong number of fields"]),
    (B, "POST", "decrypt/aes", {"ciphertext": "vault:vx:AA=="}, 400, ["invalid ciphertext: version number could not be decoded"]),
    (B, "POST", "decrypt/aes", {"ciphertext": "vault:v2:AA=="}, 400, ["invalid ciphertext: version is too new"]),
    (B, "POST", "decrypt/aes", {"ciphertext": "vault:v1:*"}, 400, ["invalid ciphertext: could not decode base64"]),
    (B, "POST", "decrypt/aes", {"ciphertext": "vault:v1:" + "A" * 40}, 400, ["cipher: message authentication failed"]),
    (B, "POST", "decrypt/none", {"ciphertext": "vault:v1:AA=="}, 400, ["encryption key not found"]),
    (B, "POST", "rewrap/aes", {}, 400, ["missing ciphertext to decrypt"]),
    (B, "POST", "datakey/wrapped/aes", {"bits": 1}, 400, ["invalid bit length"]),
    (B, "POST", "datakey/other/aes", {}, 404, None),
    (B, "POST", "hmac/aes", {}, 400, ["missing input for HMAC"]),
    (B, "POST", "sign/aes", {"input": ""}, 400, ["key type aes256-gcm96 does not support signing"]),
    (B, "POST", "sign/none", {"input": ""}, 400, ["signing key not found"]),
    (B, "POST", "verify/ed", {"input": ""}, 400, ["neither a 'signature' nor an 'hmac' was given to verify"]),
    (B, "POST", "hash/md5", {"input": ""}, 400, ['unsupported algorithm "md5"']),
    (B, "POST", "random/0", None, 400, ['"bytes" cannot be less than 1']),
    (B, "GET", "keys/none", None, 404, []),
    (B, "DELETE", "keys/aes", None, 403, ["permission denied"]),
    (B, "POST", "keys/aes/rotate", None, 403, ["permission denied"]),
    (B, "GET", "backup/open", None, 403, ["permission denied"]),
    (O, "POST", "decrypt/aes", {"ciphertext": "vault:v1:AA=="}, 403, ["permission denied"]),
    (O, "DELETE", "keys/aes", None, 400, ["error deleting policy aes: deletion is not allowed for this key"]),
    (O, "POST", "keys/x", {"type": "rot13"}, 400, ["unknown key type rot13"]),
    (O, "POST", "keys/x", {"convergent_encryption": True}, 400, ["convergent encryption requires derivation to be enabled"]),
    (O, "POST", "keys/x", {"auto_rotate_period": "1m"}, 400, ["auto rotate period must be 0 to disable or at least an hour"]),
    (O, "GET", "export/encryption-key/aes", None, 400, ["private key material is not exportable"]),
    (O, "GET", "export/encryption-key/none", None, 404, []),
    (O, "GET", "export/other/aes", None, 400, ["invalid export type: other"]),
    (O, "GET", "backup/aes", None, 400, None),
    (O, "POST", "cache-config", {"size": 5}, 400, ["size must be 0 or a value greater or equal to 10"]),
    (O, "POST", "restore", {}, 400, ["'backup' must be supplied"]),
    (O, "POST", "keys/aes/trim", {}, 400, ["missing min_available_version"]),
    (O, "POST", "no/such/path", {}, 404, None),
    (O, "PATCH", "keys/aes", {}, 405, None),
    (O, "GET", "encrypt/aes", None, 405, None),
    (O, "GET", "keys", None, 405, ["unsupported operation"]),
    (O, "POST", "keys/aes/config", b"[", 400, ["failed to parse JSON input: not valid JSON"]),
    (O, "POST", "keys/aes/config", {"deletion_allowed": [1]}, 400,
     ['error converting input for field "deletion_allowed": expected a single value']),
]


@pytest.mark.parametrize("who, method, path, body, status, errors", REFUSALS)
def test_refusals(gateway, who, method, path, body, status, errors):
    reply = Transit(gateway, who)(method, path, body)
    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/json"
    told = json.loads(reply.body)
    assert list(told) == ["errors"]
    if errors is not None:
        assert told["errors"] == errors
    assert all(isinstance(error, str) for error in told["errors"])


def test_nobody_is_refused_in_the_same_form(gateway):
    assert Transit(gateway, "auditor-1").errors("POST", "encrypt/aes", {"plaintext": ""}) == (403, ["permission denied"])


def test_too_large_a_body(gateway, officer):
    reply = officer("POST", "keys/aes/config", b'{"x":"' + b"x" * 70_000 + b'"}')
    assert reply.status == 413 and "errors" in reply.json()


def test_there_and_back(backend):
    for extra in ({}, {"associated_data": b64("row")}):
        made = backend.ok("POST", "encrypt/aes", {"plaintext": b64("Zoë"), **extra})
        assert backend.ok("PUT", "decrypt/aes", {"ciphertext": made["ciphertext"], **extra}) == {"plaintext": b64("Zoë")}
    made = backend.ok("POST", "encrypt/derived", {"plaintext": b64("x"), "context": b64("c")})
    assert backend.ok("POST", "decrypt/derived", {"ciphertext": made["ciphertext"], "context": b64("c")}) == {"plaintext": b64("x")}


def test_upsert_and_warnings(backend, officer):
    reply = backend("POST", "encrypt/fresh", {"plaintext": "", "context": b64("c"), "zoo": 1, "ape": 2})
    assert reply.json()["warnings"] == ["Endpoint ignored these unrecognized parameters: [ape zoo]"]
    assert officer.ok("GET", "keys/fresh")["derived"] is True
    officer.ok("POST", "config/keys", {"disable_upsert": True})
    assert officer.ok("GET", "config/keys") == {"disable_upsert": True}
    assert backend.errors("POST", "encrypt/fresher", {"plaintext": ""}) == (400, ["encryption key not found"])
    officer.ok("POST", "config/keys", {"disable_upsert": False})


def test_lists(officer, backend):
    names = officer.ok("LIST", "keys")["keys"]
    assert names == sorted(names) and {"aes", "ed", "rsa"} <= set(names)
    assert officer.ok("GET", "keys?list=true")["keys"] == names
    assert officer.ok("GET", "keys/?list=true")["keys"] == names
    assert officer.ok("LIST", "keys/")["keys"] == names
    assert officer.ok("GET", f"keys?list=true&after={names[0]}&limit=2")["keys"] == names[1:3]


def test_rotate_config_trim(officer, backend):
    officer.ok("POST", "keys/turn", {})
    old = backend.ok("POST", "encrypt/turn", {"plaintext": b64("x")})["ciphertext"]
    assert officer.ok("POST", "keys/turn/rotate", {"dry_run": True})["dry_run"] is True
    assert officer.ok("POST", "keys/turn/rotate")["latest_version"] == 2
    moved = backend.ok("POST", "rewrap/turn", {"ciphertext": old})
    assert moved["key_version"] == 2
    changed = officer.ok("POST", "keys/turn/config", {"min_decryption_version": 2, "min_encryption_version": "2", "deletion_allowed": "true"})
    assert changed["min_decryption_version"] == 2 and changed["deletion_allowed"] is True
    assert backend.errors("POST", "decrypt/turn", {"ciphertext": old}) == (
        400, ["ciphertext or signature version is disallowed by policy (too old)"])
    assert officer.ok("POST", "keys/turn/trim", {"min_available_version": 2})["min_available_version"] == 2
    assert backend.ok("POST", "decrypt/turn", {"ciphertext": moved["ciphertext"]}) == {"plaintext": b64("x")}
    gone = officer("DELETE", "keys/turn")
    assert gone.status == 204 and gone.body == b""


def test_data_keys_macs_and_signatures(backend):
    made = backend.ok("POST", "datakey/plaintext/aes", {"bits": 512})
    assert backend.ok("POST", "decrypt/aes", {"ciphertext": made["ciphertext"]})["plaintext"] == made["plaintext"]
    assert set(backend.ok("POST", "datakey/wrapped/aes")) == {"ciphertext", "key_version"}
    for key in ("aes", "hm", "ed"):
        mac = backend.ok("POST", f"hmac/{key}/sha2-512", {"input": b64("x")})["hmac"]
        assert backend.ok("POST", f"verify/{key}/sha2-512", {"input": b64("x"), "hmac": mac}) == {"valid": True}
        assert backend.ok("POST", f"verify/{key}/sha2-512", {"input": b64("y"), "hmac": mac}) == {"valid": False}
    for key in ("ed", "ec", "rsa"):
        signed = backend.ok("POST", f"sign/{key}", {"input": b64("x")})
        assert signed["key_version"] == 1
        assert backend.ok("POST", f"verify/{key}", {"input": b64("x"), "signature": signed["signature"]}) == {"valid": True}
    assert backend.ok("POST", "hash/sha2-256", {"input": b64("abc")}) == {
        "sum": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
    assert len(backend.ok("POST", "random/platform/12")["random_bytes"]) == 16
    assert len(backend.ok("POST", "random", {"bytes": 5, "format": "hex"})["random_bytes"]) == 10


def test_exports_backups_and_soft_deletion(backend, officer):
    secret = backend.ok("POST", "encrypt/open", {"plaintext": b64("x")})["ciphertext"]
    exported = officer.approved_ok("GET", "export/encryption-key/open/latest")
    assert exported["name"] == "open" and exported["type"] == "aes256-gcm96" and list(exported["keys"]) == ["1"]
    assert officer.ok("GET", "export/public-key/rsa")["keys"]["1"].startswith("-----BEGIN PUBLIC KEY-----")
    assert backend.ok("GET", "export/public-key/rsa")["keys"]["1"].startswith("-----BEGIN PUBLIC KEY-----")
    backup = officer.approved_ok("GET", "backup/open")["backup"]
    assert officer.approved("POST", "restore/again", {"backup": backup}).status == 204
    assert backend.ok("POST", "decrypt/again", {"ciphertext": secret}) == {"plaintext": b64("x")}
    assert officer("DELETE", "keys/again/soft-delete").status == 204
    assert backend.errors("POST", "decrypt/again", {"ciphertext": secret}) == (400, ["the key is soft-deleted"])
    assert officer("POST", "keys/again/soft-delete-restore").status == 204
    assert backend.ok("POST", "decrypt/again", {"ciphertext": secret}) == {"plaintext": b64("x")}


def test_batches(backend):
    made = backend("POST", "encrypt/aes", {"batch_input": [{"plaintext": b64("a"), "reference": "1"}, {"plaintext": "*"}],
                                           "partial_failure_response_code": 207})
    assert made.status == 207
    first, second = made.json()["data"]["batch_results"]
    assert first["reference"] == "1" and second == {"error": "illegal base64 data"}
    opened = backend("POST", "decrypt/aes", {"batch_input": [{"ciphertext": "x"}, {"ciphertext": first["ciphertext"]}]})
    assert opened.status == 400
    assert opened.json()["data"]["batch_results"] == [{"plaintext": "", "error": "invalid ciphertext: no prefix"},
                                                      {"plaintext": b64("a")}]


def test_entries(gateway, backend, officer):
    start = len(gateway.entries())
    made = backend.ok("POST", "encrypt/aes", {"batch_input": [{"plaintext": b64(str(i))} for i in range(3)]})
    items = [{"ciphertext": r["ciphertext"]} for r in made["batch_results"]]
    opened = backend("POST", "decrypt/aes", {"batch_input": items}, Sluis_Purpose="register-maintenance", Sluis_Case="C-9")
    assert opened.status == 200 and len(opened.receipts) == 3
    by_index = {e["index"]: e["entry"] if "entry" in e else e for e in gateway.entries(start)}
    for index in opened.receipts:
        leaf = json.dumps(by_index[index])
        assert "transit.decrypt" in leaf and "transit/aes" in leaf and "register-maintenance" in leaf
    assert backend("POST", "datakey/plaintext/aes").receipts
    assert backend("POST", "sign/ed", {"input": ""}).receipts
    assert officer("POST", "keys/logged").receipts
    assert officer.approved("GET", "export/hmac-key/open").receipts
    assert not backend("POST", "encrypt/aes", {"plaintext": ""}).receipts


def test_summaries_are_written_at_the_end(tmp_path):
    deployment = transit.start(tmp_path)
    client = Transit(deployment)
    for _ in range(4):
        client.ok("POST", "encrypt/k", {"plaintext": ""})
    assert deployment.stop() == 0
    deployment.start()
    leaves = [json.dumps(entry) for entry in deployment.entries()]
    assert any("transit.encrypt" in leaf and re.search(r'count\W+4\b', leaf) for leaf in leaves), leaves[-5:]
    deployment.stop()


def test_the_rest_of_the_description_was_tried(backend, officer):
    """Runs last: what docs/openapi.yaml promises of Transit has been answered, here or in another test of this file."""
    assert officer.ok("GET", "wrapping_key")["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
    assert officer.ok("POST", "keys/ec/csr")["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    officer.ok("POST", "cache-config", {"size": 100})
    assert officer.ok("GET", "cache-config") == {"size": 100}
    officer.approved_ok("GET", "export/hmac-key/open")
    officer.approved_ok("GET", "byok-export/rsa/open")
    assert list(officer.approved_ok("GET", "byok-export/rsa/open/1")["keys"]) == ["1"]
    elsewhere = {("post", "/v1/transit/keys/{key}/import"), ("post", "/v1/transit/keys/{key}/import_version"),
                 ("post", "/v1/transit/keys/{key}/set-certificate"), ("post", "/v1/transit/restore")}
    mine = {(method, path) for method, path in transit.DESCRIPTION.operations() if path.startswith("/v1/transit/")}
    assert mine - transit.DESCRIPTION.called - elsewhere == set()
