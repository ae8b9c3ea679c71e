"""What the tests of backups have in common: gateways with a backup folder, on either store."""
import contextlib
import json
import pathlib
import re
import subprocess
import time

from deployment import READ, ROOT, Deployment, diplomas, postgres_cluster


def psql(cluster, sql, database="sluis"):
    """As the cluster's owner, over its socket."""
    dsn = re.sub(r"dbname=\S+", f"dbname={database}", cluster["PG_SOCKET_DSN"]).replace("user=sluis", "user=postgres")
    done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-c", sql],
                          check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class House:
    """A deployment whose backups are made when asked for, unless `options` say otherwise."""

    def __init__(self, folder, kind, cluster=None, options="", scratch=True, more=None):
        self.kind, self.cluster = kind, cluster
        store = None
        lines = ['folder = "backups"', options]
        if not re.search(r"^every_hours", options, re.M):
            lines.append("every_hours = 0")
        if kind == "postgresql":
            store = f'kind = "postgresql"\ndsn = "{self.dsn("sluis")}"'
            if scratch:
                psql(cluster, "create database scratch owner sluis", "postgres")
                lines.append(f'scratch_dsn = "{self.dsn("scratch")}"')
        self.deployment = Deployment(folder, store, options={**(more or {}), "backup": "\n".join(lines)})

    def dsn(self, database):
        return re.sub(r"dbname=\S+", f"dbname={database}", self.cluster["PG_TLS_DSN"])

    @property
    def folder(self):
        return self.deployment.folder / "backups"

    def names(self):
        """Everything in the backup folder, what is hidden too."""
        return sorted(p.name for p in self.folder.iterdir()) if self.folder.exists() else []

    def put(self, count, first=1):
        records, client = diplomas(count, first=first), self.deployment.client()
        for record in records:
            content = {k: v for k, v in record.items() if k != "id"}
            assert client.call("PUT", f"/v1/records/diplomas/{record['id']}", content).status in (201, 204)
        return records

    def fill(self, count):
        lines = self.deployment.folder / "records.ndjson"
        lines.write_text("".join(json.dumps(record) + "\n" for record in diplomas(count)))
        self.deployment.sluis("records", "import", "diplomas", str(lines))

    def call(self, method, path, body=None, who="operator-1", headers=None):
        client = self.deployment.client(who)
        try:
            return client.call(method, path, body, headers)
        finally:
            client.close()

    def wait(self, seconds=60):
        """Until no act is under way; gives the last one."""
        deadline = time.monotonic() + seconds
        while True:
            act = self.call("GET", "/v1/backups").json()["act"]
            if act is None or act["ended"]:
                return act
            assert time.monotonic() < deadline, act
            time.sleep(0.05)

    def create(self):
        """One generation, made and tried; gives it, and the problem of the act."""
        reply = self.call("POST", "/v1/backups")
        assert reply.status == 202, reply.body
        act = self.wait()
        assert act["id"] == reply.json()["id"]
        return self.show(act["id"]), act["problem"]

    def made(self):
        generation, problem = self.create()
        assert (generation["state"], generation["good"], problem) == ("made", True, ""), (generation, problem)
        return generation

    def show(self, identity):
        reply = self.call("GET", f"/v1/backups/{identity}")
        assert reply.status == 200, reply.body
        return reply.json()

    def drill(self, identity):
        reply = self.call("POST", f"/v1/backups/{identity}:drill")
        assert reply.status == 202, reply.body
        self.wait()
        return self.show(identity)["drill"]

    def actions(self, action):
        return [e["leaf"] for e in self.deployment.entries() if e["leaf"]["action"] == action]

    def reads(self, records, deployment=None):
        """All of them open, with what was put."""
        client = (deployment or self.deployment).client()
        for record in records:
            reply = client.call("GET", f"/v1/records/diplomas/{record['id']}", headers=READ)
            assert reply.status == 200 and reply.json() == {k: v for k, v in record.items() if k != "id"}, reply.body
            match = {"match": {"national_number": record["national_number"]}}
            found = client.call("POST", "/v1/records/diplomas:search", match, READ).json()["records"]
            assert record["id"] in [each["id"] for each in found]
        client.close()


@contextlib.contextmanager
def house(folder, kind, options="", scratch=True):
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(postgres_cluster()) if kind == "postgresql" else None
        out = House(pathlib.Path(folder), kind, cluster, options, scratch)
        out.deployment.start()
        stack.callback(out.deployment.stop)
        yield out


def processes_with(text):
    """Command lines of running processes that hold the text."""
    out = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in line:
                out.append((int(path.parent.name), line))
    return out


__all__ = ["READ", "ROOT", "House", "house", "processes_with", "psql"]
