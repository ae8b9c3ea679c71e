"""Every answer about backups is one that docs/openapi.yaml allows, and every operation of it is called."""
import pathlib
import sys

from deployment import ROOT
from house import house

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "records"))
from openapi_check import Description  # noqa: E402


def test_answers_are_as_described(tmp_path):
    description = Description(ROOT / "docs" / "openapi.yaml")
    with house(tmp_path, "sqlite", options=f'restore_to = "{tmp_path}/other.db"') as h:
        def call(method, path, body=None, who="operator-1", headers=None):
            reply = h.call(method, path, body, who, headers)
            description.check(method, path, reply)
            return reply

        h.put(3)
        assert call("GET", "/v1/backups").json()["backups"] == []
        identity = call("POST", "/v1/backups", {}).json()["id"]
        call("GET", f"/v1/backups/{identity}")  # while it is made
        h.wait()
        assert call("GET", f"/v1/backups/{identity}").json()["good"]
        assert call("GET", "/v1/backups?state=kept").json()["act"]["ended"]
        assert call("POST", f"/v1/backups/{identity}:drill", {}).status == 202
        h.wait()
        told = call("POST", "/v1/backups:register", {"where": "a tape"})
        assert told.status == 201
        assert call("POST", f"/v1/backups/{told.json()['id']}:expire").status == 202
        h.wait()
        assert call("GET", f"/v1/backups/{told.json()['id']}").json()["state"] == "expired"
        asked = call("POST", f"/v1/backups/{identity}:restore", {}, "officer-1")
        assert asked.status == 202
        head = h.deployment.approve(asked.json()["approval"])
        assert call("POST", f"/v1/backups/{identity}:restore", {}, "officer-1", head).status == 202
        h.wait()
        for method, path, body, status in (("GET", "/v1/backups?state=some", None, 400), ("GET", "/v1/backups?other=1", None, 400),
                                           ("POST", "/v1/backups:register", {}, 400), ("POST", "/v1/backups:register", None, 400),
                                           ("POST", "/v1/backups/x:drill", {}, 404), ("POST", f"/v1/backups/{identity}:expire", {}, 409)):
            assert call(method, path, body).status == status, path
        assert call("GET", "/v1/backups", who="registry-backend").status == 403
        assert description.operations("backups") <= description.called
