"""Group `audit`: durable appends against a bare loop of writes and syncs, restart, verification."""
import re
import subprocess

import measure as m
from processes import Failed

ENTRIES = 5_000_000
NUMBER = r"([\d.]+)"


def figure(said, pattern):
    found = re.search(pattern, said, re.M)
    if not found:
        raise Failed(f"audit_bench does not say {pattern}:\n{said}")
    return [float(text) for text in found.groups()]


def measure(folder, binaries, quick):
    arguments = ["0.3", "1", "100000"] if quick else ["3", "5", str(ENTRIES)]
    done = subprocess.run([binaries / "audit_bench", folder, *arguments], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"audit_bench: {done.stderr}")
    said = done.stdout
    ours, bare = figure(said, rf"^one caller, median +{NUMBER} us; bare write and fdatasync {NUMBER} us")
    rate, loop = figure(said, rf"^64 callers of a server with two threads +{NUMBER} entries/s .* bare loop +{NUMBER} entries/s")
    seconds, entries, resident = figure(said, rf"^restart +{NUMBER} s with {NUMBER} entries, resident {NUMBER} MiB")
    folder_rate, = figure(said, rf"^verification +{NUMBER} entries/s")
    tiles_rate, = figure(said, rf"^verification of tiles +{NUMBER} entries/s")
    return [
        m.less_is_better("append, one caller, p50", ours, "us", "write and fdatasync", bare, 1 / 1.5),
        m.more_is_better("append, 64 callers", rate, "entries/s", "bare loop, same batches", loop, 0.5),
        m.more_is_better("append, 64 callers", rate, "entries/s", "asked", 40_000, 1),
        m.more_is_better("verification of the log", folder_rate, "entries/s", "asked", 500_000, 1),
        m.more_is_better("verification of its tiles", tiles_rate, "entries/s", "asked", 500_000, 1),
        m.less_is_better(f"restart, {entries:.0f} entries", seconds, "s", "asked", 3, 1),
        m.less_is_better("memory after it", resident, "MiB", "asked", 200, 1),
    ]
