#!/usr/bin/env python3
"""Verify this package with Python 3.8 or later and nothing else.

    python verify/verify.py --expect DIGEST
    python verify/verify.py --checkpoint FILE --key KEY
    python verify/verify.py --consistent-only

DIGEST is the package's digest (SHA-256 of tagmanifest-sha256.txt) from the register, the ledger or
a paper that you trust. FILE is a checkpoint of the ledger, or the ledger's proof of the entry that
filed this package, and KEY the ledger's verifier key; both from outside the package.

Each line says "ok", "FAILED", or "not checked here" with a public command that checks it.
Exit: 0 all that is checked here holds and the anchor fits; 1 something failed; 2 wrong use;
3 consistent in itself, but nothing from outside proves that it is authentic.

This file has no secrets: compare it with its published digest before you rely on it.
Forms: BagIt 1.0 (RFC 8493), Merkle trees of RFC 9162, C2SP signed notes, Ed25519 (RFC 8032),
SM3 (GB/T 32905), timestamps of RFC 3161.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys

EXHIBIT_ACT = "trading.file-exhibit"
FILING_ACT = "archive.file-package"
PROOF_KIND = "sunlit.ledger-proof/1"
TAGS = "tagmanifest-sha256.txt"
EVIDENCE = "evidence/sha256sum.txt"
TOKEN = "evidence/tagmanifest.tsr"
LEDGER = "metadata/ledger.jsonl"
RECEIPT_KEY = "metadata/trust/receipt-key.json"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")
CHUNK = 1 << 20


class Bad(Exception):
    """Something is not as it must be."""


class Report:
    """What was found, line by line."""

    def __init__(self):
        self.failures = 0

    def ok(self, what):
        print("ok                ", what)

    def failed(self, what):
        self.failures += 1
        print("FAILED            ", what)

    def unchecked(self, what, command):
        print("not checked here  ", what)
        print("                   run:", command)


# --- SM3 (GB/T 32905-2016) ------------------------------------------------------------------------


def _turn(word, by):
    by &= 31
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


class Sm3:
    """SM3 in plain Python, where the interpreter's OpenSSL has none."""

    def __init__(self):
        self._state = [
            0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
            0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
        ]  # fmt: skip
        self._rest = b""
        self._length = 0

    def update(self, data):
        self._length += len(data)
        data = self._rest + bytes(data)
        whole = len(data) - len(data) % 64
        for start in range(0, whole, 64):
            self._compress(data[start : start + 64])
        self._rest = data[whole:]

    def hexdigest(self):
        end = b"\x80" + b"\0" * ((55 - self._length) % 64) + (self._length * 8).to_bytes(8, "big")
        last = Sm3()
        last._state, data = list(self._state), self._rest + end
        for start in range(0, len(data), 64):
            last._compress(data[start : start + 64])
        return "".join(f"{word:08x}" for word in last._state)

    def _compress(self, block):
        w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ _turn(w[j - 3], 15)
            w.append(x ^ _turn(x, 15) ^ _turn(x, 23) ^ _turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = self._state
        for j in range(64):
            t = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = _turn((_turn(a, 12) + e + _turn(t, j)) & 0xFFFFFFFF, 7)
            ss2 = ss1 ^ _turn(a, 12)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g & 0xFFFFFFFF)
            tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
            tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
            a, b, c, d = tt1, a, _turn(b, 9), c
            e, f, g, h = tt2 ^ _turn(tt2, 9) ^ _turn(tt2, 17), e, _turn(f, 19), g
        self._state = [x ^ y for x, y in zip(self._state, (a, b, c, d, e, f, g, h), strict=False)]


def hasher(algorithm):
    if algorithm == "sm3":
        try:
            return hashlib.new("sm3")
        except ValueError:
            return Sm3()
    return hashlib.new(algorithm)


def hashes_of(path, algorithms):
    """Algorithm -> digest in hex, in one pass over the file."""
    hashers = {name: hasher(name) for name in algorithms}
    with open(path, "rb") as stream:
        while True:
            chunk = stream.read(CHUNK)
            if not chunk:
                return {name: each.hexdigest() for name, each in hashers.items()}
            for each in hashers.values():
                each.update(chunk)


# --- Ed25519 (RFC 8032, 5.1.7) --------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _point(data):
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(key, message, signature):
    """Whether ``signature`` over ``message`` is by ``key``; never raises on bad bytes."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = _point(key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = _times(s, BASE), _add(r, _times(k, a))
    return (
        (left[0] * right[2] - right[0] * left[2]) % P == 0
        and (left[1] * right[2] - right[1] * left[2]) % P == 0
    )


# --- Merkle trees (RFC 9162, 2.1) -----------------------------------------------------------------


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def inclusion(index, size, leaf, proof, root):
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, current = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            current = node_hash(sibling, current)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and current == root


def consistency(size1, size2, proof, root1, root2):
    """RFC 9162, 2.1.4.2."""
    if not 0 < size1 <= size2:
        return False
    if size1 == size2:
        return not proof and root1 == root2
    path = ([root1] if size1 & (size1 - 1) == 0 else []) + proof
    if not path:
        return False
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == root1 and new == root2


# --- notes, JSON, DER -----------------------------------------------------------------------------


def parse_key(vkey):
    """(name, key ID, type, public key) of a C2SP verifier key."""
    parts = vkey.strip().split("+", 2)
    if len(parts) != 3:
        raise Bad("a verifier key has three parts joined by plus signs")
    name, key_id, encoded = parts
    raw = base64.b64decode(encoded, validate=True)
    known = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or known.hex() != key_id:
        raise Bad(f"the verifier key of {name} is not in its form")
    return name, known, raw[0], raw[1:]


def read_note(note):
    """(text, size, root, [(name, key ID, signature)]) of a checkpoint; nothing is verified."""
    text, gap, tail = note.rpartition("\n\n")
    lines = (text + "\n").split("\n")
    if not gap or len(lines) < 4 or not tail.endswith("\n"):
        raise Bad("a checkpoint is not in its form")
    signatures = []
    for line in tail[:-1].split("\n"):
        mark, name, encoded = ([*line.split(" "), "", ""])[:3]
        raw = base64.b64decode(encoded, validate=True)
        if mark != "\u2014" or not name or len(raw) < 68:
            raise Bad("a signature line of a checkpoint is not in its form")
        signatures.append((name, raw[:4], raw[4:]))
    if not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise Bad("a checkpoint's size is not a number")
    return text + "\n", int(lines[1]), base64.b64decode(lines[2], validate=True), signatures


def signers_of(note, keys):
    """The names of those ``keys`` that signed ``note``; a false signature raises."""
    text, _size, _root, signatures = read_note(note)
    names = set()
    for name, key_id, signature in signatures:
        for known, known_id, kind, public in keys:
            if (name, key_id) != (known, known_id):
                continue
            message = text.encode()
            if kind == 4:
                at = int.from_bytes(signature[:8], "big")
                message = b"cosignature/v1\ntime %d\n" % at + message
                signature = signature[8:]
            if not ed25519(public, message, signature):
                raise Bad(f"the signature of {name} under the checkpoint is false")
            names.add(name)
    return names


def canonical(value):
    """RFC 8785 for what stands in these records: ASCII keys, whole numbers, texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def der(data, at, tag, inside=False):
    """The content's (start, end) of the element at ``at``, which must have this tag."""
    if at + 2 > len(data) or data[at] != tag:
        raise Bad("the timestamp is not in its form")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise Bad("the timestamp is cut short")
    return start, start + length


def read_token(data):
    """(digest algorithm's OID in DER, digest, time) of a timestamp: a reply (RFC 3161, 2.4.2), as
    beside the tag manifest, or the token alone, as under a checkpoint."""
    start, end = der(data, 0, 0x30)
    if end != len(data):
        raise Bad("something follows the timestamp")
    if data[start : start + 1] == b"\x30":
        status, after = der(data, start, 0x30)
        if data[status : status + 3] not in (b"\x02\x01\x00", b"\x02\x01\x01"):
            raise Bad("the timestamp was not granted")
        start = der(data, after, 0x30)[0]
    at = der(data, start, 0x06)[1]  # ContentInfo
    at = der(data, der(data, at, 0xA0)[0], 0x30)[0]  # SignedData
    at = der(data, der(data, at, 0x02)[1], 0x31)[1]
    at = der(data, at, 0x30)[0]  # what is signed
    at = der(data, at, 0x06)[1]
    at = der(data, der(data, at, 0xA0)[0], 0x04)[0]
    at = der(data, at, 0x30)[0]  # TSTInfo
    at = der(data, der(data, at, 0x02)[1], 0x06)[1]
    imprint, after = der(data, at, 0x30)
    algorithm, digest = der(data, imprint, 0x30)
    oid = der(data, algorithm, 0x06)
    value = der(data, digest, 0x04)
    made = der(data, der(data, after, 0x02)[1], 0x18)
    return data[oid[0] : oid[1]], data[value[0] : value[1]], data[made[0] : made[1]].decode()


SHA256_OID = bytes.fromhex("608648016503040201")


# --- the package ----------------------------------------------------------------------------------


class Package:
    """The folder, and what its manifests say."""

    def __init__(self, root, report):
        self.root = root
        self.report = report
        self.tags = {}
        self.payload = {}

    def path(self, name):
        return os.path.join(self.root, *name.split("/"))

    def read(self, name):
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def manifest(self, name):
        """Path -> digest. Every line must be of the one form, paths safe, sorted and once."""
        text = self.read(name).decode("ascii")
        found = LINE.findall(text)
        if not found or "".join(f"{digest}  {path}\n" for digest, path in found) != text:
            raise Bad(f"{name} is not in its form")
        paths = [path for _digest, path in found]
        if paths != sorted(set(paths)) or not all(PATH.fullmatch(each) for each in paths):
            raise Bad(f"{name} lists unsafe paths, or out of order, or twice")
        return {path: digest for digest, path in found}

    def files(self):
        """Every file there is, by its path in the package; links and devices are not files."""
        found = []
        for folder, names, files in os.walk(self.root):
            for name in names + files:
                full = os.path.join(folder, name)
                path = os.path.relpath(full, self.root).replace(os.sep, "/")
                if os.path.islink(full) or not (os.path.isfile(full) or os.path.isdir(full)):
                    raise Bad(f"{path} is a link or a device")
                if os.path.isfile(full):
                    found.append(path)
        return set(found)

    def compare(self, title, manifest, algorithm):
        wrong = 0
        for path, digest in manifest.items():
            try:
                same = hashes_of(self.path(path), [algorithm])[algorithm] == digest
            except OSError:
                same = False
            if not same:
                wrong += 1
                self.report.failed(f"{title}: {path} is missing or was changed")
        if not wrong:
            self.report.ok(f"{title}: {len(manifest)} files as listed")


def check_structure(package):
    report = package.report
    if package.read("bagit.txt") != BAGIT:
        raise Bad("bagit.txt is not that of BagIt 1.0")
    package.tags = package.manifest(TAGS)
    package.payload = package.manifest("manifest-sha256.txt")
    sm3 = package.manifest("manifest-sm3.txt")
    evidence = package.manifest(EVIDENCE)
    if set(sm3) != set(package.payload):
        raise Bad("the two manifests list different files")
    if not all(path.startswith("data/") for path in package.payload):
        raise Bad("the manifest lists files outside of data/")
    if any(path.startswith(("data/", "evidence/")) for path in package.tags):
        raise Bad("the tag manifest lists files in data/ or evidence/")
    if not all(path.startswith("evidence/") for path in evidence) or TOKEN not in evidence:
        raise Bad(f"{EVIDENCE} must list the files in evidence/, the timestamp among them")
    wanted = set(package.tags) | set(package.payload) | set(evidence) | {TAGS, EVIDENCE}
    there = package.files()
    for path in sorted(wanted - there):
        report.failed(f"{path} is missing")
    for path in sorted(there - wanted):
        report.failed(f"{path} is in no manifest")
    if wanted == there:
        report.ok(f"structure: {len(there)} files, none missing, none besides")
    package.compare(TAGS, package.tags, "sha256")
    package.compare("manifest-sha256.txt", package.payload, "sha256")
    package.compare("manifest-sm3.txt", sm3, "sm3")
    package.compare(EVIDENCE, evidence, "sha256")
    count = len(package.payload)
    size = sum(os.path.getsize(package.path(path)) for path in package.payload)
    if b"\nPayload-Oxum: %d.%d\n" % (size, count) not in b"\n" + package.read("bag-info.txt"):
        report.failed(f"bag-info.txt: the payload has {size} bytes in {count} files")


def check_token(package):
    oid, digest, made = read_token(package.read(TOKEN))
    if oid != SHA256_OID or digest != hashlib.sha256(package.read(TAGS)).digest():
        raise Bad(f"{TOKEN} is a timestamp over something else")
    package.report.ok(f"{TOKEN}: over this {TAGS}, states {made}")
    package.report.unchecked(
        f"{TOKEN}: the authority's signature",
        f"openssl ts -verify -data {TAGS} -in {TOKEN} -partial_chain "
        "-CAfile metadata/trust/anchors.pem -untrusted metadata/trust/certificates.pem",
    )


class Slice:
    """What metadata/ledger.jsonl holds, taken apart."""

    def __init__(self, data):
        rows = [json.loads(line.decode("utf-8")) for line in data.split(b"\n")[:-1]]
        if b"".join(canonical(row) + b"\n" for row in rows) != data or not rows:
            raise Bad(f"{LEDGER} is not canonical JSON, a line each")
        self.head = rows[0]
        if self.head["kind"] != "slice" or self.head["v"] != 1:
            raise Bad(f"{LEDGER} is of an unknown form")
        self.size = self.head["size"]
        self.root = bytes.fromhex(self.head["root"])
        self.keys = [parse_key(each) for each in self.head["keys"]]
        self.checkpoints = [row for row in rows if row["kind"] == "checkpoint"]
        self.entries = [row for row in rows if row["kind"] == "entry"]
        self.receipts = [row for row in rows if row["kind"] == "receipt"]
        self.absent = {row["exhibit"]: row["reason"] for row in rows if row["kind"] == "absent"}
        if len(self.entries) != self.head["entries"]:
            raise Bad(f"{LEDGER} has another number of entries than it says")


def check_checkpoints(slice_, report):
    """Each is signed by the log and a prefix of the last one, whose root the entries lie under."""
    log = slice_.keys[0][0]
    last = None
    names = set()
    for row in slice_.checkpoints:
        text, size, root, _signatures = read_note(row["note"])
        signed = signers_of(row["note"] + "".join(row["cosignatures"]), slice_.keys)
        if log not in signed or not text.startswith(slice_.head["log"] + "\n"):
            raise Bad(f"the checkpoint of size {size} is not signed by the log")
        names |= signed - {log}
        proof = [bytes.fromhex(each) for each in row["proof"]]
        if not consistency(size, slice_.size, proof, root, slice_.root):
            raise Bad(f"the checkpoint of size {size} is not a prefix of the last one")
        if row["timestamp"] is not None:
            oid, digest, _made = read_token(base64.b64decode(row["timestamp"]))
            if oid != SHA256_OID or digest != hashlib.sha256(text.encode()).digest():
                raise Bad(f"the timestamp of checkpoint {size} is over something else")
        last = size
    if last != slice_.size:
        raise Bad("the checkpoint over the whole slice is missing")
    cosigned = ", cosigned by " + ", ".join(sorted(names)) if names else ""
    report.ok(
        f"ledger: {len(slice_.checkpoints)} checkpoints up to size {slice_.size}, "
        f"signed by {log}{cosigned}, each a prefix of the last"
    )


def opened(row):
    """The entry behind a leaf, or None where it stays closed; a false opening raises."""
    leaf = json.loads(row["leaf"])
    if canonical(leaf) != row["leaf"].encode() or leaf.get("v") != 1:
        raise Bad(f"leaf {row['index']} is not canonical JSON")
    if "entry" in leaf:
        return leaf["entry"]
    if row["entry"] is None:
        return None
    salt = bytes.fromhex(row["salt"])
    made = hashlib.sha256(b"SUNLIT-ENTRY-1|" + salt + canonical(row["entry"])).hexdigest()
    if len(salt) != 32 or made != leaf["c"]:
        raise Bad(f"the entry given for leaf {row['index']} is not what it commits to")
    return row["entry"]


def check_entries(slice_, report):
    """Every leaf is in the ledger at its place, times rise; index -> entry of the opened ones."""
    found = {}
    before, time = -1, ""
    for row in slice_.entries:
        index = row["index"]
        proof = [bytes.fromhex(each) for each in row["proof"]]
        leaf = row["leaf"].encode()
        if not inclusion(index, slice_.size, leaf_hash(leaf), proof, slice_.root):
            raise Bad(f"leaf {index} is not in the ledger at its place")
        at = json.loads(row["leaf"])["at"]
        if index <= before or at[:16] < time[:16]:
            raise Bad(f"leaf {index} is out of order")
        before, time = index, at
        entry = opened(row)
        if entry is not None:
            found[index] = entry
    report.ok(
        f"ledger: {len(slice_.entries)} entries in their places, {len(found)} opened"
    )
    return found


def check_exhibits(package, entries, absent):
    """Each exhibit's file has the digest that its ledger entry holds, and nothing else is there
    but detached signatures beside them."""
    files = {}
    for path, digest in package.payload.items():
        if path.startswith("data/originals/"):
            name = path.rsplit("/", 1)[1].split(".", 1)[0]
            files.setdefault(name, {})[path] = digest
    wrong = proven = 0
    signatures = []
    for index, entry in sorted(entries.items()):
        if entry["act"] != EXHIBIT_ACT:
            continue
        name = entry["context"]["exhibit"].split(":", 1)[1]
        there = files.pop(name, {})
        if not there and "exhibit:" + name in absent:
            reason = absent["exhibit:" + name]
            package.report.ok(f"exhibit {name}: not in the package: {reason}")
            continue
        own = [path for path in there if there[path] == entry["digests"]["exhibit"]]
        beside = [path for path in there if path.endswith(".p7s") and path not in own]
        signatures += [(path, own) for path in beside]
        if len(own) == 1 and len(there) == 1 + len(beside):
            proven += 1
        else:
            wrong += 1
            what = "is not what was filed" if there else "has no file"
            package.report.failed(f"exhibit {name} (leaf {index}): {what}")
    for path in sorted(path for there in files.values() for path in there):
        wrong += 1
        package.report.failed(f"{path}: no ledger entry speaks of it")
    if not wrong:
        package.report.ok(f"exhibits: {proven} files as they were filed in the ledger")
    for path, own in signatures:
        if own:
            package.report.unchecked(f"{path}: a signature", cms_command(path, own[0]))


def cms_command(signature, content):
    return (
        f"openssl cms -verify -binary -inform DER -in {signature} -content {content} "
        "-CAfile metadata/trust/anchors.pem -certfile metadata/trust/certificates.pem "
        f"-partial_chain -purpose any -out {os.devnull}"
    )


def check_receipts(package, slice_, entries):
    if not slice_.receipts:
        return
    key = bytes.fromhex(json.loads(package.read(RECEIPT_KEY).decode("utf-8"))["key"])
    for row in slice_.receipts:
        body = row["receipt"]
        message = b"SUNLIT-RECEIPT-1|" + canonical(body)
        if not ed25519(key, message, base64.b64decode(row["signature"], validate=True)):
            raise Bad(f"the receipt of leaf {row['index']} is not signed by the platform")
        if body["index"] != row["index"] or entries.get(row["index"]) != body["entry"]:
            raise Bad(f"the receipt of leaf {row['index']} is of another entry")
    package.report.ok(f"receipts: {len(slice_.receipts)}, signed and of these entries")
    package.report.unchecked(
        f"{RECEIPT_KEY}: the seal's word for the receipts' key",
        cms_command("metadata/trust/receipt-key.p7s", RECEIPT_KEY),
    )


def by_expectation(package, wanted):
    have = hashlib.sha256(package.read(TAGS)).hexdigest()
    if not re.fullmatch("[0-9a-f]{64}", wanted):
        raise Bad("--expect takes 64 hexadecimal digits in small letters")
    if have != wanted:
        raise Bad(f"the package's digest is {have} and not the expected one")
    package.report.ok("anchor: the package's digest is the expected one")


def by_checkpoint(package, slice_, data, key):
    """An outside checkpoint, or the proof of the entry that filed this package."""
    known = parse_key(key)
    text = data.decode("utf-8")
    if not text.startswith("{"):
        if known[0] not in signers_of(text, [known]):
            raise Bad("the given key did not sign the given checkpoint")
        _text, size, root, _signatures = read_note(text)
        ours = [read_note(row["note"]) for row in slice_.checkpoints]
        if (size, root) not in [(each[1], each[2]) for each in ours]:
            raise Bad(
                f"the given checkpoint (size {size}) is none of this package's; give that of size "
                f"{slice_.size}, or the ledger's proof of the package's filing"
            )
        package.report.ok(
            f"anchor: the ledger's checkpoint of size {size}; it proves the ledger's entries and "
            "the files in data/originals, not index.pdf, metadata, or that nothing was left out"
        )
        return
    proof = json.loads(text)
    if proof.get("kind") != PROOF_KIND:
        raise Bad("the given file is neither a checkpoint nor a ledger proof")
    if known[0] not in signers_of(proof["checkpoint"], [known]):
        raise Bad("the given key did not sign the checkpoint of the given proof")
    _text, size, root, _signatures = read_note(proof["checkpoint"])
    path = [bytes.fromhex(each) for each in proof["proof"]]
    if not inclusion(proof["index"], size, leaf_hash(proof["leaf"].encode()), path, root):
        raise Bad("the given proof does not lead to its checkpoint")
    entry = json.loads(proof["leaf"]).get("entry") or {}
    have = hashlib.sha256(package.read(TAGS)).hexdigest()
    if entry.get("act") != FILING_ACT or entry["digests"].get("package") != have:
        raise Bad("the given proof is of another entry than this package's filing")
    package.report.ok(f"anchor: the ledger's entry {proof['index']} filed this very package")


def check_self(package):
    """This file against the tag manifest once more, apart from the list: it must not vouch for
    itself by the same lines that a change might have touched."""
    with open(os.path.abspath(__file__), "rb") as stream:
        mine = hashlib.sha256(stream.read()).hexdigest()
    listed = (mine + "  verify/verify.py\n").encode() in package.read(TAGS)
    own = os.path.abspath(package.path("verify/verify.py"))
    if os.path.abspath(__file__) == own and not listed:
        raise SystemExit("FAILED             verify/verify.py itself was changed")


def guarded(report, what, check, *arguments):
    """Run one check; whatever bytes can provoke is a failure with its reason."""
    try:
        return check(*arguments)
    except Bad as bad:
        report.failed(f"{what}: {bad}")
    except Exception as error:
        report.failed(f"{what} cannot be read: {type(error).__name__}: {error}")
    return None


def verify(root, arguments):
    report = Report()
    package = Package(root, report)
    guarded(report, "structure", check_structure, package)
    guarded(report, TOKEN, check_token, package)
    slice_ = guarded(report, LEDGER, lambda: Slice(package.read(LEDGER)))
    if slice_ is not None:
        guarded(report, "ledger", check_checkpoints, slice_, report)
        entries = guarded(report, "ledger", check_entries, slice_, report)
        if entries is not None:
            guarded(report, "exhibits", check_exhibits, package, entries, slice_.absent)
            guarded(report, "receipts", check_receipts, package, slice_, entries)
    report.unchecked("data/index.pdf: structure", "qpdf --check data/index.pdf")
    report.unchecked("data/index.pdf: the platform's seal", "pdfsig data/index.pdf")
    if arguments.expect is not None:
        guarded(report, "anchor", by_expectation, package, arguments.expect.strip())
    elif arguments.checkpoint is not None and slice_ is not None:
        with open(arguments.checkpoint, "rb") as stream:
            data = stream.read()
        guarded(report, "anchor", by_checkpoint, package, slice_, data, arguments.key)
    return report, package


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--expect", metavar="DIGEST", help="the package's digest, from outside")
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint or a ledger proof")
    parser.add_argument("--key", metavar="KEY", help="the ledger's verifier key")
    parser.add_argument("--consistent-only", action="store_true", help="ask for no outside anchor")
    parser.add_argument("package", nargs="?", help="the package's folder; else this file's own")
    arguments = parser.parse_args()
    if (arguments.checkpoint is None) != (arguments.key is None):
        parser.error("--checkpoint and --key belong together")
    if arguments.expect is not None and arguments.checkpoint is not None:
        parser.error("give one anchor: --expect, or --checkpoint and --key")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    root = os.path.abspath(arguments.package or here)
    if not os.path.isfile(os.path.join(root, TAGS)):
        parser.error(f"{root} is no package: it has no {TAGS}")
    if arguments.checkpoint is not None and not os.path.isfile(arguments.checkpoint):
        parser.error(f"there is no file {arguments.checkpoint}")
    report, package = verify(root, arguments)
    check_self(package)
    if report.failures:
        print(f"\nFAILED: {report.failures} findings. Do not rely on this package.")
        return 1
    digest = hashlib.sha256(package.read(TAGS)).hexdigest()
    if arguments.expect is None and arguments.checkpoint is None:
        print("\nConsistent, not proven authentic: no anchor from outside was given.")
        print(f"Package digest {digest}")
        return 0 if arguments.consistent_only else 3
    print("\nAuthentic by the given anchor, as far as it is checked here.")
    print(f"Package digest {digest}")
    return 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
