"""The temporary PostgreSQL cluster of tests/support, and what psql says."""
import contextlib
import pathlib
import re
import subprocess

from processes import Failed, run

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "support" / "postgres.sh"


class Cluster:
    def __init__(self, dsn):
        self.dsn = dsn

    def sql(self, *statements):
        return run(["psql", self.dsn, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *[a for s in statements for a in ("-c", s)]])

    def checkpoint(self):
        """So that no measure pays for what the one before it wrote. Only the cluster's owner may."""
        run(["psql", f"{self.dsn} user=postgres", "-X", "-q", "-c", "checkpoint"])

    def copy_out(self, table, path):
        with open(path, "wb") as out:
            self._copy(f"COPY {table} TO STDOUT (FORMAT binary)", stdout=out)

    def copy_in(self, table, path):
        with open(path, "rb") as source:
            self._copy(f"COPY {table} FROM STDIN (FORMAT binary)", stdin=source)

    def _copy(self, statement, **streams):
        done = subprocess.run(["psql", self.dsn, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement], check=False,
                              stderr=subprocess.PIPE, **streams)
        if done.returncode != 0:
            raise Failed(f"{statement}: {done.stderr.decode(errors='replace')}")


@contextlib.contextmanager
def cluster():
    said = run([SCRIPT])
    variables = dict(re.findall(r"^(\w+)='(.*)'$", said, re.M))
    try:
        yield Cluster(variables["PG_SOCKET_DSN"])
    finally:
        run([SCRIPT, "--stop", variables["PG_DIR"]])
