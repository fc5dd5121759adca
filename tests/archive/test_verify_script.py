"""The script in the package: alone, in an empty environment, against every kind of damage."""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import io
import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.domain.package import VERIFIER
from signatures.domain import ledger
from tests.archive.conftest import Packed

# The package that these tests read was built in a database.
pytestmark = pytest.mark.django_db


def load() -> ModuleType:
    specification = importlib.util.spec_from_file_location("verify_script", VERIFIER)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


script = load()


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a stranger runs it: nothing installed, nothing in the environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify/verify.py", *arguments],
        cwd=folder, env={}, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip


def findings(folder: Path, **anchor: str) -> list[str]:
    """What fails, by the intact script in this process."""
    wanted = {"expect": None, "checkpoint": None, "key": None, **anchor}
    out = io.StringIO()
    with redirect_stdout(out):
        report, _package = script.verify(str(folder), SimpleNamespace(**wanted))
    lines = [line[6:].strip() for line in out.getvalue().splitlines() if line[:6] == "FAILED"]
    assert len(lines) == report.failures
    return lines


def flip(path: Path, offset: int, bit: int) -> None:
    with path.open("r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)[0]
        stream.seek(offset)
        stream.write(bytes([byte ^ (1 << bit)]))


def rehash(folder: Path) -> str:
    """What somebody does who changes a package and makes its manifests fit; the new digest."""
    files = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )

    def lines(names, algorithm="sha256"):
        return "".join(
            f"{hashlib.new(algorithm, (folder / name).read_bytes()).hexdigest()}  {name}\n"
            for name in names
        )

    data = [name for name in files if name.startswith("data/")]
    (folder / "manifest-sha256.txt").write_text(lines(data))
    (folder / "manifest-sm3.txt").write_text(lines(data, "sm3"))
    size = sum((folder / name).stat().st_size for name in data)
    info = (folder / "bag-info.txt").read_text().splitlines()[:-1]
    (folder / "bag-info.txt").write_text(
        "\n".join([*info, f"Payload-Oxum: {size}.{len(data)}"]) + "\n"
    )
    tags = [n for n in files if not n.startswith(("data/", "evidence/", "tagmanifest"))]
    (folder / "tagmanifest-sha256.txt").write_text(lines(tags))
    return hashlib.sha256((folder / "tagmanifest-sha256.txt").read_bytes()).hexdigest()


# --- what it says of a good package ---------------------------------------------------------------


def test_expected_digest_is_authentic(packed: Packed) -> None:
    done = run(packed.folder, "--expect", packed.digest)
    assert (done.returncode, done.stderr) == (0, "")
    assert "FAILED" not in done.stdout
    assert "exhibits: 13 files as they were filed in the ledger" in done.stdout
    assert done.stdout.count("not checked here") == 5
    assert packed.digest in done.stdout


def test_proof_of_the_filing_is_an_anchor(packed: Packed, tmp_path: Path) -> None:
    (tmp_path / "filing.json").write_text(packed.filing)
    done = run(packed.folder, "--checkpoint", str(tmp_path / "filing.json"), "--key", packed.key)
    assert done.returncode == 0
    assert f"the ledger's entry {packed.line['leaf']} filed this very package" in done.stdout


def test_checkpoint_is_an_anchor_of_the_entries(packed: Packed, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text(packed.checkpoint)
    done = run(packed.folder, "--checkpoint", str(tmp_path / "checkpoint"), "--key", packed.key)
    assert done.returncode == 0
    assert "not index.pdf, metadata, or that nothing was left out" in done.stdout


def test_without_an_anchor_it_is_consistent_and_not_proven(packed: Packed) -> None:
    done = run(packed.folder)
    assert done.returncode == 3
    assert "Consistent, not proven authentic" in done.stdout
    assert run(packed.folder, "--consistent-only").returncode == 0


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse(VERIFIER.read_text())
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert names == {
        "__future__", "argparse", "base64", "hashlib", "json", "os", "re", "sys"
    }  # fmt: skip
    ast.parse(VERIFIER.read_text(), feature_version=(3, 8))


# --- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--expect", "0" * 64],
        ["--expect", "0" * 63],
        ["--expect", ""],
        ["--expect", "../digest"],
    ],
)
def test_another_digest_is_refused(packed: Packed, arguments: list[str]) -> None:
    assert run(packed.folder, *arguments).returncode == 1


def test_digest_in_capitals_is_refused(packed: Packed) -> None:
    assert run(packed.folder, "--expect", packed.digest.upper()).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--expect"],
        ["--key", "x"],
        ["--checkpoint", "nowhere"],
        ["--checkpoint", "nowhere", "--key", "x"],
        ["--expect", "0" * 64, "--checkpoint", "bagit.txt", "--key", "x"],
        ["--consistent-only", "/nowhere"],
        ["--unknown"],
    ],
)
def test_wrong_use_is_told(packed: Packed, arguments: list[str]) -> None:
    done = run(packed.folder, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def anchored(packed: Packed, tmp_path: Path, text: str, key: str) -> list[str]:
    (tmp_path / "anchor").write_text(text)
    return findings(packed.folder, checkpoint=str(tmp_path / "anchor"), key=key)


def other_key(packed: Packed) -> str:
    name = packed.key.split("+")[0]
    raw = b"\x01" + Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(raw).decode()}"


def test_anchor_by_another_key_is_refused(packed: Packed, tmp_path: Path) -> None:
    for text in (packed.filing, packed.checkpoint):
        assert "the given key did not sign" in anchored(
            packed, tmp_path, text, other_key(packed)
        )[0]


@pytest.mark.parametrize("key", ["", "a+b", "a+b+c", "a+00000000+AAAA"])
def test_key_that_is_none_is_refused(packed: Packed, tmp_path: Path, key: str) -> None:
    assert len(anchored(packed, tmp_path, packed.checkpoint, key)) == 1


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "no note", "a\n\nb\n", "a\n1\nAA==\n\n"])
def test_anchor_that_is_none_is_refused(packed: Packed, tmp_path: Path, text: str) -> None:
    assert len(anchored(packed, tmp_path, text, packed.key)) == 1


@pytest.mark.parametrize("part", ["index", "leaf", "proof", "checkpoint"])
def test_changed_proof_of_the_filing_is_refused(
    packed: Packed, tmp_path: Path, part: str
) -> None:
    proof = json.loads(packed.filing)
    value = proof[part]
    proof[part] = {
        "index": lambda: value + 1,
        "leaf": lambda: value.replace(packed.digest, "0" * 64),
        "proof": lambda: value[1:],
        "checkpoint": lambda: value.replace("\n", "\n1", 1),
    }[part]()
    assert len(anchored(packed, tmp_path, json.dumps(proof), packed.key)) == 1


def test_every_flipped_bit_is_noticed(packed: Packed, tmp_path: Path) -> None:
    """Every byte of the small files, many of the others; which bit of it changes by turns."""
    folder = packed.copy(tmp_path)
    dice = random.Random(20260310)
    flips = 0
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        size = path.stat().st_size
        offsets = set(range(size)) if size <= 100 else {0, size - 1}
        offsets |= {dice.randrange(size) for _ in range(32)}
        for offset in sorted(offsets):
            bit = (offset + flips) % 8
            flip(path, offset, bit)
            assert noticed(folder, packed.digest), f"{path} {offset}.{bit}"
            flip(path, offset, bit)
            flips += 1
    assert flips > 1000
    assert findings(folder, expect=packed.digest) == []


def noticed(folder: Path, digest: str) -> bool:
    """Whether the structure or the anchor fails: the part of the script that is the quickest."""
    with redirect_stdout(io.StringIO()):
        report = script.Report()
        package = script.Package(str(folder), report)
        script.guarded(report, "structure", script.check_structure, package)
        script.guarded(report, "anchor", script.by_expectation, package, digest)
    return report.failures > 0


def test_flipped_bits_end_the_run_with_one(packed: Packed, tmp_path: Path) -> None:
    folder = packed.copy(tmp_path)
    for name in (
        "data/index.pdf",
        "evidence/tagmanifest.tsr",
        "evidence/sha256sum.txt",
        "tagmanifest-sha256.txt",
        "metadata/ledger.jsonl",
        "verify/VERIFY.md",
    ):
        flip(folder / name, 40, 3)
        assert run(folder, "--expect", packed.digest).returncode == 1, name
        assert run(folder, "--consistent-only").returncode == 1, name
        flip(folder / name, 40, 3)


def test_script_that_was_changed_never_ends_well(packed: Packed, tmp_path: Path) -> None:
    """One flipped bit in the script itself, wherever it falls: in a comment, a name, a number."""
    folder = packed.copy(tmp_path)
    path = folder / "verify/verify.py"
    text = path.read_bytes()
    dice = random.Random(7)
    aimed = [text.index(b"return 1\n") + 7, text.index(b"self.failures += 1") + 17,
             text.rindex(b"not listed"), text.index(b"raise SystemExit"),
             text.index(b"have != wanted") + 5, text.index(b"if report.failures") + 3]  # fmt: skip
    for offset in [*aimed, *(dice.randrange(len(text)) for _ in range(50))]:
        flip(path, offset, 0)
        done = run(folder, "--expect", packed.digest)
        assert done.returncode != 0, (offset, text[offset - 20 : offset + 20])
        flip(path, offset, 0)


def test_missing_and_added_files_are_named(packed: Packed, tmp_path: Path) -> None:
    folder = packed.copy(tmp_path)
    original = next((folder / "data/originals").iterdir())
    original.unlink()
    (folder / "data/extra.txt").write_text("x")
    (folder / "evidence/note.txt").write_text("x")
    lines = findings(folder, expect=packed.digest)
    assert f"data/originals/{original.name} is missing" in lines
    assert "data/extra.txt is in no manifest" in lines
    assert "evidence/note.txt is in no manifest" in lines


@pytest.mark.parametrize("name", ["data/link.pdf", "metadata/folder"])
def test_links_are_refused(packed: Packed, tmp_path: Path, name: str) -> None:
    folder = packed.copy(tmp_path)
    (folder / name).symlink_to("/etc/hostname" if "link" in name else "/etc")
    assert any("is a link or a device" in line for line in findings(folder))


def test_file_replaced_by_a_link_to_the_same_bytes_is_refused(
    packed: Packed, tmp_path: Path
) -> None:
    folder = packed.copy(tmp_path)
    shutil.move(folder / "data/index.pdf", tmp_path / "index.pdf")
    (folder / "data/index.pdf").symlink_to(tmp_path / "index.pdf")
    assert findings(folder, expect=packed.digest)


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/etc/passwd", "data/../x", "data//x", "data/ x", "data/x\u202e", ".x"],
)
def test_manifest_with_an_unsafe_path_is_refused(
    packed: Packed, tmp_path: Path, path: str
) -> None:
    folder = packed.copy(tmp_path)
    with (folder / "manifest-sha256.txt").open("a") as stream:
        stream.write(f"{'0' * 64}  {path}\n")
    assert findings(folder, expect=packed.digest)


def test_files_exchanged_with_fitting_manifests_are_refused(
    packed: Packed, tmp_path: Path
) -> None:
    folder = packed.copy(tmp_path)
    first, second = sorted((folder / "data/originals").glob("*.pdf"))[:2]
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert rehash(folder) != packed.digest
    lines = findings(folder, expect=packed.digest)
    assert sum("is not what was filed" in line for line in lines) == 2
    assert any("timestamp over something else" in line for line in lines)
    assert any("not the expected one" in line for line in lines)


def test_file_left_out_with_fitting_manifests_is_refused(
    packed: Packed, tmp_path: Path
) -> None:
    folder = packed.copy(tmp_path)
    next((folder / "data/originals").glob("*.txt")).unlink()
    rehash(folder)
    assert any("has no file" in line for line in findings(folder))


def test_file_smuggled_in_with_fitting_manifests_is_refused(
    packed: Packed, tmp_path: Path
) -> None:
    folder = packed.copy(tmp_path)
    (folder / "data/originals/00000000-0000-0000-0000-000000000000.pdf").write_bytes(b"x")
    rehash(folder)
    assert any("no ledger entry speaks of it" in line for line in findings(folder))


def rewritten(packed: Packed, tmp_path: Path, change) -> list[str]:
    """What fails after a change of the ledger's lines, manifests made to fit."""
    folder = packed.copy(tmp_path)
    path = folder / "metadata/ledger.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows = change(rows) or rows
    path.write_bytes(b"".join(script.canonical(row) + b"\n" for row in rows))
    rehash(folder)
    return [line for line in findings(folder) if "timestamp" not in line]


def _of(rows, kind):
    return next(row for row in rows if row["kind"] == kind)


def _hidden(rows):
    return next(row for row in rows if row["kind"] == "entry" and row["salt"])


def _leaf(rows):
    row = _of(rows, "entry")
    row["leaf"] = row["leaf"].replace('"v":1', '"v":2')


def _proof(rows):
    _of(rows, "entry")["proof"].pop()


def _index(rows):
    _of(rows, "entry")["index"] += 1


def _salt(rows):
    _hidden(rows)["salt"] = "00" * 32


def _opening(rows):
    _hidden(rows)["entry"]["actor"] = "user:somebody-else"


def _short_salt(rows):
    _hidden(rows)["salt"] = "00"


def _order(rows):
    entries = [row for row in rows if row["kind"] == "entry"]
    return [rows[0], *[r for r in rows[1:] if r["kind"] != "entry"], *reversed(entries)]


def _dropped(rows):
    rows.remove(_hidden(rows))


def _note(rows):
    row = _of(rows, "checkpoint")
    row["note"] = row["note"].replace("\n", "\n1", 1)


def _signature(rows):
    row = _of(rows, "checkpoint")
    text, _gap, line = row["note"].rpartition("\n\n")
    mark, name, encoded = line.split(" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[10] ^= 1
    row["note"] = f"{text}\n\n{mark} {name} {base64.b64encode(raw).decode()}\n"


def _root(rows):
    rows[0]["root"] = "00" * 32


def _size(rows):
    rows[0]["size"] += 1


def _keys(rows):
    raw = b"\x01" + Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    name = rows[0]["log"]
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    rows[0]["keys"] = [f"{name}+{key_id}+{base64.b64encode(raw).decode()}"]


def _no_checkpoint(rows):
    return [row for row in rows if row["kind"] != "checkpoint"]


def _receipt(rows):
    _of(rows, "receipt")["receipt"]["origin"] = "http://elsewhere"


def _receipt_index(rows):
    _of(rows, "receipt")["index"] += 1


def _receipt_signature(rows):
    row = _of(rows, "receipt")
    row["signature"] = base64.b64encode(bytes(64)).decode()


def _absent(rows):
    rows.append({"kind": "absent", "exhibit": 7})


def _head(rows):
    del rows[0]["root"]


@pytest.mark.parametrize(
    "change",
    [_leaf, _proof, _index, _salt, _opening, _short_salt, _order, _dropped, _note, _signature,
     _root, _size, _keys, _no_checkpoint, _receipt, _receipt_index, _receipt_signature, _absent,
     _head],
)  # fmt: skip
def test_changed_ledger_with_fitting_manifests_is_refused(
    packed: Packed, tmp_path: Path, change
) -> None:
    assert rewritten(packed, tmp_path, change)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"{}\n", b"[]\n", b'{"kind":"slice","v":1}\n', b"\xff\n", b"[" * 100000 + b"\n"],
)
def test_ledger_that_is_none_is_refused(packed: Packed, tmp_path: Path, data: bytes) -> None:
    folder = packed.copy(tmp_path)
    (folder / "metadata/ledger.jsonl").write_bytes(data)
    rehash(folder)
    assert any("metadata/ledger.jsonl" in line for line in findings(folder))


@pytest.mark.parametrize(
    "data", [b"", b"0", b"0\x80", b"0\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x00"]
)
def test_token_that_is_none_is_refused(packed: Packed, tmp_path: Path, data: bytes) -> None:
    folder = packed.copy(tmp_path)
    (folder / "evidence/tagmanifest.tsr").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    (folder / "evidence/sha256sum.txt").write_text(f"{digest}  evidence/tagmanifest.tsr\n")
    assert any("evidence/tagmanifest.tsr" in line for line in findings(folder))


# --- its parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_of_the_standard(data: bytes, digest: str) -> None:
    """GB/T 32905-2016, annex A."""
    sm3 = script.Sm3()
    sm3.update(data)
    assert sm3.hexdigest() == digest


@given(st.lists(st.binary(max_size=150), max_size=4))
def test_sm3_agrees_with_openssl(parts: list[bytes]) -> None:
    sm3 = script.Sm3()
    for part in parts:
        sm3.update(part)
    assert sm3.hexdigest() == hashlib.new("sm3", b"".join(parts)).hexdigest()


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
def test_ed25519_accepts_the_signature_and_no_other(seed: bytes, data: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    signature = bytearray(key.sign(data))
    assert script.ed25519(public, data, bytes(signature))
    assert not script.ed25519(public, data + b"x", bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8
    assert not script.ed25519(public, data, bytes(signature))


def test_ed25519_refuses_a_scalar_above_the_order() -> None:
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"x")
    scalar = int.from_bytes(signature[32:], "little") + script.L
    public = key.public_key().public_bytes_raw()
    forged = signature[:32] + scalar.to_bytes(32, "little")
    assert not script.ed25519(public, b"x", forged)
    assert not script.ed25519(public[:31], b"x", signature)
    assert not script.ed25519(public, b"x", signature[:63])
    assert not script.ed25519(b"\xff" * 32, b"x", signature)


@given(st.integers(1, 40), st.data())
def test_proofs_agree_with_the_ledger(size: int, data: st.DataObject) -> None:
    hashes = [ledger.leaf_hash(bytes([n])) for n in range(size)]
    root = ledger.root_of(hashes)
    index = data.draw(st.integers(0, size - 1))
    proof = ledger.inclusion_path(index, hashes)
    assert script.inclusion(index, size, hashes[index], proof, root)
    assert not script.inclusion(index, size, ledger.leaf_hash(b"other"), proof, root)
    assert not script.inclusion(index, size, hashes[index], [*proof, root], root)
    old = data.draw(st.integers(1, size))
    path = ledger.consistency_path(old, hashes)
    before = ledger.root_of(hashes[:old])
    assert script.consistency(old, size, path, before, root)
    assert not script.consistency(old, size, [*path, root], before, root)
    assert not script.consistency(old, size, path, ledger.leaf_hash(b""), root)


def test_bare_folder_of_the_script_is_told(tmp_path: Path) -> None:
    (tmp_path / "verify").mkdir()
    shutil.copy(VERIFIER, tmp_path / "verify/verify.py")
    done = run(tmp_path, "--expect", "0" * 64)
    assert done.returncode == 2
    assert "is no package" in done.stderr
    assert os.listdir(tmp_path) == ["verify"]
