"""A policy comes into force by the word of two officers, at start and at reload."""
import json
import re
import signal
import sqlite3
import subprocess
import time

import pytest
from deployment import BIN, Deployment


@pytest.fixture
def gateway(tmp_path):
    deployment = Deployment(tmp_path, options={"policy": 'changes = "approved"'}).start()
    yield deployment
    deployment.stop()


def policy_of(gateway):
    return (gateway.folder / "policy.toml").read_text()


def reload(gateway):
    before = gateway.log_text
    gateway.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while gateway.log_text == before or not re.search(r'"(reloaded|reload refused)"', gateway.log_text[len(before):]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.1)
    return gateway.log_text[len(before):]


def refused_start(gateway):
    gateway.stop()
    done = subprocess.run([BIN / "sluisd", "--config", gateway.path("sluis.toml")], env=gateway.environment, check=False,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    return done.stderr


def propose(gateway, text):
    gateway.write("next.toml", text)
    reply = json.loads(gateway.sluis("--json", "policy", "propose", gateway.path("next.toml"), "--reason", "less", profile="officer-1"))
    return reply["approval"]


def test_promise_4_the_policy_changes_only_with_two_officers(gateway):
    old = policy_of(gateway)
    new = old.replace('"citizen-request"', '"citizens-request"')
    gateway.write("policy.toml", new)
    assert "have not approved" in reload(gateway)
    assert "have not approved" in json.dumps(gateway.client("operator-1").call("GET", "/readyz").json()["warnings"])
    approval = propose(gateway, new)
    assert "have not approved" in reload(gateway), "one officer is not two"
    shown = gateway.sluis("approvals", "show", approval, profile="officer-2")
    assert re.search(r'^-  "citizen-request",$', shown, re.M) and re.search(r'^\+  "citizens-request",$', shown, re.M)
    assert gateway.client("officer-1").call("POST", f"/v1/approvals/{approval}:approve",
                                            {"digest": re.search(r"--digest (\w+)", shown)[1]}).status == 403
    gateway.approve(approval)
    assert '"reloaded"' in reload(gateway)
    assert gateway.client("officer-1").call("GET", "/v1/policy").json()["policy"] == new
    gateway.write("policy.toml", old)
    assert "have not approved" in reload(gateway), "the way back is a change too"
    gateway.write("policy.toml", new)
    gateway.stop()
    gateway.start()
    details = [json.dumps(e["payload"]) for e in gateway.entries(opened=True) if e["leaf"]["action"] == "policy.record"]
    assert len(details) == 2 and approval in details[1]


def test_a_start_with_another_policy_is_refused_and_says_what_to_do(gateway):
    old = policy_of(gateway)
    gateway.write("policy.toml", old + "# by somebody alone\n")
    said = refused_start(gateway)
    assert "have not approved" in said and "--print-approved-policy" in said and "policy propose" in said
    gateway.write("policy.toml", "this is not even TOML")
    assert gateway.sluisd("--print-approved-policy") == old
    gateway.write("policy.toml", old)
    gateway.start()


def test_an_approved_policy_may_come_with_a_start(gateway):
    new = policy_of(gateway) + "# approved\n"
    gateway.approve(propose(gateway, new))
    gateway.stop()
    gateway.write("policy.toml", new)
    gateway.start()


def test_removing_the_record_makes_no_first_start(gateway):
    gateway.stop()
    gateway.write("policy.toml", policy_of(gateway) + "# by whoever owns the store\n")
    rows = sqlite3.connect(gateway.path("store/sluis.db"))
    with rows:
        rows.execute("delete from documents")
    rows.close()
    assert "have not approved" in refused_start(gateway)


def test_what_does_not_load_is_not_put_up(gateway):
    officer = gateway.client("officer-1")
    assert officer.call("POST", "/v1/policy:propose", {"policy": "[[grant]]\nnmae = 1\n"}).status == 400
    assert officer.call("POST", "/v1/policy:propose", {"policy": ""}).status == 400
    assert officer.call("POST", "/v1/policy:propose", {}).status == 400
    assert officer.call("POST", "/v1/policy:propose", {"policy": "#" * (600 << 10)}).status in (400, 413)
    assert gateway.client("auditor-1").call("POST", "/v1/policy:propose", {"policy": policy_of(gateway)}).status == 403


def test_free_changes_are_an_entry(tmp_path):
    gateway = Deployment(tmp_path).start()
    gateway.write("policy.toml", policy_of(gateway) + "# freely\n")
    assert '"reloaded"' in reload(gateway)
    details = [json.dumps(e["payload"]) for e in gateway.entries(opened=True)]
    assert any("changes of the policy are free" in d for d in details)
    assert any("policy changes free" in d for d in details), "each start says so"
    gateway.stop()
