"""The package: a BagIt 1.0 bag (RFC 8493) out of files that lie in the content store.

Two steps, because the timestamp is over the first one's result: :func:`pack` writes manifests and
tag files and gives the package's digest; :func:`finish` adds ``evidence/``, which stands outside
the tag manifest so that a renewal does not change the bag. Equal parts give equal bags.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.domain import layout as layouts
from archive.domain.layout import Item, Layout
from signatures import store
from signatures.domain.errors import Malformed, Unavailable

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST = "manifest-sha256.txt"
MANIFEST_SM3 = "manifest-sm3.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
TOKEN = "evidence/tagmanifest.tsr"  # noqa: S105 - a path
EVIDENCE = "evidence/sha256sum.txt"
INDEX = "data/index.pdf"
VERIFIER = Path(__file__).resolve().parent.parent / "verify" / "verify.py"


@dataclass(frozen=True, kw_only=True)
class Bag:
    """A bag without its evidence; ``digest`` is the package's digest, in hex."""

    root: str
    items: tuple[Item, ...]
    tag_manifest: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.tag_manifest).hexdigest()


def pack(
    root: str,
    *,
    payload: Iterable[Item],
    tags: Mapping[str, bytes],
    info: Iterable[tuple[str, str]],
) -> Bag:
    """The bag of these files.

    ``payload`` are items below ``data/``; ``tags`` path -> bytes of the metadata and of
    ``verify/``; ``info`` the labels of ``bag-info.txt``, to which the payload's size is added.
    Each payload file is read once, and must still be what its digest says.
    """
    files = sorted(payload)
    if not all(item.path.startswith("data/") for item in files):
        raise Malformed("The payload of a bag lies in data/.", code="bad-path")
    texts = {
        **tags,
        "bagit.txt": BAGIT,
        "bag-info.txt": _info([*info, ("Payload-Oxum", _oxum(files))]),
        MANIFEST: _lines((item.sha256, item.path) for item in files),
        MANIFEST_SM3: _lines((sm3_of(item), item.path) for item in files),
    }
    kept = [layouts.keep(path, data) for path, data in sorted(texts.items())]
    tag_manifest = _lines((item.sha256, item.path) for item in kept)
    items = sorted([*files, *kept, layouts.keep(TAG_MANIFEST, tag_manifest)])
    return Bag(root=root, items=tuple(items), tag_manifest=tag_manifest)


def finish(bag: Bag, *, evidence: Mapping[str, bytes]) -> Layout:
    """The whole package: the bag and its ``evidence/`` with the list of its digests.

    The list lets anybody see a damaged bit of the evidence, also in what no signature covers.
    """
    items = [layouts.keep(path, data) for path, data in sorted(evidence.items())]
    if not all(item.path.startswith("evidence/") for item in items):
        raise Malformed("Evidence lies in evidence/.", code="bad-path")
    listed = layouts.keep(EVIDENCE, _lines((item.sha256, item.path) for item in items))
    return Layout.of(bag.root, [*bag.items, *items, listed])


def sm3_of(item: Item) -> str:
    """SM3 (GB/T 32905) of a file, in hex; its SHA-256 is checked in the same pass."""
    sha256, sm3 = hashlib.sha256(), new_sm3()
    for chunk in item.chunks():
        sha256.update(chunk)
        sm3.update(chunk)
    if sha256.hexdigest() != item.sha256:
        raise Unavailable(
            f"The file {item.sha256} is damaged in the store. Restore it from a replica.",
            code="damaged-file",
        )
    return sm3.hexdigest()


def new_sm3() -> hashlib._Hash:
    """SM3 by the interpreter's OpenSSL; raises :class:`Unavailable` where it was built without."""
    try:
        return hashlib.new("sm3")
    except ValueError:
        raise Unavailable(
            "This Python's OpenSSL has no SM3. Install one that was built with it.", code="no-sm3"
        ) from None


def stored_payload(path: str, *, sha256: str, size: int) -> Item:
    """A file that the store holds already, as payload of a bag."""
    if not store.exists(sha256) or store.size(sha256) != size:
        raise Unavailable(f"The file {sha256} is not in the store.", code="damaged-file")
    return Item(path=path, sha256=sha256, size=size)


def _lines(rows: Iterable[tuple[str, str]]) -> bytes:
    return "".join(
        f"{digest}  {path}\n" for digest, path in sorted(rows, key=lambda row: row[1])
    ).encode("ascii")


def _oxum(items: Iterable[Item]) -> str:
    files = list(items)
    return f"{sum(item.size for item in files)}.{len(files)}"


def _info(rows: Iterable[tuple[str, str]]) -> bytes:
    """``bag-info.txt``: a label and a value a line; a value never begins a line of its own."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in rows).encode()
