"""The `sluis` command as its users call it."""
import subprocess

from deployment import BIN

READ = ("--purpose", "register-maintenance", "--case", "C-2026-1")


def sluis(gateway, *arguments, profile="registry-backend", stdin=None):
    """The finished process: a test looks at its status."""
    who = ["--profile", gateway.path(f"{profile}.toml")] if profile else []
    return subprocess.run([str(a) for a in (BIN / "sluis", *who, *arguments)], check=False, capture_output=True, text=True,
                          env=gateway.environment, input=stdin)


def ok(done):
    assert done.returncode == 0, done.stderr
    return done.stdout
