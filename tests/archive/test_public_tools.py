"""The package under tools that know nothing of us, by the very commands of VERIFY.md."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import bagit
import pytest
from lxml import etree

from tests.archive.conftest import Packed
from tests.archive.test_verify_script import flip
from tests.archive.world import HOSTILE

pytestmark = pytest.mark.django_db

TOOLS = ("sha256sum", "openssl", "qpdf", "pdfsig")


def commands(folder: Path) -> list[str]:
    """Every command line of VERIFY.md, those that need a network or a value aside."""
    text = (folder / "verify/VERIFY.md").read_text(encoding="utf-8")
    lines = [
        line for block in re.findall(r"```\n(.*?)```", text, re.S) for line in block.splitlines()
    ]
    assert not re.search(r"\{\w+\}", text)
    return [line for line in lines if not re.search(r"curl|DIGEST|KEY|bagit", line)]


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    if line[:4] != "for " and shutil.which(line.split()[0]) is None:
        pytest.skip(f"{line.split()[0]} is not installed")
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, text=True
    )


def test_every_command_of_the_guide_holds(packed: Packed, tmp_path: Path) -> None:
    folder = packed.copy(tmp_path)
    lines = commands(folder)
    assert {line.split()[0] for line in lines} >= set(TOOLS)
    for line in lines:
        done = shell(folder, line)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert shell(folder, "sha256sum tagmanifest-sha256.txt").stdout.split()[0] == packed.digest
    # Nothing of it left a trace in the package.
    assert sorted(bagit.Bag(str(folder)).payload_files()) and packed.copy(tmp_path / "again")
    assert {p.relative_to(folder) for p in folder.rglob("*")} == {
        p.relative_to(packed.folder) for p in packed.folder.rglob("*")
    }


def test_openssl_says_that_the_token_holds(packed: Packed) -> None:
    (line,) = (each for each in commands(packed.folder) if each.startswith("openssl ts -verify"))
    assert "Verification: OK" in shell(packed.folder, line).stdout


def test_pdfsig_says_that_the_seal_is_valid(packed: Packed) -> None:
    said = shell(packed.folder, "pdfsig -nocert data/index.pdf").stdout
    assert "Signature is Valid." in said
    assert "ETSI.CAdES.detached" in said
    assert "Total document signed" in said


@pytest.mark.parametrize(
    ("name", "offset", "starts"),
    [
        ("data/index.pdf", 5000, "sha256sum --check --strict --quiet manifest-sha256"),
        ("data/index.pdf", 5000, "find data"),
        ("data/index.pdf", 5000, "pdfsig"),
        ("metadata/ledger.jsonl", 300, "sha256sum --check --strict --quiet tagmanifest"),
        ("verify/verify.py", 900, "sha256sum --check --strict --quiet tagmanifest"),
        ("tagmanifest-sha256.txt", 3, "openssl ts -verify"),
        ("evidence/tagmanifest.tsr", 2000, "sha256sum --check --strict --quiet evidence"),
        ("evidence/tagmanifest.tsr", 2200, "openssl ts -verify"),
        ("evidence/sha256sum.txt", 3, "sha256sum --check --strict --quiet evidence"),
        ("metadata/trust/receipt-key.json", 30, "openssl cms"),
        ("data/originals/*.p7s", 1500, "for s"),
    ],
)
def test_public_tool_sees_a_flipped_bit(
    packed: Packed, tmp_path: Path, name: str, offset: int, starts: str
) -> None:
    folder = packed.copy(tmp_path)
    flip(next(folder.glob(name)), offset, 0)
    (line,) = (each for each in commands(folder) if each.startswith(starts))
    done = shell(folder, line)
    if starts == "pdfsig":
        assert "Signature is Valid." not in done.stdout
    else:
        assert done.returncode != 0


def test_bag_is_valid(packed: Packed, tmp_path: Path) -> None:
    bag = bagit.Bag(str(packed.copy(tmp_path)))
    assert bag.validate()
    assert bag.version_info == (1, 0)
    assert set(bag.algorithms) >= {"sha256"}
    assert bag.info["External-Identifier"] == "GC-2025-0001-01-v1"
    assert bag.info["Payload-Oxum"].split(".")[1] == "15"


def test_bag_with_a_missing_file_is_not_valid(packed: Packed, tmp_path: Path) -> None:
    folder = packed.copy(tmp_path)
    next((folder / "data/originals").iterdir()).unlink()
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(folder)).validate()


def test_originals_lie_under_identifiers_never_under_names(packed: Packed) -> None:
    names = [path.name for path in (packed.folder / "data/originals").iterdir()]
    assert len(names) == 1 + len(packed.names) == 14
    assert all(re.fullmatch(r"[0-9a-f-]{36}\.(pdf|json|txt|bin|p7s)", name) for name in names)
    assert packed.names.count("技术标.pdf") == 2
    assert HOSTILE in packed.names
    assert not any("passwd" in str(path) for path in packed.folder.rglob("*"))


def test_package_does_not_swell(packed: Packed) -> None:
    size = sum(path.stat().st_size for path in packed.folder.rglob("*") if path.is_file())
    originals = sum(p.stat().st_size for p in (packed.folder / "data/originals").iterdir())
    assert packed.line["size"] == size
    assert size - originals < 400_000
    assert packed.zip.stat().st_size - size < 12_000


def test_index_volume_stays_small(packed: Packed) -> None:
    assert (packed.folder / "data/index.pdf").stat().st_size < 200_000


def test_metadata_parse_and_agree(packed: Packed) -> None:
    folder = packed.folder / "metadata"
    eep = etree.parse(folder / "eep.xml").getroot()
    assert eep.tag == "电子文件封装包"
    titles = [each.text for each in eep.iterfind(".//文件实体/题名")]
    assert titles[0] == "电子档案索引卷"
    assert len(titles) == 14
    premis = etree.parse(folder / "premis.xml").getroot()
    space = {"p": "http://www.loc.gov/premis/v3"}
    digests = {
        each.text for each in premis.iterfind(".//p:messageDigest", space)
    }
    files = [*(packed.folder / "data/originals").iterdir(), packed.folder / "data/index.pdf"]
    assert digests == {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    examined = json.loads((folder / "examinations.json").read_text())
    outcomes = {each["item"]: each["outcome"] for each in examined["items"]}
    assert len(outcomes) == 28
    assert outcomes["A1"] == outcomes["A7"] == outcomes["C1"] == "pass"
    assert outcomes["D1"] == outcomes["D6"] == outcomes["D7"] == "not-checked"
    # A bidder's own PDF is no PDF/A, and is kept all the same.
    assert outcomes["C3"] == "fail"


def test_zip_unpacks_to_the_same_folder(packed: Packed, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed.zip) as archive:
        assert archive.testzip() is None
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        archive.extractall(tmp_path)
    for path in packed.folder.rglob("*"):
        if path.is_file():
            other = tmp_path / packed.folder.name / path.relative_to(packed.folder)
            assert other.read_bytes() == path.read_bytes()
