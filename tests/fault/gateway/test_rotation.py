"""Auto-rotation as the daemon does it: on time, and over before the last entries are written. libfaketime moves the clock."""
import shutil
import subprocess
import time

import pytest
from deployment import Deployment

KEYS = 40


def moved(deployment, hours):
    """The deployment's programs see a later time of day; time that passes is measured as it is."""
    library = subprocess.run(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], check=True, capture_output=True, text=True).stdout.strip()
    deployment.environment |= {"LD_PRELOAD": library, "FAKETIME": f"+{hours}h", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture
def due(tmp_path):
    """A gateway that was stopped, and whose keys of an hour are due when it starts again."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    deployment = Deployment(tmp_path).start()
    officer = deployment.client("officer-1")
    for i in range(KEYS):
        reply = officer.call("POST", f"/v1/transit/keys/hourly-{i}", {"type": "rsa-2048" if i % 2 == 0 else "aes256-gcm96", "auto_rotate_period": "1h"})
        assert reply.status == 200, reply.body
    assert officer.call("POST", "/v1/transit/keys/never").status == 200
    assert deployment.stop() == 0
    moved(deployment, 2)
    yield deployment
    deployment.stop()


def versions(deployment):
    officer = deployment.client("officer-1")
    return {name: officer.call("GET", f"/v1/transit/keys/{name}").json()["data"]["latest_version"]
            for name in officer.call("LIST", "/v1/transit/keys").json()["data"]["keys"]}


def rotations(entries):
    return [e["leaf"]["key"].removeprefix("transit/") for e in entries if e["leaf"]["action"] == "keys.rotate"]


def test_each_due_key_is_rotated_once(due):
    due.start()
    deadline = time.monotonic() + 120
    while len(rotations(due.entries())) < KEYS:
        assert time.monotonic() < deadline, versions(due)
        time.sleep(0.2)
    assert versions(due) == {"never": 1, **{f"hourly-{i}": 2 for i in range(KEYS)}}
    assert sorted(rotations(due.entries())) == sorted(f"hourly-{i}" for i in range(KEYS))
    assert {e["leaf"]["principal"] for e in due.entries() if e["leaf"]["action"] == "keys.rotate"} == {"sluis"}


def test_the_rotator_ends_before_the_last_entries(due):
    """Stopped in the midst of it, a gateway leaves no rotation without its entry, and none after the entry of its end."""
    due.start()
    assert due.stop() == 0
    assert due.verify_log()["good"]
    due.start()
    entries = due.entries()
    ends = [e["index"] for e in entries if e["leaf"]["action"] == "gateway.stop"]
    assert 0 < len(rotations(entries[:ends[1]])) < KEYS, "stopped too late, or before it began"
    assert entries[ends[1] + 1]["leaf"]["action"] == "gateway.start", "what comes after the end is of the next life"
    deadline = time.monotonic() + 120
    while len(rotations(due.entries())) < KEYS:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert sorted(rotations(due.entries())) == sorted(f"hourly-{i}" for i in range(KEYS)), "each has its entry, and one"
    assert set(versions(due).values()) == {1, 2}
