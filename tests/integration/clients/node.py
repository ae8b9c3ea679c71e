"""Programs of node/, with the packages of its lock file, run in a folder of their own under build/."""
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "node"
BUILD = HERE.parents[2] / "build"


def _run(command, folder, **options):
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@functools.cache
def checks():
    """Names of all checks, in order. Needs no packages."""
    return json.loads(_run(["node", SOURCE / "main.mjs", "--list"], SOURCE))


@functools.cache
def installed():
    """The folder with the packages of package-lock.json: fetched once for each state of that file."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = BUILD / "node" / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        (folder / "complete").touch()
    for program in SOURCE.glob("*.mjs"):
        shutil.copy(program, folder)
    return folder


def run_checks(deployment, seconds=600):
    """Runs every check against the gateway: [{"name", "error" or None, "sent": [...]}]."""
    results = deployment.path("node-results.json")
    environment = {**os.environ, "SLUIS_URL": f"https://127.0.0.1:{deployment.port}", "SLUIS_CA": deployment.path("ca"),
                   "SLUIS_RESULTS": results}
    _run(["node", "main.mjs"], installed(), env=environment, timeout=seconds)
    return json.loads(pathlib.Path(results).read_text(encoding="utf-8"))
