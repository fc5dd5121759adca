"""Handing a package out: into a folder, or as one ZIP that streams from the content store.

The ZIP stores its files as they are, in order of path, without dates or owners: the same package
is always the same bytes, so a container that was touched can be told from one that was not.
"""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from archive.domain.layout import Item, Layout
from signatures import store
from signatures.domain.errors import Malformed

#: The earliest date that a ZIP can state.
NO_DATE = (1980, 1, 1, 0, 0, 0)
_BIG = 0x7FFFFFFF
_MANY = 0xFFFE


def lay_out(layout: Layout, place: Path, *, link: bool = False) -> Path:
    """Write the package as a folder in ``place``; returns that folder.

    With ``link`` the files are hard links to the store's where the file system allows it; they
    must then be read only.
    """
    root = place / layout.root
    for item in layout.items:
        target = root / item.path
        target.parent.mkdir(parents=True, exist_ok=True)
        source = store.path(item.sha256)
        if link:
            try:
                os.link(source, target)
                continue
            except OSError:
                pass
        shutil.copyfile(source, target)
    return root


class _Pipe(io.RawIOBase):
    """Takes what a ZIP writer writes and gives it on; it cannot seek."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def zip_stream(layout: Layout) -> Iterator[bytes]:
    """The package as a ZIP, piece by piece."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for item in layout.items:
            with archive.open(_entry(layout, item), "w", force_zip64=item.size > _BIG) as out:
                for chunk in item.chunks():
                    out.write(chunk)
                    yield pipe.take()
    yield pipe.take()


def _entry(layout: Layout, item: Item) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{layout.root}/{item.path}", NO_DATE)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.compress_type = zipfile.ZIP_STORED
    return entry


def zip_size(layout: Layout) -> int | None:
    """How long :func:`zip_stream` will be, or None where it needs the large forms of ZIP."""
    if layout.size > _BIG or len(layout.items) > _MANY:
        return None
    # Local header, data descriptor and directory entry of each, and the end of the directory.
    names = sum(len(f"{layout.root}/{item.path}") for item in layout.items)
    return layout.size + 2 * names + (30 + 16 + 46) * len(layout.items) + 22


def unpack(path: Path, place: Path) -> Path:
    """Unpack a ZIP of ours into ``place``; returns the package's folder.

    Raises :class:`Malformed` for any other ZIP: names that lead outside, links, compression,
    several folders, or bytes that are not exactly what :func:`zip_stream` writes of such files.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            root = entries[0].filename.partition("/")[0] if entries else ""
            items = [_unpacked(archive, entry, root, place) for entry in entries]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise Malformed(f"{path.name} is no ZIP of a package: {error}.", code="bad-zip") from error
    layout = Layout(root=root, items=tuple(items))
    with path.open("rb") as stream:
        for piece in _rewritten(layout, place):
            if stream.read(len(piece)) != piece:
                raise Malformed(f"{path.name} was changed outside of its files.", code="bad-zip")
        if stream.read(1):
            raise Malformed(f"{path.name} goes on after its end.", code="bad-zip")
    return place / root


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, root: str, place: Path) -> Item:
    folder, _slash, name = entry.filename.partition("/")
    if folder != root or entry.compress_type != zipfile.ZIP_STORED:
        raise Malformed(f"{entry.filename!r} is no file of one package.", code="bad-zip")
    item = Item(path=name, sha256="", size=entry.file_size)
    Layout(root=root, items=(item,))
    target = place / root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("xb") as out:
        shutil.copyfileobj(source, out, store.content.CHUNK)
    return item


def _rewritten(layout: Layout, place: Path) -> Iterator[bytes]:
    """What :func:`zip_stream` would write of the unpacked files."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for item in layout.items:
            with (
                archive.open(_entry(layout, item), "w", force_zip64=item.size > _BIG) as out,
                (place / layout.root / item.path).open("rb") as source,
            ):
                while chunk := source.read(store.content.CHUNK):
                    out.write(chunk)
                    yield pipe.take()
    yield pipe.take()
