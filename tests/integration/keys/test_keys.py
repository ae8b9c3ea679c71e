"""Keys as officers see and steer them: a real gateway, a real token."""
import json
import signal
import time

import pytest
from deployment import READ, Deployment, diplomas

KEY = "/v1/keys/records/diplomas"
PERIOD = 'name = "diplomas"\n'


@pytest.fixture(name="gateway")
def a_gateway(tmp_path):
    deployment = Deployment(tmp_path, options={"keys": "refresh_ms = 100", "rollover": "schedule_seconds = 1"})
    deployment.start()
    yield deployment
    assert deployment.stop() in (0, None)


def put(gateway, record):
    body = {name: value for name, value in record.items() if name != "id"}
    reply = gateway.client().call("PUT", f"/v1/records/diplomas/{record['id']}", body)
    assert reply.status in (201, 204), reply.body


def until(seconds, wanted):
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.1)


def configure(gateway, *lines):
    """The collection's periods are these."""
    path = gateway.folder / "sluis.toml"
    text = path.read_text()
    kept = [line for line in text.splitlines(keepends=True)
            if not line.startswith(("rotate_every", "reencrypt_within", "destroy_after", "window"))]
    text = "".join(kept).replace(PERIOD, PERIOD + "".join(line + "\n" for line in lines), 1)
    path.write_text(text)


def reload(gateway):
    gateway.process.send_signal(signal.SIGHUP)


def warnings(gateway):
    return {w["part"]: w["text"] for w in gateway.client("operator-1").call("GET", "/readyz").json()["warnings"]}


def test_keys_are_listed_and_shown(gateway):
    put(gateway, diplomas(1)[0])
    officer = gateway.client("officer-1")
    listed = officer.call("GET", "/v1/keys").json()["keys"]
    assert {"records/diplomas"} <= {key["name"] for key in listed}
    assert [key["name"] for key in officer.call("GET", "/v1/keys?prefix=records/").json()["keys"]] == ["records/diplomas"]
    key = officer.call("GET", KEY).json()
    assert key["in_use"] == 1 and key["versions"][0]["state"] == "active" and key["overdue"] == []
    assert key["period"] == {"destroy_after": "30d"}
    master = officer.call("GET", "/v1/keys/master").json()
    assert master["in_use"] == 1
    assert officer.call("GET", "/v1/keys/records/none").status == 404
    for who in ("registry-backend", "operator-1"):
        assert gateway.client(who).call("GET", "/v1/keys").status == 403
        assert gateway.client(who).call("POST", KEY + ":compromise", {"version": 1, "reason": "x"}).status == 403
    assert "records/diplomas" in gateway.sluis("keys", "list", profile="auditor-1")
    assert "active" in gateway.sluis("keys", "show", "records/diplomas", profile="custodian-1")


def test_a_compromised_version_seals_nothing_more_and_is_emptied(gateway):
    records = diplomas(20)
    for record in records:
        put(gateway, record)
    officer = gateway.client("officer-1")
    assert officer.call("POST", KEY + ":compromise", {"version": 1}).status == 400
    assert officer.call("POST", KEY + ":compromise", {"version": 7, "reason": "x"}).status == 404
    said = gateway.sluis("keys", "compromise", "records/diplomas", "1", "--reason", "the backup tape was lost",
                         profile="custodian-1")
    assert "version 2" in said
    key = officer.call("GET", KEY).json()
    assert [v["state"] for v in key["versions"]] == ["compromised", "active"]
    assert key["versions"][0]["reason"] == "the backup tape was lost"
    # Nobody has to ask for it: the data go first.
    until(60, lambda: "emptied_us" in officer.call("GET", KEY).json()["versions"][0])
    assert officer.call("GET", KEY).json()["overdue"] == []
    client = gateway.client()
    for record in records:
        assert client.call("GET", f"/v1/records/diplomas/{record['id']}", headers=READ).status == 200
    actions = [json.loads(e["leaf"]) if isinstance(e["leaf"], str) else e["leaf"] for e in gateway.entries()]
    mine = [leaf for leaf in actions if leaf["action"] == "keys.compromise" and leaf["outcome"] == "ok"]
    assert len(mine) == 1 and mine[0]["principal"] == "custodian-1", mine


def test_lowering_a_period_needs_another_officer(gateway):
    put(gateway, diplomas(1)[0])
    configure(gateway, 'rotate_every = "365d"')
    reload(gateway)
    # There was none: that is lowering.
    until(20, lambda: "lowered without approval" in warnings(gateway).get("reload", ""))
    officer = gateway.client("officer-1")
    assert officer.call("GET", KEY).json()["period"] == {"destroy_after": "30d"}
    configure(gateway, 'destroy_after = "60d"')
    reload(gateway)
    until(20, lambda: officer.call("GET", KEY).json()["period"] == {"destroy_after": "60d"})

    wish = {"rotate_every": "180d", "destroy_after": "60d"}
    asked = officer.call("PUT", KEY + "/period", wish)
    assert asked.status == 202, asked.body
    alone = officer.call("POST", f"/v1/approvals/{asked.json()['approval']}:approve", {"digest": asked.json()["digest"]})
    assert alone.status != 200
    header = gateway.approve(asked.json()["approval"])
    assert officer.call("PUT", KEY + "/period", {**wish, "rotate_every": "1d"}, header).status != 200
    approved = officer.call("PUT", KEY + "/period", wish, header)
    assert approved.status == 200, approved.body

    configure(gateway, 'rotate_every = "179d"', 'destroy_after = "60d"')
    reload(gateway)
    until(20, lambda: "lowered without approval" in warnings(gateway).get("reload", ""))
    configure(gateway, 'rotate_every = "180d"', 'destroy_after = "60d"')
    reload(gateway)
    until(20, lambda: officer.call("GET", KEY).json()["period"] == wish)
    # A restart is no way around it.
    assert gateway.stop() == 0
    configure(gateway, 'rotate_every = "30d"', 'destroy_after = "60d"')
    assert "lowered without approval" in gateway.sluisd_says()
    configure(gateway, 'rotate_every = "180d"', 'destroy_after = "60d"')
    gateway.start()


def test_a_key_older_than_its_period_is_an_alarm_and_rolls_over_in_its_window(tmp_path):
    # From the first start on, so nothing is lowered. The window of another day keeps the schedule away.
    gateway = Deployment(tmp_path, options={"keys": "refresh_ms = 100", "rollover": "schedule_seconds = 1"})
    day = time.strftime("%a", time.gmtime(time.time() + 3 * 86400))
    configure(gateway, 'rotate_every = "1s"', f'window = "{day} 00:00-24:00 UTC"')
    gateway.start()
    put(gateway, diplomas(1)[0])
    time.sleep(2)
    officer = gateway.client("officer-1")
    key = officer.call("GET", KEY).json()
    assert len(key["overdue"]) == 1 and "has been in use" in key["overdue"][0], key
    assert key["in_use"] == 1, "outside its window nothing happens"
    assert gateway.stop() == 0
    gateway.start()  # the watch looks once a minute, and at the start
    until(20, lambda: "version 1 of records/diplomas" in warnings(gateway).get("keys", ""))
    page = gateway.client("operator-1").call("GET", "/metrics").body.decode()
    assert "sluis_keys_overdue 1" in page
    configure(gateway, 'rotate_every = "1s"', 'window = "00:00-24:00 UTC"')
    reload(gateway)
    officer = gateway.client("officer-1")
    until(60, lambda: officer.call("GET", KEY).json()["in_use"] > 1)
    assert gateway.stop() == 0


@pytest.mark.parametrize("line, said", [('rotate_every = "1y"', "a duration is a number and a unit"),
                                        ('rotate_every = 365', "rotate_every"),
                                        ('window = "Sat 01:00-05:00 Nowhere/Land"', "time zone"),
                                        ('window = "whenever"', "a window is written as")])
def test_a_bad_period_is_an_error_with_its_line(tmp_path, line, said):
    gateway = Deployment(tmp_path)
    configure(gateway, line)
    text = gateway.sluisd_says("--check")
    assert said in text and "sluis.toml:" in text, text
