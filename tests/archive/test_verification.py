"""Packages under ``manage.py verify``."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from django.core.management import call_command

from archive.domain import verification
from signatures.domain import verify
from signatures.domain.assessment import Verdict
from signatures.domain.policy import Policy
from signatures.domain.verify import Question, Result
from tests.archive.conftest import Packed
from tests.archive.test_verify_script import flip, rehash
from tests.archive.world import START
from tests.signatures.labs import shared

pytestmark = pytest.mark.django_db


def policy(*names: str) -> Policy:
    found: list[x509.Certificate] = []
    for name in names:
        region = shared().region(name)
        found += [region.root, region.issuing, region.tsa]
    return Policy(signers=tuple(found), timestamp_authorities=tuple(found), revocation="soft")


def ask(path: Path, believed: Policy | None = None) -> Result:
    return verify.verify(
        Question(
            path=path, at=START + timedelta(hours=1), policy=believed or policy("east", "west")
        )
    )


def test_package_is_a_kind_that_can_be_verified() -> None:
    assert "package" in verify.kinds()


def test_folder_and_zip_are_valid(packed: Packed) -> None:
    for path in (packed.folder, packed.zip):
        result = ask(path)
        assert result.verdict is Verdict.VALID
        assert packed.digest in result.reasons[0]
        # The package's timestamp, and of the index volume its seal and document timestamp.
        assert [each["kind"] for each in result.signatures] == [
            "timestamp", "signature", "document-timestamp",
        ]  # fmt: skip


def test_command_prints_the_verdict(packed: Packed, tmp_path: Path) -> None:
    for name in ("root", "tsa", "issuing"):
        certificate = getattr(shared().region("east"), name)
        from asn1crypto import pem

        (tmp_path / f"{name}.pem").write_bytes(pem.armor("CERTIFICATE", certificate.dump()))
    out = StringIO()
    call_command(
        "verify", str(packed.zip), "--json", "--offline",
        "--at", "2026-03-10T02:30:00.000000Z",
        "--trust", *(str(tmp_path / f"{name}.pem") for name in ("root", "tsa", "issuing")),
        stdout=out,
    )  # fmt: skip
    assert json.loads(out.getvalue())["verdict"] == "valid"


def test_package_of_unknown_authorities_is_indeterminate(packed: Packed) -> None:
    nobody = Policy(signers=(), timestamp_authorities=(), revocation="soft")
    assert ask(packed.folder, nobody).verdict is Verdict.INDETERMINATE
    assert ask(packed.folder, policy("west")).verdict is Verdict.INDETERMINATE


def test_changed_package_is_invalid(packed: Packed, tmp_path: Path) -> None:
    folder = packed.copy(tmp_path)
    flip(folder / "data/index.pdf", 4000, 2)
    result = ask(folder)
    assert result.verdict is Verdict.INVALID
    assert any("data/index.pdf is missing or was changed" in each for each in result.reasons)


def test_package_made_to_fit_is_invalid(packed: Packed, tmp_path: Path) -> None:
    """Whoever rewrites the manifests too has no timestamp over them."""
    folder = packed.copy(tmp_path)
    (folder / "verify/VERIFY.md").write_text("Believe me.")
    rehash(folder)
    assert ask(folder).verdict is Verdict.INVALID


def test_its_own_script_is_not_asked(packed: Packed, tmp_path: Path) -> None:
    folder = packed.copy(tmp_path)
    flip(folder / "data/index.pdf", 4000, 2)
    (folder / "verify/verify.py").write_text("raise SystemExit(0)")
    rehash(folder)
    assert ask(folder).verdict is Verdict.INVALID


def test_flipped_bit_anywhere_in_the_zip_is_invalid(packed: Packed, tmp_path: Path) -> None:
    """Also in what no file's digest covers: headers, dates, the directory at the end."""
    path = tmp_path / "package.zip"
    data = packed.zip.read_bytes()
    with zipfile.ZipFile(packed.zip) as archive:
        entries = archive.infolist()
        directory = archive.start_dir
    dice = random.Random(3)
    offsets = [entries[0].header_offset + n for n in (4, 6, 10, 12, 26)]
    offsets += [entries[1].header_offset - n for n in (1, 9, 16)]
    offsets += [dice.randrange(directory, len(data)) for _ in range(12)]
    offsets += [dice.randrange(0, directory) for _ in range(6)]
    for offset in offsets:
        path.write_bytes(data)
        flip(path, offset, offset % 8)
        assert ask(path).verdict is Verdict.INVALID, offset


@pytest.mark.parametrize("change", [b"", b"x"])
def test_zip_that_was_cut_or_goes_on_is_invalid(
    packed: Packed, tmp_path: Path, change: bytes
) -> None:
    path = tmp_path / "package.zip"
    data = packed.zip.read_bytes()
    path.write_bytes(data + change if change else data[:-1])
    assert ask(path).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "names",
    [
        ["p/tagmanifest-sha256.txt", "../outside"],
        ["p/tagmanifest-sha256.txt", "p/../../outside"],
        ["p/tagmanifest-sha256.txt", "/outside"],
        ["p/tagmanifest-sha256.txt", "q/bagit.txt"],
        ["p/tagmanifest-sha256.txt", "p/a\\b"],
        ["p/tagmanifest-sha256.txt", "p/con\u202e"],
        ["p/tagmanifest-sha256.txt", "p/x", "p/x"],
        ["../p/tagmanifest-sha256.txt"],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_names_in_a_zip_are_refused(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "in" / "package.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    assert ask(path).verdict is Verdict.INVALID
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["in", "package.zip"]


def test_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p/tagmanifest-sha256.txt", bytes(50_000_000))
    assert ask(path).verdict is Verdict.INVALID


def test_other_zips_and_folders_are_none_of_ours(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "office.zip", "w") as archive:
        archive.writestr("word/document.xml", b"<x/>")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "office.zip", tmp_path / "folder"):
        question: Any = Question(path=path, at=START, policy=policy("east"))
        assert not verification.recognises(question)
        assert verify.verify(question).verdict is Verdict.INDETERMINATE
