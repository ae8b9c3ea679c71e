#!/usr/bin/env python3
"""An independent verifier of a log, written only from the specifications.

C2SP tlog-tiles, tlog-checkpoint, signed-note and tlog-proof, RFC 6962; for payloads, docs/formats.md. Python's standard
library and `cryptography`; no code of Sluis.

  verifier.py SOURCE --key NAME+HEX+BASE64 [--checkpoint FILE] [--wal FOLDER --period-keys FILE]
  verifier.py --proof FILE --key NAME+HEX+BASE64

SOURCE is a folder of tiles or an http(s) URL prefix (with --cafile, --cert and --cert-key for TLS). Status 1: it does
not verify; the first bad entry and why are printed.
"""
import argparse
import base64
import binascii
import hashlib
import json
import pathlib
import ssl
import struct
import sys
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

WIDTH = 256
EMPTY = hashlib.sha256(b"").digest()


class Bad(Exception):
    """What does not verify: the first entry concerned, and why."""

    def __init__(self, index, why):
        super().__init__(f"entry {index}: {why}")
        self.index, self.why = index, why


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def full_root(hashes):
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def strict_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Bad(0, "malformed base64") from error
    if base64.b64encode(data).decode() != text:
        raise Bad(0, "malformed base64")
    return data


class Key:
    """A verifier key of signed-note, type Ed25519."""

    def __init__(self, text):
        self.name, identity, encoded = text.strip().split("+", 2)
        data = strict_base64(encoded)
        if data[:1] != b"\1" or len(data) != 33:
            raise Bad(0, "not an Ed25519 key")
        self.id = hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        if self.id.hex() != identity:
            raise Bad(0, "the key's id is not its own")
        self.key = Ed25519PublicKey.from_public_bytes(data[1:])


class Checkpoint:
    """A signed note with a tree head, checked with keys of the log, of which one must have signed."""

    def __init__(self, note, keys):
        text, blank, signatures = note.rpartition("\n\n")
        if not blank or not signatures.endswith("\n"):
            raise Bad(0, "the checkpoint is malformed")
        text += "\n"
        known = {(key.name, key.id): key for key in keys}
        good = False
        for line in signatures[:-1].split("\n"):
            dash, name, encoded = line.split(" ")
            data = strict_base64(encoded)
            if dash != "\u2014":
                raise Bad(0, "the checkpoint is malformed")
            key = known.get((name, data[:4]))
            if key is None:
                continue
            try:
                key.key.verify(data[4:], text.encode())
            except InvalidSignature as error:
                raise Bad(0, "the checkpoint's signature does not verify") from error
            good = True
        if not good:
            raise Bad(0, "the checkpoint is not signed by the log's key")
        lines = text[:-1].split("\n")
        self.origin, size, root = lines[:3]
        if not size.isascii() or not size.isdigit() or str(int(size)) != size or self.origin != keys[0].name:
            raise Bad(0, "the checkpoint is malformed or of another log")
        self.size, self.root = int(size), strict_base64(root)


class Source:
    """Files below a log's prefix."""

    def __init__(self, where, context=None):
        self.where, self.context = where, context
        self.remote = where.startswith(("http://", "https://"))

    def get(self, path):
        """The bytes, or None if there is no such file."""
        if not self.remote:
            file = pathlib.Path(self.where, path)
            return file.read_bytes() if file.is_file() else None
        try:
            with urllib.request.urlopen(self.where.rstrip("/") + "/" + path, context=self.context) as reply:
                return reply.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def resource(self, kind, number, width):
        """The partial file, or the front of the full one that took its place."""
        digits = f"{number:03}" if number < 1000 else ""
        if not digits:
            text = str(number)
            text = text.zfill(-(-len(text) // 3) * 3)
            parts = [text[i:i + 3] for i in range(0, len(text), 3)]
            digits = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
        path = f"tile/{kind}/{digits}"
        data = self.get(f"{path}.p/{width}") if width < WIDTH else None
        return self.get(path) if data is None else data


def entries_of(data, width, first):
    at = 0
    for index in range(first, first + width):
        if at + 2 > len(data):
            raise Bad(index, "the bundle ends too early")
        size = struct.unpack_from(">H", data, at)[0]
        entry = data[at + 2:at + 2 + size]
        if len(entry) != size:
            raise Bad(index, "the bundle ends too early")
        yield entry
        at += 2 + size
    if width == WIDTH and at != len(data):
        raise Bad(first + width, "bytes stand behind the bundle's entries")


def tile_of(source, level, number, width, first):
    data = source.resource(level, number, width)
    if data is None or len(data) < 32 * width or len(data) % 32:
        raise Bad(first, f"a tile of level {level} is missing or too short")
    return [data[i:i + 32] for i in range(0, 32 * width, 32)]


class Tree:
    """The right edge of the tree, in tiles."""

    def __init__(self):
        self.size, self.levels = 0, [[] for _ in range(8)]

    def push(self, leaf, full):
        self.size += 1
        for level in range(8):
            hashes = self.levels[level]
            hashes.append(leaf)
            if len(hashes) < WIDTH:
                return
            full(level, (self.size >> 8 * (level + 1)) - 1, hashes)
            leaf = full_root(hashes)
            self.levels[level] = []

    def root(self):
        subtrees = []
        for hashes in reversed(self.levels):
            at = 0
            for bit in range(7, -1, -1):
                if len(hashes) & 1 << bit:
                    subtrees.append(full_root(hashes[at:at + (1 << bit)]))
                    at += 1 << bit
        if not subtrees:
            return EMPTY
        root = subtrees.pop()
        while subtrees:
            root = node_hash(subtrees.pop(), root)
        return root


def verify(source, keys, saved=None, each=None):
    """The checkpoint; raises Bad with the first bad entry. `each` is called with every entry's index and bytes."""
    note = source.get("checkpoint")
    if note is None:
        raise Bad(0, "there is no checkpoint")
    head = Checkpoint(note.decode(), keys)
    if saved is not None and saved.size > head.size:
        raise Bad(head.size, "the log is shorter than the saved checkpoint")
    tree = Tree()

    def full(level, number, hashes):
        span = WIDTH ** level
        first = number * WIDTH * span
        for i, (ours, theirs) in enumerate(zip(hashes, tile_of(source, level, number, len(hashes), first))):
            if ours != theirs:
                raise Bad(first + i * span, f"the tile of level {level} is not that of the entries")

    def check_saved():
        if saved is not None and saved.size == tree.size and saved.root != tree.root():
            raise Bad(0, "the log does not hold what the saved checkpoint covers")

    check_saved()
    for number in range(-(-head.size // WIDTH)):
        first = number * WIDTH
        width = min(WIDTH, head.size - first)
        data = source.resource("entries", number, width)
        if data is None:
            raise Bad(first, "a bundle of entries is missing")
        expected = tile_of(source, 0, number, width, first)
        for i, entry in enumerate(entries_of(data, width, first)):
            leaf = leaf_hash(entry)
            if leaf != expected[i]:
                raise Bad(first + i, "the entry is not that of the tree")
            if each is not None:
                each(first + i, entry)
            tree.push(leaf, full)
            check_saved()
    for level in range(1, 8):
        if tree.levels[level]:
            full(level, tree.size >> 8 * (level + 1), tree.levels[level])
    if tree.root() != head.root:
        raise Bad(0, "the entries are not those of the checkpoint")
    return head


def verify_proof(text, keys):
    """Index and entry of a tlog-proof whose extra data is the entry."""
    body, _, note = text.partition("\n\n")
    lines = body.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Bad(0, "the proof is malformed")
    entry, index = strict_base64(lines[1][6:]), int(lines[2][6:])
    path = [strict_base64(line) for line in lines[3:]]
    head = Checkpoint(note, keys)
    if index >= head.size:
        raise Bad(index, "the entry is not in the tree")

    # RFC 6962 section 2.1.1, from the root down: which way the entry lies, and then back up.
    turns, low, high = [], 0, head.size
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        turns.append(index < middle)
        low, high = (low, middle) if index < middle else (middle, high)
    if len(turns) != len(path):
        raise Bad(index, "the proof's length is wrong")
    root = leaf_hash(entry)
    for left, sibling in zip(reversed(turns), path):
        root = node_hash(root, sibling) if left else node_hash(sibling, root)
    if root != head.root:
        raise Bad(index, "the proof does not lead to the checkpoint's root")
    return index, entry


def prefixed(data):
    return struct.pack(">I", len(data)) + data


def frames(folder):
    """(index, leaf, sidecar) of each entry of a write-ahead log: docs/formats.md, Segments."""
    for file in sorted(pathlib.Path(folder).glob("*.wal")):
        data = file.read_bytes()
        at = 4096
        while data[at:at + 4] == b"SLB\xb5":
            _, _, count, length = struct.unpack_from(">QQII", data, at + 4)
            frame = at + 36
            for _ in range(count):
                size, index, leaf = struct.unpack_from(">IQI", data, frame)
                sidecar = frame + 16 + leaf
                yield index, data[frame + 16:sidecar], data[sidecar + 4:frame + size - 4]
                frame += size
            at += 36 + length + 4


def verify_sidecars(folder, period_keys):
    """That each payload is the one its entry commits to; returns how many could be opened."""
    opened, derived = 0, {}
    for index, line, sidecar in frames(folder):
        leaf = json.loads(line)
        period = leaf["time"][:7]
        if period not in period_keys:
            continue
        run, counter = sidecar[1:17], sidecar[17:25]
        if (period, run) not in derived:
            info = b"sluis/audit/sidecar/1" + run
            derived[period, run] = AESGCM(HKDF(SHA256(), 32, None, info).derive(period_keys[period]))
        commitment = bytes.fromhex(leaf["payload"])
        bound = b"sluis/audit/sidecar/1" + prefixed(period.encode()) + run + commitment
        try:
            plain = derived[period, run].decrypt(b"\0\0\0\0" + counter, sidecar[25:], bound)
        except InvalidTag as error:
            raise Bad(index, "the payload does not open") from error
        if sidecar[0] != 1 or hashlib.sha256(plain).digest() != commitment:
            raise Bad(index, "the payload is not that of the entry")
        opened += 1
    return opened


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?")
    parser.add_argument("--key", action="append", required=True)
    for name in ("checkpoint", "proof", "wal", "period-keys", "cafile", "cert", "cert-key"):
        parser.add_argument("--" + name)
    return parser.parse_args()


def run(given):
    keys = [Key(text) for text in given.key]
    if given.proof:
        index, entry = verify_proof(pathlib.Path(given.proof).read_text(encoding="utf-8"), keys)
        return f"good: entry {index}: {entry.decode()}"
    context = None
    if given.cafile:
        context = ssl.create_default_context(cafile=given.cafile)
        context.load_cert_chain(given.cert, given.cert_key)
    saved = None
    if given.checkpoint:
        saved = Checkpoint(pathlib.Path(given.checkpoint).read_text(encoding="utf-8"), keys)
    head = verify(Source(given.source, context), keys, saved, lambda _, entry: json.loads(entry))
    said = f"good: {head.size} entries, root {base64.b64encode(head.root).decode()}"
    if given.wal:
        lines = pathlib.Path(given.period_keys).read_text(encoding="ascii").split("\n")
        period_keys = {line[:7]: bytes.fromhex(line[8:]) for line in lines if line}
        said += f", {verify_sidecars(given.wal, period_keys)} payloads opened"
    return said


def main():
    try:
        print(run(options()))
    except Bad as bad:
        print(f"BAD {bad.index}: {bad.why}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
