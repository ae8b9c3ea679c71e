"""Four eyes from outside: the guarded calls of the Transit interface, by several principals, over one or two gateways."""
import json
import re
import sqlite3
import threading

import pytest
from deployment import ROOT, Deployment
from openapi_check import Description
from two_gateways import second_gateway

DESCRIPTION = Description(ROOT / "docs" / "openapi.yaml")
EXPORT = "/v1/transit/export/encryption-key/"


def make_key(gateway, name):
    reply = gateway.client("officer-1").call("POST", f"/v1/transit/keys/{name}", {"exportable": True, "allow_plaintext_backup": True})
    assert reply.status in (200, 204), reply.body
    return EXPORT + name


def ask(gateway, path, who="officer-1", method="GET", body=None, **headers):
    reply = gateway.client(who).call(method, path, body, headers)
    assert reply.status == 403, reply.body
    return re.search(r"an approval was requested, ([0-9a-f-]+)", reply.body.decode())[1]


def call(gateway, who, method, path, body=None, **options):
    reply = gateway.client(who).call(method, path, body, **options)
    DESCRIPTION.check(method, path, reply)
    return reply


def show(gateway, approval, who="auditor-1"):
    reply = call(gateway, who, "GET", f"/v1/approvals/{approval}")
    assert reply.status == 200, reply.body
    return reply.json()


def approve(gateway, approval, who="officer-2", digest=None):
    digest = show(gateway, approval)["digest"] if digest is None else digest
    return call(gateway, who, "POST", f"/v1/approvals/{approval}:approve", {"digest": digest})


def actions(gateway, first):
    return [(e["leaf"]["action"], e["leaf"]["principal"], e["leaf"]["outcome"], e["payload"]["detail"])
            for e in gateway.entries(first, opened=True) if e["leaf"]["action"].startswith("approvals.")]


def test_an_export_takes_two_officers_and_leaves_its_trace(gateway):
    path = make_key(gateway, "whole")
    first = len(gateway.entries())
    approval = ask(gateway, path, **{"Sluis-Reason": "moving to the new data centre"})
    whole = show(gateway, approval)
    assert whole["state"] == "waiting" and whole["path"] == path and whole["requester"] == "officer-1"
    assert whole["reason"] == "moving to the new data centre" and whole["needs"] == ["security-officer"]
    officer = gateway.client("officer-1")
    assert officer.call("GET", path, headers={"Sluis-Approval": approval}).status == 403, "not approved yet"
    assert approve(gateway, approval).status == 200
    done = officer.call("GET", path, headers={"Sluis-Approval": approval})
    assert done.status == 200 and done.json()["data"]["keys"]["1"]
    assert show(gateway, approval)["state"] == "executed"
    again = officer.call("GET", path, headers={"Sluis-Approval": approval})
    assert again.status == 409, "an approval is good for one act"
    said = actions(gateway, first)
    assert [(action, who) for action, who, _, _ in said] == [
        ("approvals.request", "officer-1"), ("approvals.approve", "officer-2"), ("approvals.execute", "officer-1"),
        ("approvals.outcome", "officer-1")]
    assert all(whole["digest"] in detail and outcome == "ok" for _, _, outcome, detail in said)
    by_action = {e["leaf"]["action"]: i for i, e in enumerate(gateway.entries(first)) if e["leaf"]["outcome"] == "ok"}
    assert by_action["approvals.execute"] < by_action["transit.export"] < by_action["approvals.outcome"]


def test_promise_4_nobody_approves_his_own_request(gateway):
    approval = ask(gateway, make_key(gateway, "self"))
    assert approve(gateway, approval, "officer-1").status == 403
    for who in ("custodian-1", "auditor-1", "operator-1", "registry-backend"):
        assert approve(gateway, approval, who).status == 403, who
    assert show(gateway, approval)["state"] == "waiting"


def test_what_is_approved_is_what_was_read(gateway):
    one, two = (ask(gateway, make_key(gateway, name)) for name in ("read-1", "read-2"))
    assert approve(gateway, one, digest=show(gateway, two)["digest"]).status == 409
    for body in ({}, {"digest": 1}, {"digest": "x", "more": 1}, None):
        assert call(gateway, "officer-2", "POST", f"/v1/approvals/{one}:approve", body).status == 400
    assert show(gateway, one)["state"] == "waiting"


def test_an_approval_is_for_one_act_of_one_requester(gateway):
    path, other = make_key(gateway, "one"), make_key(gateway, "other")
    approval = ask(gateway, path)
    assert approve(gateway, approval).status == 200
    header = {"Sluis-Approval": approval}
    assert gateway.client("officer-1").call("GET", other, headers=header).status == 403
    assert gateway.client("officer-1").call("GET", path + "?format=der", headers=header).status == 403
    assert gateway.client("officer-1").call("GET", path.replace("export/encryption-key", "backup"), headers=header).status == 403
    assert gateway.client("officer-2").call("GET", path, headers=header).status == 403
    assert gateway.client("officer-1").call("GET", path, headers={"Sluis-Approval": "0" * 14 + "-" + "0" * 8}).status == 404
    assert gateway.client("officer-1").call("HEAD", path, headers=header).status == 405
    assert gateway.client("officer-1").call("GET", path, headers=header).status == 200


def test_refused_and_withdrawn(gateway):
    path = make_key(gateway, "no")
    refused = ask(gateway, path)
    assert call(gateway, "officer-1", "POST", f"/v1/approvals/{refused}:refuse").status == 403
    assert call(gateway, "officer-2", "POST", f"/v1/approvals/{refused}:refuse").json()["state"] == "refused"
    assert approve(gateway, refused).status == 409
    assert gateway.client("officer-1").call("GET", path, headers={"Sluis-Approval": refused}).status == 409
    withdrawn = ask(gateway, path)
    assert withdrawn != refused
    assert call(gateway, "officer-2", "POST", f"/v1/approvals/{withdrawn}:withdraw").status == 403
    assert call(gateway, "officer-1", "POST", f"/v1/approvals/{withdrawn}:withdraw").json()["state"] == "withdrawn"


def test_lists_and_metrics(gateway):
    made = [ask(gateway, make_key(gateway, f"list-{i}")) for i in range(3)]
    waiting = call(gateway, "operator-1", "GET", "/v1/approvals?state=waiting&limit=200").json()["approvals"]
    assert [w["approval"] for w in waiting][-3:] == made
    page = call(gateway, "officer-2", "GET", f"/v1/approvals?state=waiting&limit=2&after={waiting[-4]['approval']}").json()
    assert [w["approval"] for w in page["approvals"]] == made[:2] and page["next"] == made[1]
    assert call(gateway, "officer-2", "GET", "/v1/approvals?state=nonsense").status == 400
    assert call(gateway, "registry-backend", "GET", "/v1/approvals").status == 403
    page = gateway.client("operator-1").call("GET", "/metrics").body.decode()
    assert int(float(re.search(r"^sluis_approvals_waiting (\S+)", page, re.M)[1])) == len(waiting)


def test_key_material_never_reaches_a_request(gateway):
    make_key(gateway, "backup")
    officer = gateway.client("officer-1")
    approval = ask(gateway, "/v1/transit/backup/backup")
    backup = officer.call("GET", "/v1/transit/backup/backup", headers=gateway.approve(approval)).json()["data"]["backup"]
    restore = ask(gateway, "/v1/transit/restore/copy", method="POST", body={"backup": backup})
    whole = show(gateway, restore)
    assert whole["body"] is None and re.fullmatch("[0-9a-f]{64}", whole["body_digest"])
    assert backup.encode() not in b"".join(f.read_bytes() for f in (gateway.folder / "store").iterdir())
    header = gateway.approve(restore)
    assert officer.call("POST", "/v1/transit/restore/copy", {"backup": backup, "force": True}, header).status == 403
    assert officer.call("POST", "/v1/transit/restore/copy", {"backup": backup}, header).status == 204


def test_by_command(gateway):
    path = make_key(gateway, "command")
    approval = ask(gateway, path)
    shown = gateway.sluis("approvals", "show", approval, profile="officer-2")
    digest = re.search(r"--digest ([0-9a-f]{64})", shown)[1]
    assert path in shown and approval in gateway.sluis("approvals", "list", "--state", "waiting", profile="officer-2")
    assert "approved" in gateway.sluis("approvals", "approve", approval, "--digest", digest, profile="officer-2")
    assert gateway.client("officer-1").call("GET", path, headers={"Sluis-Approval": approval}).status == 200
    other = ask(gateway, path)
    assert json.loads(gateway.sluis("--json", "approvals", "refuse", other, profile="officer-2"))["state"] == "refused"


def test_an_edited_row_is_refused(gateway):
    path = make_key(gateway, "edited")
    approval = ask(gateway, path)
    with sqlite3.connect(gateway.path("store/sluis.db")) as rows:
        body = rows.execute("select body from documents where kind = 'approval' and name = ?", (approval,)).fetchone()[0]
        changed = body.replace('"state":"waiting"', '"state":"approved"').replace(
            '"consents":[]', '"consents":[{"principal":"officer-2","role":"security-officer","at_us":1}]')
        assert changed != body
        rows.execute("update documents set body = ? where kind = 'approval' and name = ?", (changed, approval))
    rows.close()
    assert gateway.client("officer-1").call("GET", path, headers={"Sluis-Approval": approval}).status == 500
    assert call(gateway, "officer-2", "GET", f"/v1/approvals/{approval}").status == 500
    with sqlite3.connect(gateway.path("store/sluis.db")) as rows:
        rows.execute("delete from documents where kind = 'approval' and name = ?", (approval,))
    rows.close()


def documents(gateway):
    rows = sqlite3.connect(gateway.path("store/sluis.db"))
    try:
        return rows.execute("select kind, name, revision, body, mac from documents").fetchall()
    finally:
        rows.close()


def put_back(gateway, old):
    rows = sqlite3.connect(gateway.path("store/sluis.db"), timeout=20)
    with rows:
        rows.execute("delete from documents")
        rows.executemany("insert into documents (kind, name, revision, body, mac) values (?, ?, ?, ?, ?)", old)
    rows.close()


@pytest.fixture
def own(tmp_path):
    deployment = Deployment(tmp_path, options={"transit": "allow_export = true"}).start()
    yield deployment
    deployment.stop()


def test_rows_put_back_bring_no_second_execution(own):
    path = make_key(own, "once")
    approval = ask(own, path)
    header = own.approve(approval)
    old = documents(own)
    assert own.client("officer-1").call("GET", path, headers=header).status == 200
    put_back(own, old)
    assert own.client("officer-1").call("GET", path, headers=header).status in (409, 500), "while it runs"
    own.kill()
    put_back(own, old)
    own.start()
    assert own.client("officer-1").call("GET", path, headers=header).status == 409, "after a crash: its log knows"
    warnings = own.client("operator-1").call("GET", "/readyz").json()["warnings"]
    assert "approvals" in [w["part"] for w in warnings]
    assert any(e["leaf"]["action"] == "approvals.mend" for e in own.entries())
    fresh = ask(own, path)
    assert own.client("officer-1").call("GET", path, headers=own.approve(fresh)).status == 200, "work goes on"


def test_expired(tmp_path):
    own = Deployment(tmp_path, options={"transit": "allow_export = true", "approvals": "expire_seconds = 2"}).start()
    path = make_key(own, "late")
    late, header = ask(own, path), None
    header = own.approve(late)
    threading.Event().wait(2.2)
    assert own.client("officer-1").call("GET", path, headers=header).status == 403
    assert show(own, late)["state"] == "expired"
    assert ask(own, path) != late
    own.stop()


def test_two_gateways_at_once_carry_it_out_once(own):
    other = second_gateway(own).start()
    try:
        path = make_key(own, "race")
        for _ in range(8):
            header = own.approve(ask(own, path))
            clients = [g.client("officer-1") for g in (own, other, own, other)]
            for client in clients:
                client.call("GET", "/readyz")
            replies, start = [], threading.Barrier(len(clients))

            def run(client):
                start.wait()
                replies.append(client.call("GET", path, headers=header).status)

            threads = [threading.Thread(target=run, args=(client,)) for client in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(replies) == [200, 409, 409, 409]
    finally:
        other.stop()


def test_a_policy_that_takes_the_right_away_takes_the_approval_away(own):
    path = make_key(own, "gone")
    header = own.approve(ask(own, path))
    policy = (own.folder / "policy.toml").read_text()
    own.write("policy.toml", policy.replace('uri = "urn:sluis:officer-2"\nca = "clients"\nroles = ["security-officer"]',
                                            'uri = "urn:sluis:officer-2"\nca = "clients"\nroles = ["operator"]'))
    own.stop()
    own.start()
    assert own.client("officer-1").call("GET", path, headers=header).status == 403
    own.write("policy.toml", policy)
    own.stop()
    own.start()
    assert own.client("officer-1").call("GET", path, headers=header).status == 409, "for good"
