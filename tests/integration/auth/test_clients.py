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
