"""A package as a list of files: each lies in the content store, none is copied to be packed.

A :class:`Layout` names the package's files by path, SHA-256 and size. Its own canonical JSON lies
in the store too, so a register row of one digest is the whole package, and handing it out streams
the files one after another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signatures import store
from signatures.domain import jcs
from signatures.domain.errors import Malformed, Unavailable

KIND = "sunlit.package-layout/1"
#: Paths in a package are made by us, never taken from a name that somebody chose.
PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", re.ASCII)
ROOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}", re.ASCII)
MAX_LAYOUT = 64 * 1024 * 1024


@dataclass(frozen=True, order=True)
class Item:
    """One file of a package: its path there, SHA-256 in hex, size in bytes."""

    path: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if not PATH.fullmatch(self.path):
            raise Malformed(f"{self.path!r} is no path of a package.", code="bad-path")

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, a mebibyte at a time."""
        with store.open_stored(self.sha256) as stream:
            while chunk := stream.read(store.content.CHUNK):
                yield chunk


@dataclass(frozen=True)
class Layout:
    """A whole package: the name of its folder, and its files in order of path, each path once."""

    root: str
    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        if not ROOT.fullmatch(self.root):
            raise Malformed(f"{self.root!r} is no name of a package.", code="bad-path")
        paths = [item.path for item in self.items]
        if paths != sorted(set(paths)):
            raise Malformed("A package's files stand in order, each path once.", code="bad-path")
        folded = {path.casefold() for path in paths}
        if len(folded) != len(paths):
            raise Malformed("Two paths of the package differ in case only.", code="bad-path")

    @classmethod
    def of(cls, root: str, items: Iterable[Item]) -> Layout:
        """The layout of these files, put in order."""
        return cls(root=root, items=tuple(sorted(items)))

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(item.size for item in self.items)

    def item(self, path: str) -> Item:
        """The file at a path; raises :class:`KeyError`."""
        for each in self.items:
            if each.path == path:
                return each
        raise KeyError(path)

    def dumps(self) -> bytes:
        """The layout's canonical JSON."""
        return jcs.dumps(
            {
                "kind": KIND,
                "root": self.root,
                "items": [[item.path, item.sha256, item.size] for item in self.items],
            }
        )


def loads(data: bytes) -> Layout:
    """The layout in ``data``; raises :class:`Malformed`."""
    value = jcs.require_fields(
        jcs.loads(data, canonical=True, max_bytes=MAX_LAYOUT),
        {"kind", "root", "items"},
        where="The package's layout",
    )
    if value["kind"] != KIND:
        raise Malformed("This is no layout of a package.", code="bad-layout")
    return Layout(root=value["root"], items=tuple(Item(*row) for row in value["items"]))


def load(sha256: str) -> Layout:
    """The layout that the store holds under this digest."""
    return loads(store.read(sha256))


def keep(path: str, data: bytes) -> Item:
    """Put bytes into the store as a file of a package."""
    kept = store.put(data)
    return Item(path=path, sha256=kept.sha256, size=kept.size)


def check_there(layout: Layout) -> None:
    """Every file is in the store with its size; raises :class:`Unavailable` naming the first."""
    for item in layout.items:
        if not store.exists(item.sha256) or store.size(item.sha256) != item.size:
            raise Unavailable(
                f"{layout.root}: {item.path} is not in the store. Restore it from a replica.",
                code="damaged-file",
            )
