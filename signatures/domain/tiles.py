"""The ledger as static tiles (C2SP tlog-tiles), the way that existing monitors read logs.

A tile of level L holds up to 256 neighbouring hashes of the Merkle tree's level 8·L; an entry
bundle holds the data of up to 256 leaves. The last of each may be partial. Paths are relative to
the log's prefix: ``tile/0/x001/234.p/56``, ``tile/entries/000``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from signatures.domain.errors import Malformed
from signatures.domain.jcs import shown
from signatures.domain.ledger import HASH_SIZE, Coordinate, LedgerError, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF

#: The level in the path of an entry bundle.
ENTRIES = "entries"

_MAX_INDEX = 2**63
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class TileError(Malformed):
    """A path, tile or bundle that is not of the form of tlog-tiles."""

    default_code = "bad-tile"


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: ``level`` 0 to 63, or None for an entry bundle; its place ``index`` in the
    level; its ``width``, 1 to 256 hashes or entries."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if self.level is not None and not _in(self.level, 0, MAX_LEVEL):
            raise TileError(f"{shown(self.level)} is not the level of a tile (0 to {MAX_LEVEL}).")
        if not _in(self.index, 0, _MAX_INDEX - 1):
            raise TileError(f"{shown(self.index)} is not the index of a tile.")
        if not _in(self.width, 1, WIDTH):
            raise TileError(f"{shown(self.width)} is not the width of a tile (1 to {WIDTH}).")

    @property
    def path(self) -> str:
        """The path under the log's prefix."""
        return tile_path(ENTRIES if self.level is None else self.level, self.index, self.width)

    @property
    def nodes(self) -> tuple[Coordinate, ...]:
        """The ledger's nodes that the tile holds, in order (a bundle's: the leaves)."""
        level = HEIGHT * (self.level or 0)
        return tuple((level, self.index * WIDTH + i) for i in range(self.width))


def tile_path(level: int | str, n: int, width: int = WIDTH) -> str:
    """``tile/<L>/<N>[.p/<W>]``; ``level`` is a number or ``"entries"``.

    ``N`` is written in groups of three digits, all but the last behind an ``x``.
    """
    tile = Tile(None if level == ENTRIES else level, n, width)  # type: ignore[arg-type]
    digits = str(n)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    index = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    partial = "" if tile.width == WIDTH else f".p/{width}"
    return f"tile/{level}/{index}{partial}"


def parse_tile_path(path: str) -> Tile:
    """The tile that a path names; only the one spelling of each is accepted."""
    match = _PATH.fullmatch(path) if isinstance(path, str) and len(path) <= 100 else None
    if match is None:
        raise TileError("This is not the path of a tile.")
    level = None if match["level"] == ENTRIES else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(match["width"] or WIDTH))
    if tile.path != path:
        raise TileError(f"The path of this tile is {tile.path}.")
    return tile


def width_at(level: int | None, index: int, size: int) -> int:
    """How wide a tile is in a log of ``size`` leaves: 0 (not there) to 256."""
    nodes = size >> (HEIGHT * (level or 0))
    return max(0, min(WIDTH, nodes - index * WIDTH))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile and entry bundle that a log of ``size`` leaves serves, partial ones last in
    their level."""
    for level in (None, *range(MAX_LEVEL + 1)):
        nodes = size >> (HEIGHT * (level or 0))
        if not nodes:
            return
        for index in range(-(-nodes // WIDTH)):
            yield Tile(level, index, width_at(level, index, size))


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """The bytes of a tile: its 1 to 256 hashes one after another."""
    if not 1 <= len(hashes) <= WIDTH or any(
        type(item) is not bytes or len(item) != HASH_SIZE for item in hashes
    ):
        raise TileError(f"A tile is 1 to {WIDTH} hashes of {HASH_SIZE} bytes.")
    return b"".join(hashes)


def decode_tile(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile that must be ``width`` wide."""
    if type(data) is not bytes or len(data) != width * HASH_SIZE or not _in(width, 1, WIDTH):
        raise TileError(f"A tile of width {shown(width)} has {HASH_SIZE} bytes for each hash.")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def entry_bundle(entries: Sequence[bytes]) -> bytes:
    """1 to 256 entries, each behind its length as a big-endian uint16."""
    if not 1 <= len(entries) <= WIDTH:
        raise TileError(f"An entry bundle has 1 to {WIDTH} entries.")
    parts: list[bytes] = []
    for entry in entries:
        if type(entry) is not bytes or len(entry) > MAX_ENTRY:
            raise TileError(f"An entry of the ledger is at most {MAX_ENTRY} bytes.")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def parse_entry_bundle(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle, and nothing after them."""
    if type(data) is not bytes or not _in(width, 1, WIDTH):
        raise TileError(f"An entry bundle has 1 to {WIDTH} entries.")
    entries: list[bytes] = []
    position = 0
    for _ in range(width):
        start = position + 2
        end = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or end > len(data):
            raise TileError(f"The entry bundle ends within entry {len(entries)}.")
        entries.append(data[start:end])
        position = end
    if position != len(data):
        raise TileError(f"The entry bundle goes on after its {width} entries.")
    return entries


class TileReader:
    """Looks up the ledger's nodes in the tiles of a log of ``size`` leaves.

    ``fetch`` gives the bytes at a path. A reader is what ``ledger.resolve`` asks for its nodes, so
    a monitor makes any proof from tiles; what it makes is then verified against a checkpoint.
    """

    def __init__(self, size: int, fetch: Callable[[str], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree of the log."""
        if not 0 <= index < self._size >> level:
            raise LedgerError(f"A log of {self._size} leaves has no node {index} at {level}.")
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        hashes = self._tile(tile_level, first // WIDTH)
        row = hashes[first % WIDTH : first % WIDTH + (1 << height)]
        while len(row) > 1:
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        return row[0]

    def _tile(self, level: int, index: int) -> list[bytes]:
        if (level, index) not in self._tiles:
            tile = Tile(level, index, width_at(level, index, self._size))
            self._tiles[level, index] = decode_tile(self._fetch(tile.path), tile.width)
        return self._tiles[level, index]


def _in(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most
