"""Certificate login and login tokens through a real sluisd with real certificates."""
import contextlib
import http.client
import signal
import socket
import sqlite3
import ssl
import time

import pytest
from deployment import ROOT, Deployment, postgres_cluster, run
from two_gateways import second_gateway

LOGIN, LOOKUP, RENEW, REVOKE = ("/v1/auth/cert/login", "/v1/auth/token/lookup-self", "/v1/auth/token/renew-self",
                                "/v1/auth/token/revoke-self")
# Asks for nothing but a sound token where there is one.
CHECKED = "/v1/sys/mounts"
DENIED = {"errors": ["permission denied"]}


def eventually(check, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        found = False
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = check()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def issue(deployment, name, uri):
    run(ROOT / "deploy" / "dev-ca", deployment.path("ca"), "issue", name, "--uri", uri)


def make(folder, options, store=None):
    deployment = Deployment(folder, store=store, options={"auth": options})
    issue(deployment, "backend-2", "urn:sluis:registry-backend")
    issue(deployment, "stranger", "urn:sluis:stranger")
    return deployment


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = make(tmp_path_factory.mktemp("tokens"), "tokens_per_principal = 4\ntoken_cache_seconds = 1").start()
    yield deployment
    deployment.stop()


@pytest.fixture
def backend(gateway):
    return gateway.client()


def login(client, body=None):
    reply = client.call("POST", LOGIN, body)
    assert reply.status == 200, reply.body
    return reply.json()["auth"]["client_token"]


def use(client, token, path=CHECKED, method="GET", body=None):
    return client.call(method, path, body, headers={"X-Vault-Token": token})


def entries_of(gateway, action):
    return [e for e in gateway.entries(opened=True) if e["leaf"]["action"] == action]


def denial_logged(gateway, action, words):
    """Denials do not hold the reply: their entries may come a moment later."""
    def found():
        last = entries_of(gateway, action)[-1:]
        return last and last[0]["leaf"]["outcome"] == "denied" and words in last[0]["payload"]["detail"] and last[0]
    return eventually(found)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_login(gateway, backend, method):
    reply = backend.call(method, LOGIN, {"name": "registry-backend"})
    assert reply.status == 200 and reply.receipt is not None
    envelope = reply.json()
    auth = envelope["auth"]
    assert envelope["data"] is None and envelope["wrap_info"] is None and envelope["warnings"] is None
    assert auth["client_token"].startswith("sluis_") and auth["lease_duration"] == 900 and auth["renewable"] is True
    assert auth["metadata"]["cert_name"] == auth["metadata"]["common_name"] == "registry-backend"
    serial = run("openssl", "x509", "-in", gateway.path("ca/registry-backend.pem"), "-noout", "-serial").strip().split("=")[1]
    assert int(auth["metadata"]["serial_number"]) == int(serial, 16)
    shown = run("openssl", "x509", "-in", gateway.path("ca/registry-backend.pem"), "-noout", "-text").lower()
    for name in ("subject_key_id", "authority_key_id"):
        assert auth["metadata"][name] and auth["metadata"][name] in shown, name
    entry = next(e for e in gateway.entries(opened=True) if e["index"] == reply.receipt)
    assert entry["leaf"]["action"] == "auth.login" and entry["leaf"]["principal"] == "registry-backend"
    assert auth["accessor"] in entry["payload"]["detail"] and auth["client_token"] not in entry["payload"]["detail"]
    fingerprint = run("openssl", "x509", "-in", gateway.path("ca/registry-backend.pem"), "-noout", "-fingerprint", "-sha256")
    assert fingerprint.strip().split("=")[1].replace(":", "").lower() in entry["payload"]["detail"]


def test_lookup_renew_revoke(gateway, backend):
    token = login(backend)
    data = use(backend, token, LOOKUP).json()["data"]
    assert data["id"] == token and 0 < data["ttl"] <= 900 and data["path"] == "auth/cert/login"
    renewed = use(backend, token, RENEW, "POST", {"increment": "10m"})
    assert renewed.status == 200 and 0 < renewed.json()["auth"]["lease_duration"] <= 600
    assert backend.call("GET", CHECKED, headers={"Authorization": f"Bearer {token}"}).status == 200
    revoked = use(backend, token, REVOKE, "POST")
    assert revoked.status == 204 and revoked.body == b"" and revoked.receipt is not None
    for path, method in ((CHECKED, "GET"), (LOOKUP, "GET"), (RENEW, "POST"), (REVOKE, "POST")):
        reply = use(backend, token, path, method)
        assert (reply.status, reply.json()) == (403, DENIED), path
    assert backend.call("GET", CHECKED).status == 200, "without a token the certificate is enough"
    for method, path in (("POST", "/v1/transit/encrypt/k"), ("POST", "/v1/transit/decrypt/k"), ("LIST", "/v1/transit/keys")):
        reply = use(backend, token, path, method)
        assert (reply.status, reply.json()) == (403, DENIED), path
    assert denial_logged(gateway, "transit.decrypt", "the token is unknown, revoked")
    assert denial_logged(gateway, "auth.token", "revoked")["leaf"]["principal"] == "registry-backend"
    assert denial_logged(gateway, "auth.renew", "revoked") and denial_logged(gateway, "auth.revoke", "revoked")


@pytest.mark.parametrize("thief", ["backend-2", "auditor-1", "stranger"])
def test_a_token_of_another_certificate(gateway, backend, thief):
    token = login(backend)
    other = gateway.client(thief)
    for path, method in ((CHECKED, "GET"), (LOOKUP, "GET"), (RENEW, "POST"), (REVOKE, "POST"), ("/v1/sys/capabilities-self", "POST")):
        reply = use(other, token, path, method)
        assert (reply.status, reply.json()) == (403, DENIED), path
    assert use(backend, token).status == 200, "the owner's token is untouched"


def test_two_certificates_of_one_principal_have_their_own_tokens(gateway, backend):
    other = gateway.client("backend-2")
    mine, theirs = login(backend), login(other)
    assert use(backend, mine).status == use(other, theirs).status == 200
    assert use(other, theirs, REVOKE, "POST").status == 204
    assert use(backend, mine).status == 200


def test_nobody_without_a_principal(gateway):
    stranger = gateway.client("stranger")
    for method, path in (("POST", LOGIN), ("GET", LOOKUP), ("GET", CHECKED), ("POST", "/v1/sys/capabilities-self")):
        reply = stranger.call(method, path)
        assert (reply.status, reply.json()) == (403, DENIED), path
    for path in ("/v1/sys/health", "/v1/sys/seal-status", "/v1/sys/leader", "/v1/sys/internal/ui/mounts"):
        assert stranger.call("GET", path).status == 200, path


def test_a_login_loop_does_not_fill_the_store(gateway, backend):
    tokens = [login(backend) for _ in range(12)]
    with sqlite3.connect(gateway.path("store/sluis.db")) as database:
        assert database.execute("select count(*) from login_tokens where principal = 'registry-backend'").fetchone()[0] == 4
    assert use(backend, tokens[-1]).status == 200
    assert eventually(lambda: use(backend, tokens[0]).status == 403)
    assert "in place of 1 others" in entries_of(gateway, "auth.login")[-1]["payload"]["detail"]


def test_the_token_lies_nowhere(gateway, backend):
    token = login(backend)
    use(backend, token, RENEW, "POST")
    secret = token.removeprefix("sluis_")
    for folder in ("store", "audit", "log"):
        for file in (gateway.folder / folder).rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert secret.encode() not in content and bytes.fromhex(secret) not in content, file


def test_a_tampered_row(gateway, backend):
    changes = ["expires_us = expires_us + 3600000000", "limit_us = limit_us + 1", "principal = 'auditor-1'", "mac = zeroblob(32)"]
    for change in changes:
        token = login(backend)
        with sqlite3.connect(gateway.path("store/sluis.db")) as database:
            database.execute(f"update login_tokens set {change}")
        assert eventually(lambda t=token: use(backend, t).status == 403), change
        reply = use(backend, token, LOOKUP)
        assert (reply.status, reply.json()) == (403, DENIED)
        assert denial_logged(gateway, "auth.lookup", "changed outside"), change
    assert use(backend, login(backend)).status == 200


def test_namespaces(backend):
    for value in ("", "root", "root/"):
        assert backend.call("GET", "/v1/sys/health", headers={"X-Vault-Namespace": value}).status == 200
    for path in ("/v1/sys/health", CHECKED, LOOKUP):
        reply = backend.call("GET", path, headers={"X-Vault-Namespace": "team-a", "X-Vault-Request": "true"})
        assert reply.status == 400 and b"namespace" in reply.body


def raw(gateway, lines):
    """Status of a request made of these header lines, and whether the connection then serves another."""
    context = ssl.create_default_context(cafile=gateway.path("ca/server-ca.pem"))
    context.load_cert_chain(gateway.path("ca/registry-backend.pem"), gateway.path("ca/registry-backend.key"))
    with context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port), 20), server_hostname="localhost") as stream:
        stream.sendall(b"\r\n".join([f"GET {CHECKED} HTTP/1.1".encode(), b"Host: a", *lines, b"", b""]))
        response = http.client.HTTPResponse(stream)
        response.begin()
        response.read()
        return response.status


def test_hostile_headers(gateway, backend):
    good = login(backend).encode()
    fine, bad, denied = 200, 400, 403
    table = [
        ([b"X-Vault-Token: " + good], fine),
        ([b"X-Vault-Token:" + good + b"  \t"], fine),
        ([b"X-Vault-Token:"], fine),
        ([b"Authorization: Basic " + good], fine),
        ([b"Authorization: bearer " + good], fine),
        ([b"X-Vault-Token: " + good, b"Authorization: Bearer nonsense"], fine),
        ([b"X-Vault-Token: nonsense", b"Authorization: Bearer " + good], denied),
        ([b"X-Vault-Token: " + good, b"X-Vault-Token: " + good], bad),
        ([b"X-Vault-Token: " + good, b"x-vault-token: nonsense"], bad),
        ([b"Authorization: Bearer " + good, b"Authorization: Bearer " + good], bad),
        ([b"X-Vault-Token: " + good[:-1]], denied),
        ([b"X-Vault-Token: " + good + b"0"], denied),
        ([b"X-Vault-Token: " + good.upper()], denied),
        ([b"X-Vault-Token: " + good + b"," + good], denied),
        ([b"X-Vault-Token: " + good.replace(b"_", b"-")], denied),
        ([b"X-Vault-Token: sluis_" + b"\xff" * 64], denied),
        ([b"X-Vault-Token: sluis_" + b"0" * 64], denied),
        ([b"X-Vault-Token: " + b"a" * 12000], denied),
        ([b"X-Vault-Token: " + b"a" * 20000], 431),
        ([b"X-Vault-Token: a\x00b"], bad),
        ([b"X-Vault-Token : " + good], bad),
        ([b"Authorization: Bearer " + b" " * 2000 + good], fine),
        ([b"X-Vault-Namespace: root", b"X-Vault-Namespace: team"], bad),
        ([b"X-Vault-Namespace: " + b"a/" * 3000], bad),
    ]
    for lines, status in table:
        assert raw(gateway, lines) == status, [line[:80] for line in lines]
    assert use(backend, good.decode()).status == 200


def test_hostile_bodies(backend):
    token = login(backend)
    for path in (LOGIN, RENEW, "/v1/sys/capabilities-self"):
        for body in (b"{", b"[]", b"\xff", b'"x"', b'{"name":1,"name":2}', b'{"a":' + b"[" * 5000, b'{"increment":[],"name":[],"paths":{}}',
                     b'{"increment":"-1","name":"\\u0000","path":{}}'):
            reply = use(backend, token, path, "POST", body)
            assert reply.status == 400 and reply.json()["errors"], (path, body[:40])
        assert use(backend, token, path, "POST", b'{"name":"' + b"x" * 300_000 + b'"}').status == 413


def test_capabilities(gateway, backend):
    asked = {"paths": ["auth/cert/login", "sys/mounts", "records/diplomas/d-1", "audit/entries", "nowhere"]}
    answer = backend.call("POST", "/v1/sys/capabilities-self", asked, headers={"Sluis-Purpose": "diploma-verification"}).json()
    data = answer["data"]
    assert data["auth/cert/login"] == ["create", "update"] and data["sys/mounts"] == ["read"]
    assert data["records/diplomas/d-1"] == ["create", "delete", "patch", "read", "update"] or "read" in data["records/diplomas/d-1"]
    assert data["audit/entries"] == data["nowhere"] == ["deny"] and answer["capabilities"] == data["capabilities"]
    auditor = gateway.client("auditor-1").call("POST", "/v1/sys/capabilities-self", asked).json()["data"]
    assert auditor["audit/entries"] == ["read"] and auditor["records/diplomas/d-1"] == ["deny"]


def test_state_of_the_service(backend):
    health = backend.call("GET", "/v1/sys/health")
    assert health.status == 200 and health.json()["initialized"] and not health.json()["sealed"]
    assert backend.call("HEAD", "/v1/sys/health?standbyok=true&perfstandbyok=true").status == 200
    assert backend.call("GET", "/v1/sys/health?activecode=299").status == 299
    assert backend.call("GET", "/v1/sys/health?activecode=1").status == 400
    assert backend.call("GET", "/v1/sys/seal-status").json()["sealed"] is False
    mounts = backend.call("GET", CHECKED).json()
    assert mounts["data"]["transit/"]["type"] == mounts["transit/"]["type"] == "transit"
    assert backend.call("GET", "/v1/sys/internal/ui/mounts/transit/keys/a").json()["data"]["path"] == "transit/"


def test_restart_and_reload(tmp_path):
    gateway = make(tmp_path, "token_cache_seconds = 1").start()
    client = gateway.client()
    token = login(client)
    client.close()
    gateway.stop()
    gateway.start()
    assert use(client, token).status == 200, "the store has it"
    policy = (gateway.folder / "policy.toml").read_text()
    gateway.write("policy.toml", policy.replace('uri = "urn:sluis:registry-backend"', 'uri = "urn:sluis:nobody"'))
    gateway.process.send_signal(signal.SIGHUP)
    # A reload ends the connections that were made before it.
    assert eventually(lambda: use(gateway.client(), token).status == 403), "its principal is gone from the policy"
    gateway.write("policy.toml", policy)
    gateway.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: use(gateway.client(), token).status == 200)
    run(ROOT / "deploy" / "dev-ca", gateway.path("ca"), "revoke", "registry-backend")
    gateway.process.send_signal(signal.SIGHUP)

    def cut_off():
        try:
            return use(gateway.client(), token).status == 0
        except (OSError, http.client.HTTPException):
            return True
    assert eventually(cut_off), "a revoked certificate takes its tokens with it"
    gateway.stop()


def test_expiry_and_the_limit_of_renewals(tmp_path):
    gateway = make(tmp_path, "token_ttl_seconds = 2\ntoken_max_ttl_seconds = 5\ntoken_cache_seconds = 1").start()
    client = gateway.client()
    idle, kept = login(client), login(client)
    limit = use(client, kept, LOOKUP).json()["data"]["explicit_max_ttl"]
    assert limit == 5
    ends = set()

    def renew_until_refused():
        reply = use(client, kept, RENEW, "POST")
        if reply.status == 200:
            ends.add(use(client, kept, LOOKUP).json().get("data", {}).get("expire_time"))
        return reply.status == 403
    assert eventually(renew_until_refused), "no renewal goes past the limit"
    assert len(ends) > 1, "renewals had moved the end"
    assert use(client, kept).status == 403 and use(client, idle).status == 403
    login(client)
    with sqlite3.connect(gateway.path("store/sluis.db")) as database:
        assert database.execute("select count(*) from login_tokens").fetchone()[0] == 1, "expired rows are removed"
    gateway.stop()


def test_hsm_away_is_sealed(tmp_path):
    gateway = make(tmp_path, "token_cache_seconds = 1").start()
    client = gateway.client()
    tokens = gateway.folder / "hsm" / "tokens"
    tokens.rename(tokens.with_name("away"))
    assert eventually(lambda: client.call("GET", "/v1/sys/health").status == 503)
    assert client.call("GET", "/v1/sys/health?sealedcode=200").json()["sealed"] is True
    assert client.call("GET", "/v1/sys/seal-status").json()["sealed"] is True
    tokens.with_name("away").rename(tokens)
    assert eventually(lambda: client.call("GET", "/v1/sys/health").status == 200)
    gateway.stop()


def test_two_gateways_share_their_tokens(tmp_path):
    with postgres_cluster() as cluster:
        store = f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"'
        first = make(tmp_path, "token_cache_seconds = 1", store=store).start()
        second = second_gateway(first).start()
        here, there = first.client(), second.client()
        token = login(here)
        assert use(there, token).status == 200
        assert use(second.client("backend-2"), token).status == 403
        assert use(there, token, RENEW, "POST", {"increment": 800}).status == 200
        assert 700 < use(here, token, LOOKUP).json()["data"]["creation_ttl"] <= 900
        assert use(here, token, REVOKE, "POST").status == 204
        assert use(here, token).status == 403, "at once where it was revoked"
        assert eventually(lambda: use(there, token).status == 403), "soon elsewhere"
        token = login(there)
        second.kill()
        assert use(here, token).status == 200, "another gateway's end changes nothing"
        first.stop()
