"""Clients as people have them: hvac and node-vault log in, ask about the service and end their tokens. Skipped where they are
not installed (Python's hvac; node with node-vault, found through NODE_PATH)."""
import json
import shutil
import subprocess

import pytest
from deployment import Deployment

NODE = """
const fs = require('fs');
const read = (name) => fs.readFileSync(process.argv[2] + '/' + name);
const vault = require('node-vault')({
  endpoint: process.argv[3],
  requestOptions: { ca: read('server-ca.pem'), cert: read('registry-backend.pem'), key: read('registry-backend.key') },
});
(async () => {
  const seen = {};
  seen.health = (await vault.health()).sealed;
  seen.initialized = (await vault.initialized()).initialized;
  seen.status = (await vault.status()).sealed;
  seen.login = (await vault.certLogin({})).auth.metadata.cert_name;
  seen.token = vault.token.startsWith('sluis_');
  seen.lookup = (await vault.tokenLookupSelf()).data.id === vault.token;
  seen.renew = (await vault.tokenRenewSelf({ increment: 60 })).auth.lease_duration <= 60;
  seen.mounts = Object.keys((await vault.mounts()).data);
  await vault.tokenRevokeSelf();
  seen.refused = await vault.tokenLookupSelf().catch((error) => [error.response.statusCode, error.response.body.errors]);
  console.log(JSON.stringify(seen));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("clients")).start()
    yield deployment
    deployment.stop()


def test_hvac(gateway):
    hvac = pytest.importorskip("hvac")
    pair = (gateway.path("ca/registry-backend.pem"), gateway.path("ca/registry-backend.key"))
    client = hvac.Client(url=f"https://127.0.0.1:{gateway.port}", cert=pair, verify=gateway.path("ca/server-ca.pem"))
    assert client.sys.is_initialized() and not client.sys.is_sealed()
    assert client.sys.read_health_status(method="GET")["sealed"] is False
    assert client.sys.read_health_status().status_code == 200
    answer = client.auth.cert.login(name="registry-backend", cert_pem=pair[0], key_pem=pair[1])
    assert answer["auth"]["client_token"] == client.token and client.is_authenticated()
    assert client.auth.token.lookup_self()["data"]["id"] == client.token
    assert client.auth.token.renew_self(increment="60s")["auth"]["lease_duration"] <= 60
    assert "transit/" in client.sys.list_mounted_secrets_engines()["data"]
    assert client.sys.get_capabilities(["sys/mounts"])["data"]["capabilities"] == ["read"]
    client.logout(revoke_token=False)
    client.token = "hvs.made-up"
    with pytest.raises(hvac.exceptions.Forbidden):
        client.auth.token.lookup_self()
    client.token = answer["auth"]["client_token"]
    client.auth.token.revoke_self()
    with pytest.raises(hvac.exceptions.Forbidden):
        client.auth.token.lookup_self()


def hvac_client(gateway, name="registry-backend"):
    hvac = pytest.importorskip("hvac")
    return hvac.Client(url=f"https://127.0.0.1:{gateway.port}", cert=(gateway.path(f"ca/{name}.pem"), gateway.path(f"ca/{name}.key")),
                       verify=gateway.path("ca/server-ca.pem"))


def test_hvac_tokens_named_in_the_body(gateway):
    client = hvac_client(gateway)
    forbidden = pytest.importorskip("hvac").exceptions.Forbidden
    pair = {"cert_pem": gateway.path("ca/registry-backend.pem"), "key_pem": gateway.path("ca/registry-backend.key")}
    other, own = (client.auth.cert.login(**pair)["auth"]["client_token"] for _ in range(2))
    assert client.token == own != other
    assert client.auth.token.lookup(other)["data"]["id"] == other
    renewed = client.auth.token.renew(other, increment="60s")["auth"]
    assert renewed["client_token"] == other and renewed["lease_duration"] <= 60
    with pytest.raises(forbidden):
        hvac_client(gateway, "auditor-1").auth.token.lookup(other)
    client.auth.token.revoke(other)
    with pytest.raises(forbidden):
        client.auth.token.lookup(other)
    assert list(client.sys.list_auth_methods()["data"]) == ["cert/"]


def test_hvac_and_keys_that_are_missing(gateway):
    client, officer = hvac_client(gateway), hvac_client(gateway, "officer-1")
    exceptions = pytest.importorskip("hvac").exceptions
    transit = client.secrets.transit
    for call in (lambda: transit.decrypt_data(name="none", ciphertext="vault:v1:AA=="), lambda: transit.rewrap_data(name="none", ciphertext="vault:v1:AA=="),
                 lambda: transit.generate_data_key(name="none", key_type="wrapped")):
        with pytest.raises(exceptions.InvalidRequest, match="encryption key not found"):
            call()
    with pytest.raises(exceptions.InvalidPath):
        officer.secrets.transit.read_key(name="none")
    officer.secrets.transit.create_key(name="there")
    sealed = transit.encrypt_data(name="there", plaintext="YQ==")["data"]["ciphertext"]
    assert transit.decrypt_data(name="there", ciphertext=sealed)["data"]["plaintext"] == "YQ=="


def test_node_vault(gateway):
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", "require('node-vault')"], check=False, capture_output=True).returncode != 0:
        pytest.skip("node-vault is not installed")
    gateway.write("client.js", NODE)
    done = subprocess.run([node, gateway.path("client.js"), gateway.path("ca"), f"https://127.0.0.1:{gateway.port}"],
                          check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "health": False, "initialized": True, "status": False, "login": "registry-backend", "token": True, "lookup": True, "renew": True,
        "mounts": ["transit/", "sys/"], "refused": [403, ["permission denied"]]}
