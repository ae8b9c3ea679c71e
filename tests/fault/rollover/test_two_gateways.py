"""Two gateways on one PostgreSQL: one sweeps; when it is killed, or frozen past its lease, the other takes over, and the
frozen one wakes to find that it can write nothing."""
import os
import pathlib
import shutil
import signal
import time

import pytest
from deployment import READ, Deployment, diplomas, free_port, postgres_cluster
from rollovers import QUICK, Rows, act, import_records, show, start, wait

COUNT = 6000


class Second(Deployment):
    """Another gateway over the same store, token and policy, with a log of its own."""

    def __init__(self, folder, first):  # not the other's: nothing is made anew
        self.folder = pathlib.Path(folder)
        self.port, self.process, self.environment = free_port(), None, first.environment
        for name in ("audit", "log", "store"):
            (self.folder / name).mkdir(parents=True, mode=0o700)
        for name in ("ca", "hsm"):
            os.symlink(first.path(name), self.path(name))
        shutil.copy(first.path("policy.toml"), self.path("policy.toml"))
        config = (first.folder / "sluis.toml").read_text().replace(f"127.0.0.1:{first.port}", f"127.0.0.1:{self.port}")
        self.write("sluis.toml", config.replace("gateway-1", "gateway-2"))


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_the_other_gateway_takes_over(tmp_path, how):
    with postgres_cluster() as cluster:
        store = f'kind = "postgresql"\ndsn = "{cluster["PG_TLS_DSN"]}"\nconnections = 8'
        first = Deployment(tmp_path / "1", store, QUICK).start()
        second = Second(tmp_path / "2", first).start()
        rows = Rows(first, cluster)
        records = diplomas(COUNT)
        import_records(first, records)
        job = start(first, collection="diplomas", rate=600)
        at = wait(first, job, until=lambda found: found["done"] > 300)
        by, other = (first, second) if at["gateway"] == "gateway-1" else (second, first)
        if how == "killed":
            by.kill()
        else:
            by.process.send_signal(signal.SIGSTOP)
        stopped = rows.versions()
        taken = wait(other, job, until=lambda found: found["gateway"] != at["gateway"], seconds=30)
        assert taken["done"] >= at["done"]
        act(other, job, "throttle", {"rate": 0})
        if how == "frozen":
            # It wakes while the other is at work, or after: what it had in hand is refused, whatever it was.
            time.sleep(0.5)
            by.process.send_signal(signal.SIGCONT)
        ended = wait(other, job, seconds=60)
        assert ended["state"] == "finished" and ended["gateway"] != at["gateway"], ended
        assert rows.versions() == {2: COUNT} and stopped[1] > 0
        # Chunks that were written, but not counted, by the one that went away: at most those.
        assert COUNT - 2000 <= ended["done"] <= COUNT, ended
        if how == "frozen":
            time.sleep(3)
            assert show(by, job) == show(other, job)
            assert by.client().call("GET", f"/v1/records/diplomas/{records[0]['id']}", headers=READ).status == 200
        for record in records[::60]:
            reply = other.client().call("GET", f"/v1/records/diplomas/{record['id']}", headers=READ)
            assert reply.status == 200 and reply.json()["qualification"] == record["qualification"]
        for deployment in (first, second):
            deployment.stop()
