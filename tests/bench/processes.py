"""Processes of a benchmark: each ends with it."""
import contextlib
import os
import pathlib
import socket
import subprocess
import time


class Failed(Exception):
    """A benchmark that cannot be run; its text is for people."""


def run(command, **options):
    done = subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, log, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"{process.args[0]} ended at once:\n{tail(log)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise Failed(f"{process.args[0]} does not answer on port {port}:\n{tail(log)}")


def tail(path, lines=30):
    with contextlib.suppress(OSError):
        return "\n".join(pathlib.Path(path).read_text(errors="replace").split("\n")[-lines:])
    return ""


@contextlib.contextmanager
def started(command, log, **options):
    with open(log, "ab") as out:
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def memory(pid, field):
    """VmRSS or VmHWM in MiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise Failed(f"no {field} of process {pid}")


def reset_peak(pid):
    """From here on VmHWM counts anew, where this user may say so: a gateway keeps others of its user out, but not root."""
    with contextlib.suppress(PermissionError):
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().split("\n"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} cores, {model}, Linux {os.uname().release}"
