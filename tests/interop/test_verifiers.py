"""`sluis audit verify` and the independent verifier (verifier.py) agree: on sound logs of every edge size, and on each
way to tamper with one."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from deployment import BIN

import verifier

SIZES = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 1_000_000]
HERE = pathlib.Path(__file__).parent
SEGMENT = 64 << 20


class MadeLog:
    def __init__(self, folder, entries, segment=SEGMENT):
        self.folder, self.entries = pathlib.Path(folder), entries
        done = subprocess.run([BIN / "log-generator", folder, str(entries), str(segment)], check=True, capture_output=True,
                              text=True)
        self.key, period_key = done.stdout.splitlines()
        self.period_keys = self.folder.parent / (self.folder.name + ".periods")
        self.period_keys.write_text(period_key + "\n")

    @property
    def tiles(self):
        return self.folder / "tlog"

    def copy(self, to):
        shutil.copytree(self.folder, to)
        other = object.__new__(MadeLog)
        other.folder, other.entries, other.key, other.period_keys = pathlib.Path(to), self.entries, self.key, self.period_keys
        return other

    def bundle(self, number):
        """Path and width of a bundle, full or partial."""
        whole = self.tiles / "tile" / "entries" / f"{number:03}"
        return (whole, 256) if whole.exists() else (whole.with_name(f"{number:03}.p") / str(self.entries % 256),
                                                    self.entries % 256)

    def change(self, number, edit):
        """Has the entries of a bundle changed, as a list."""
        path, width = self.bundle(number)
        entries = list(verifier.entries_of(path.read_bytes(), width, 0))
        edit(entries)
        path.write_bytes(b"".join(struct.pack(">H", len(entry)) + entry for entry in entries))


def ours(log, *more, folder=None, key=None):
    """(0 or 1, index of the first bad entry) of `sluis audit verify`."""
    done = subprocess.run([BIN / "sluis", "audit", "verify", folder or log.tiles, "--key", key or log.key, *more],
                          check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    named = re.search(r"first bad entry: (\d+), (.+)", done.stderr)
    assert done.returncode == 0 or named, done.stderr
    return done.returncode, int(named[1]) if named else None


def theirs(log, *more, key=None):
    done = subprocess.run([sys.executable, HERE / "verifier.py", log.tiles, "--key", key or log.key, *more], check=False,
                          capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    named = re.match(r"BAD (\d+): ", done.stdout)
    return done.returncode, int(named[1]) if named else None


def both(log, *more, key=None):
    """What the two say, which must be the same."""
    said = ours(log, *more, key=key)
    assert said == theirs(log, *more, key=key)
    return said


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return MadeLog(tmp_path_factory.mktemp("base") / "log", 700, 1 << 20)


@pytest.fixture
def log(base, tmp_path):
    return base.copy(tmp_path / "log")


@pytest.mark.parametrize("entries", SIZES)
def test_they_agree_on_a_sound_log(entries, tmp_path):
    if entries > 100_000 and os.environ.get("SLUIS_QUICK"):
        pytest.skip("takes long")
    log = MadeLog(tmp_path / "log", entries, SEGMENT if entries > 1000 else 1 << 20)
    done = subprocess.run([BIN / "sluis", "--json", "audit", "verify", log.tiles, "--key", log.key], check=True,
                          capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert said["good"] and said["entries"] == entries and said["signature"] == "good"
    head = verifier.verify(verifier.Source(str(log.tiles)), [verifier.Key(log.key)])
    assert head.size == entries and said["root"] == verifier.base64.b64encode(head.root).decode()
    whole = ours(log, folder=log.folder)
    assert whole == (0, None)


def test_a_changed_entry(log):
    log.change(1, lambda entries: entries.__setitem__(44, entries[44].replace(b'"ok"', b'"no"')))
    assert both(log) == (1, 300)


def test_a_removed_entry(log):
    log.change(1, lambda entries: entries.pop(44))
    assert both(log) == (1, 300)


def test_swapped_entries(log):
    def swap(entries):
        entries[44], entries[45] = entries[45], entries[44]
    log.change(1, swap)
    assert both(log) == (1, 300)


def test_an_inserted_entry(log):
    log.change(1, lambda entries: entries.insert(44, entries[3]))
    assert both(log) == (1, 300)


def test_an_entry_that_was_changed_with_its_tile(log):
    """Whoever also mends the tile of hashes is found at the tile above: within the 256 entries."""
    changed = []

    def edit(entries):
        entries[44] = entries[44].replace(b'"count":1,', b'"count":2,')
        changed.append(entries[44])
    log.change(1, edit)
    tile = log.tiles / "tile/0/001"
    hashes = bytearray(tile.read_bytes())
    hashes[44 * 32:45 * 32] = verifier.leaf_hash(changed[0])
    tile.write_bytes(hashes)
    assert both(log) == (1, 256)


def test_a_checkpoint_that_nobody_signed(log):
    note = (log.tiles / "checkpoint").read_text().splitlines()
    note[2] = verifier.base64.b64encode(verifier.EMPTY).decode()
    (log.tiles / "checkpoint").write_text("\n".join(note) + "\n")
    assert both(log) == (1, 0)


def test_another_log_under_the_same_key_against_a_saved_checkpoint(log, tmp_path):
    other = MadeLog(tmp_path / "other", 700, 1 << 20)
    assert both(other) == (0, None)
    assert both(other, "--checkpoint", log.tiles / "checkpoint") == (1, 0)


def test_a_truncated_tail_against_a_saved_checkpoint(log, tmp_path):
    saved = tmp_path / "saved"
    shutil.copy(log.tiles / "checkpoint", saved)
    shorter = MadeLog(tmp_path / "shorter", 650, 1 << 20)
    assert both(shorter) == (0, None)
    assert both(shorter, "--checkpoint", saved) == (1, 650)
    assert both(log, "--checkpoint", saved) == (0, None)


def test_a_missing_bundle(log):
    log.bundle(1)[0].unlink()
    assert both(log) == (1, 256)


def test_a_wrong_key(log, base):
    name, _, _ = base.key.split("+", 2)
    seed = verifier.hashlib.sha256(b"not the key").digest()
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    identity = verifier.hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4].hex()
    wrong = f"{name}+{identity}+" + verifier.base64.b64encode(b"\x01" + public).decode()
    assert both(log, key=wrong) == (1, 0)


def test_a_changed_sidecar(log):
    """Also one whose checksum was mended: the payload is not what its entry commits to."""
    assert ours(log, "--period-keys", log.period_keys, folder=log.folder) == (0, None)
    assert theirs(log, "--wal", log.folder, "--period-keys", log.period_keys) == (0, None)
    index, _, sidecar = list(verifier.frames(log.folder))[123]
    file = next(path for path in sorted(log.folder.glob("*.wal")) if sidecar in path.read_bytes())
    data = bytearray(file.read_bytes())
    at = bytes(data).index(sidecar)
    data[at + 60] ^= 1
    start = at - 4 - 16 - len(list(verifier.frames(log.folder))[123][1])
    size = struct.unpack_from(">I", data, start)[0]
    struct.pack_into(">I", data, start + size - 4, crc32c(bytes(data[start:start + size - 4])))
    file.write_bytes(data)
    assert ours(log, "--period-keys", log.period_keys, folder=log.folder) == (1, index)
    assert theirs(log, "--wal", log.folder, "--period-keys", log.period_keys) == (1, index)


def test_from_a_saved_checkpoint(tmp_path):
    saved = tmp_path / "saved"
    shutil.copy(MadeLog(tmp_path / "log", 300, 1 << 20).tiles / "checkpoint", saved)
    log = MadeLog(tmp_path / "log", 700, 1 << 20)  # goes on with it
    assert both(log, "--checkpoint", saved) == (0, None)
    assert ours(log, "--checkpoint", saved, "--from-there") == (0, None)
    log.change(0, lambda entries: entries.__setitem__(7, entries[8]))  # before it: not read again
    assert ours(log, "--checkpoint", saved, "--from-there") == (0, None)
    assert both(log, "--checkpoint", saved) == (1, 7)
    log.change(1, lambda entries: entries.__setitem__(200, entries[199]))
    assert ours(log, "--checkpoint", saved, "--from-there") == (1, 456)


def crc32c(data):
    """CRC-32C (Castagnoli), bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
