"""Manifests and the names in them."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.kit.errors import Malformed
from bidding.kit.manifest import FileEntry, Manifest, check_name, preamble
from signatures.domain import jcs
from tests.bidding.kit.test_shares import a_header
from tests.bidding.kit.world import ORIGIN, T0

ENTRY = FileEntry("投标函.pdf", "application/pdf", 3, hashlib.sha256(b"abc").digest())


def a_manifest(*files: FileEntry) -> Manifest:
    return Manifest.of(a_header(), origin=ORIGIN, at=T0, files=files or (ENTRY,))


def test_parse_gives_back_what_was_encoded():
    assert Manifest.parse(a_manifest().encode(), origin=ORIGIN) == a_manifest()


def test_encode_is_the_statement_of_the_design():
    value = jcs.loads(a_manifest().encode(), canonical=True)
    assert value == {
        "purpose": "sunlit.manifest/1",
        "origin": ORIGIN,
        "at": "2026-03-01T01:00:00.000000Z",
        "policy": bytes(range(32)).hex(),
        "bid": str(uuid.UUID(int=7)),
        "version": 1,
        "slot": 1,
        "files": [
            {
                "name": "投标函.pdf",
                "type": "application/pdf",
                "size": 3,
                "sha256": hashlib.sha256(b"abc").hexdigest(),
            }
        ],
    }


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".profile",
        "a/b",
        "a\\b",
        "../a",
        "C:a",
        "a\0b",
        "a\nb",
        "a\u202efdp.exe",
        "a\u200bb",
        "a\ufeff",
        "e\u0301.pdf",
        " a",
        "a ",
        "a.",
        "\ud800",
        "a" * 241,
        "字" * 81,
        "a?b",
        "a|b",
    ],
)
def test_check_name_hostile_name_is_refused(name):
    with pytest.raises(Malformed) as caught:
        check_name(name)
    assert caught.value.code == "hostile-name"


@pytest.mark.parametrize("name", ["投标函（正本）.pdf", "a.tar.gz", "é.pdf", "字" * 80, "a b.pdf"])
def test_check_name_usual_name_is_taken(name):
    assert check_name(name) == name


@given(st.text(max_size=30))
def test_check_name_what_it_takes_is_one_path_component(name):
    try:
        check_name(name)
    except Malformed:
        return
    assert "/" not in name and "\\" not in name and name not in ("", ".", "..")
    assert not any(ord(character) < 32 for character in name)


def test_manifest_two_files_of_one_name_are_refused():
    with pytest.raises(Malformed):
        a_manifest(ENTRY, ENTRY)


def test_manifest_without_files_is_refused():
    with pytest.raises(Malformed):
        Manifest.of(a_header(), origin=ORIGIN, at=T0, files=())


@pytest.mark.parametrize(
    "change",
    [
        {"size": 0},
        {"size": 4 * 1024**3 + 1},
        {"type": "pdf"},
        {"type": "application/"},
        {"type": "Application/PDF"},
        {"sha256": bytes(31)},
    ],
    ids=str,
)
def test_manifest_bad_entry_is_refused(change):
    with pytest.raises(Malformed):
        a_manifest(replace(ENTRY, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"slot": 0},
        {"slot": True},
        {"version": 0},
        {"version": "1"},
        {"bid": "7"},
        {"bid": str(uuid.UUID(int=7)).upper() + " "},
        {"policy": "00"},
        {"policy": bytes(range(32)).hex().upper()},
        {"files": []},
        {"files": {}},
        {"files": [1]},
        {"files": [{"name": "a", "type": "a/b", "size": 1}]},
        {"files": [{"name": "a", "type": "a/b", "size": 1, "sha256": "00" * 32, "x": 1}]},
        {"purpose": "sunlit.bid/1"},
        {"origin": "https://elsewhere.test"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_parse_bad_field_is_refused(change):
    value = {**jcs.loads(a_manifest().encode()), **change}
    with pytest.raises(Malformed):
        Manifest.parse(jcs.dumps(value), origin=ORIGIN)


def test_parse_bytes_that_are_not_canonical_are_refused():
    with pytest.raises(Malformed):
        Manifest.parse(b" " + a_manifest().encode())


def test_belongs_to_only_its_own_header():
    manifest = a_manifest()
    assert manifest.belongs_to(a_header())
    for change in (
        {"slot": 2},
        {"version": 2},
        {"bid": uuid.UUID(int=8)},
        {"policy": bytes(32)},
    ):
        assert not manifest.belongs_to(replace(a_header(), **change))


def test_describe_reads_size_and_digest(tmp_path):
    path = tmp_path / "投标函.pdf"
    path.write_bytes(b"abc")
    assert FileEntry.describe(path, type="application/pdf") == ENTRY


def test_describe_brings_a_decomposed_name_into_nfc(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"abc")
    assert FileEntry.describe(path, type="application/pdf", name="e\u0301.pdf").name == "\u00e9.pdf"


def test_describe_empty_file_is_refused_by_name(tmp_path):
    (tmp_path / "empty.pdf").write_bytes(b"")
    with pytest.raises(Malformed, match="empty.pdf"):
        FileEntry.describe(tmp_path / "empty.pdf", type="application/pdf")


def test_describe_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(Malformed, match="absent.pdf"):
        FileEntry.describe(tmp_path / "absent.pdf", type="application/pdf")


@pytest.mark.parametrize(
    ("manifest", "signature"), [(b"", b"s"), (b"m", b""), (b"m", b"s" * 2**19)]
)
def test_preamble_of_impossible_lengths_is_refused(manifest, signature):
    with pytest.raises(Malformed):
        preamble(manifest, signature)
