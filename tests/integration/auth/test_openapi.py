"""Every answer of auth/* and sys/* is one that docs/openapi.yaml allows."""
import pytest
from deployment import ROOT, Deployment, run
from openapi_check import Description

TOKEN = "/v1/auth/token/"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("described"))
    run(ROOT / "deploy" / "dev-ca", deployment.path("ca"), "issue", "stranger")
    deployment.start()
    yield deployment
    deployment.stop()


def test_every_operation_answers_as_described(gateway):
    description = Description(ROOT / "docs" / "openapi.yaml")
    backend, stranger, auditor = gateway.client(), gateway.client("stranger"), gateway.client("auditor-1")

    def call(method, path, body=None, client=backend, **headers):
        reply = client.call(method, path, body, headers={name.replace("_", "-"): value for name, value in headers.items()})
        description.check(method, path, reply)
        return reply

    for method in ("POST", "PUT"):
        token = call(method, "/v1/auth/cert/login", {"name": "registry-backend"}).json()["auth"]["client_token"]
        assert call(method, "/v1/auth/cert/login", {"name": "auditor-1"}).status == 400
        assert call(method, "/v1/auth/cert/login", client=stranger).status == 403
        for look in ("GET", "POST", "PUT"):
            assert call(look, TOKEN + "lookup-self", X_Vault_Token=token).json()["data"]["id"] == token
            assert call(look, TOKEN + "lookup-self").json()["data"]["type"] == "certificate"
            assert call(look, TOKEN + "lookup-self", X_Vault_Token="x").status == 403
        assert call(method, TOKEN + "renew-self", {"increment": "1m", "more": 1}, X_Vault_Token=token).status == 200
        assert call(method, TOKEN + "renew-self").status == 400
        assert call(method, TOKEN + "lookup", {"token": token}).json()["data"]["id"] == token
        assert call(method, TOKEN + "renew", {"token": token, "increment": "1m"}).status == 200
        other = call(method, "/v1/auth/cert/login").json()["auth"]["client_token"]
        for act in ("lookup", "renew", "revoke"):
            assert call(method, TOKEN + act, {}).status == call(method, TOKEN + act, {"token": []}).status == 400
            assert call(method, TOKEN + act, {"token": "x"}).status == call(method, TOKEN + act, {"token": other}, X_Vault_Token="x").status == 403
            assert call(method, TOKEN + act, {"token": other}, client=auditor).status == 403, "a token is of its own certificate alone"
        assert call(method, TOKEN + "revoke", {"token": other}, X_Vault_Token=token).status == 204
        assert call(method, TOKEN + "lookup", {"token": other}).status == 403
        assert call(method, TOKEN + "revoke-self", X_Vault_Token=token).status == 204
        assert call(method, TOKEN + "revoke-self", X_Vault_Token=token).status == 403
        assert call(method, "/v1/sys/capabilities-self", {"paths": ["sys/mounts"]}).status == 200
        assert call(method, "/v1/sys/capabilities-self", {}).status == 400
    for path in ("health", "health?activecode=200", "health?activecode=9", "seal-status", "init", "leader", "mounts", "auth", "internal/ui/mounts",
                 "internal/ui/mounts/transit", "internal/ui/mounts/nothing"):
        call("GET", "/v1/sys/" + path)
        call("GET", "/v1/sys/" + path, client=stranger)
        call("GET", "/v1/sys/" + path, X_Vault_Token="hvs.stale")
        call("GET", "/v1/sys/" + path, X_Vault_Namespace="team")
    assert description.operations("auth", "sys") - description.called == set()


def test_other_methods_and_paths_are_refused_in_the_same_form(gateway):
    backend = gateway.client()
    for method, path, status in (("DELETE", "/v1/auth/cert/login", 405), ("POST", "/v1/sys/mounts", 405), ("GET", "/v1/auth/none", 404),
                                 ("POST", "/v1/auth/approle/login", 404), ("GET", "/v1/sys/internal/counters", 404)):
        reply = backend.call(method, path)
        assert reply.status == status and "errors" in reply.json(), path
