"""An application with a table of its own, whose cells are ciphertexts of a Transit key: made as an application does."""
import base64
import json
import subprocess
import time

from deployment import Deployment, run

QUICK = {"transit": "refresh_ms = 300", "keys": "refresh_ms = 300", "rollover": "lease_seconds = 3"}
OPEN = ("finished", "finished_with_faults", "failed", "cancelled")


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Database:
    """The application's own database."""

    def __init__(self, dsn):
        self.dsn = dsn

    def sql(self, text, stdin=None):
        return run("psql", self.dsn, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text, input=stdin)

    def rows(self, text):
        return [line.split("|") for line in self.sql(text).splitlines()]

    def copy(self, table, rows):
        """Rows of texts without tabs and newlines; None is NULL."""
        lines = "".join("\t".join("\\N" if c is None else str(c) for c in row) + "\n" for row in rows)
        done = subprocess.run(["psql", self.dsn, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", f"copy {table} from stdin"],
                              input=lines, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class World:
    """A gateway, and a database that it may reach as the data source `registry`."""

    def __init__(self, folder, dsn, options=None):
        self.database = Database(dsn)
        self.gateway = Deployment(folder, options={**QUICK, **(options or {})})
        self.gateway.write("registry.dsn", dsn, 0o600)
        config = (self.gateway.folder / "sluis.toml").read_text()
        self.gateway.write("sluis.toml", config + '\n[[data_source]]\nname = "registry"\ndsn_file = "registry.dsn"\n')
        for name in ("officer-1", "officer-2"):
            self.gateway.write(f"{name}.toml", f'url = "https://127.0.0.1:{self.gateway.port}"\ncertificate = "ca/{name}.pem"\n'
                                               f'key = "ca/{name}.key"\nca = "ca/server-ca.pem"\n')
        self.gateway.start()
        self.backend = self.gateway.client("registry-backend")

    def call(self, method, path, body=None, who="officer-1", expect=200, headers=None):
        client = self.backend if who == "registry-backend" else self.gateway.client(who)
        reply = client.call(method, path, body, headers)
        assert reply.status == expect, (method, path, reply.status, reply.body)
        return reply.json() if reply.body else None

    # ---- what the application does ----

    def encrypt(self, key, items):
        """Items are (plaintext, associated data); ciphertexts in the same order."""
        batch = [{"plaintext": b64(text), "associated_data": b64(data)} for text, data in items]
        reply = self.call("POST", f"/v1/transit/encrypt/{key}", {"batch_input": batch}, "registry-backend")
        return [item["ciphertext"] for item in reply["data"]["batch_results"]]

    def decrypt(self, key, items):
        batch = [{"ciphertext": text, "associated_data": b64(data)} for text, data in items]
        client = self.gateway.client("registry-backend")
        reply = client.call("POST", f"/v1/transit/decrypt/{key}", {"batch_input": batch}, {"Sluis-Purpose": "citizen-request"})
        assert reply.status in (200, 400), reply.body
        return [base64.b64decode(i["plaintext"]).decode() if "error" not in i else None for i in reply.json()["data"]["batch_results"]]

    def fill(self, count, key="orders", first=1, chunk=2000):
        """diplomas(id, year, holder, grade, remark): grade and remark sealed with associated data diplomas/{id}/{year}."""
        self.database.sql("create table if not exists diplomas (id bigint, year int, holder text, grade text, remark varchar(400),"
                          " primary key (id, year))")
        for start in range(first, first + count, chunk):
            ids = range(start, min(start + chunk, first + count))
            sealed = self.encrypt(key, [(text(n), data_of(n)) for n in ids for text in (grade, remark)])
            self.database.copy("diplomas", [(n, year(n), f"holder {n}", sealed[2 * i], sealed[2 * i + 1] if n % 5 else None)
                                            for i, n in enumerate(ids)])

    def check_all(self, key="orders", where="true"):
        """Every cell opens, and says what it said."""
        rows = self.database.rows(f"select id, grade, remark from diplomas where {where} order by id")
        for at in range(0, len(rows), 5000):
            part = rows[at:at + 5000]
            cells = [(int(r[0]), cell, text) for r in part for cell, text in ((r[1], grade), (r[2], remark)) if cell]
            opened = self.decrypt(key, [(cell, data_of(n)) for n, cell, _ in cells])
            assert opened == [text(n) for n, _, text in cells]
        return len(rows)

    # ---- what officers do ----

    def declare(self, name="diplomas", expect=201, **more):
        body = {"name": name, "source": "registry", "table": "diplomas", "key_columns": ["id", "year"],
                "ciphertext_columns": ["grade", "remark"], "transit_key": "orders", "associated_data": "diplomas/{id}/{year}", **more}
        return self.call("POST", "/v1/adopted", {k: v for k, v in body.items() if v is not None}, expect=expect)

    def start(self, **what):
        """A rollover that two officers want; its id."""
        body = {**what, "reason": "test"}
        asked = self.call("POST", "/v1/rollovers", body, expect=202)
        approval = asked["approval"]
        self.call("POST", f"/v1/approvals/{approval}:approve", {"digest": asked["digest"]}, "officer-2")
        client = self.gateway.client("officer-1")
        reply = client.call("POST", "/v1/rollovers", body, {"Sluis-Approval": approval})
        assert reply.status in (200, 201, 202), reply.body
        return reply.json()["id"]

    def show(self, job):
        return self.call("GET", f"/v1/rollovers/{job}")

    def wait(self, job, seconds=120, until=OPEN):
        deadline = time.monotonic() + seconds
        while True:
            shown = self.show(job)
            if shown["state"] in until:
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)

    def counts(self, name="diplomas"):
        return self.call("GET", f"/v1/adopted/{name}?count=true")["cells_by_version"]

    def payloads(self, first, action):
        """(leaf, payload) of the entries of an action."""
        out = []
        for entry in self.gateway.entries(first, opened=True):
            leaf = entry["leaf"] if isinstance(entry["leaf"], dict) else json.loads(entry["leaf"])
            if leaf["action"] == action:
                out.append((leaf, entry["payload"]))
        return out


def year(n):
    return 2000 + n % 25


def data_of(n):
    return f"diplomas/{n}/{year(n)}"


def grade(n):
    return f"grade {n % 21}"


def remark(n):
    return f"remark on diploma {n}: " + "x" * (n % 40)
