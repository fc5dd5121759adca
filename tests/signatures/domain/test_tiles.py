from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signatures.domain import ledger
from signatures.domain.ledger import LedgerError, Range
from signatures.domain.tiles import (
    Tile,
    TileError,
    TileReader,
    decode_tile,
    encode_tile,
    entry_bundle,
    parse_entry_bundle,
    parse_tile_path,
    tile_path,
    tiles_of,
    width_at,
)


class Log:
    """A small log in memory that serves its tiles."""

    def __init__(self, size):
        self.entries = [b"entry %d" % number for number in range(size)]
        self.hashes = [ledger.leaf_hash(entry) for entry in self.entries]
        self.nodes = {}
        range_ = Range()
        for hash_ in self.hashes:
            self.nodes.update({(n.level, n.index): n.hash for n in range_.append(hash_)})
        self.root = range_.root()
        self.served = {
            tile.path: encode_tile([self.nodes[node] for node in tile.nodes])
            for tile in tiles_of(size)
            if tile.level is not None
        }


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((0, 0), "tile/0/000"),
        ((0, 0, 1), "tile/0/000.p/1"),
        ((1, 999), "tile/1/999"),
        ((1, 1000), "tile/1/x001/000"),
        ((0, 1234067), "tile/0/x001/x234/067"),
        ((63, 1234067, 255), "tile/63/x001/x234/067.p/255"),
        (("entries", 0, 12), "tile/entries/000.p/12"),
        (("entries", 273), "tile/entries/273"),
    ],
    ids=str,
)
def test_path_of_a_tile_is_read_back(arguments, path):
    assert tile_path(*arguments) == path
    level = None if arguments[0] == "entries" else arguments[0]
    assert parse_tile_path(path) == Tile(level, *arguments[1:])


@given(st.none() | st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_every_path_is_read_back(level, index, width):
    tile = Tile(level, index, width)
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/x001/x234",
        "tile/0/001/067",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/data/000",
        "tile/entries/0",
        "tile/0/../000",
        "tile/0/" + "x001/" * 30 + "000",
        None,
        b"tile/0/000",
    ],
    ids=repr,
)
def test_another_spelling_of_a_path_is_refused(path):
    with pytest.raises(TileError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    "arguments",
    [(-1, 0), (64, 0), (0, -1), (0, 2**63), (0, 0, 0), (0, 0, 257), (True, 0), (0, "0"), ("x", 0)],
    ids=repr,
)
def test_path_of_no_tile_is_refused(arguments):
    with pytest.raises(TileError):
        tile_path(*arguments)


def test_seventy_thousand_leaves_have_the_published_tiles():
    # The example of C2SP tlog-tiles, "Partial Tiles".
    tiles = [tile for tile in tiles_of(70_000) if tile.level is not None]
    widths = {level: [tile.width for tile in tiles if tile.level == level] for level in range(4)}
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1], 3: []}
    bundles = [tile for tile in tiles_of(70_000) if tile.level is None]
    assert [bundle.width for bundle in bundles] == [256] * 273 + [112]


def test_two_hundred_and_fifty_six_leaves_have_two_tiles():
    assert list(tiles_of(256)) == [Tile(None, 0, 256), Tile(0, 0, 256), Tile(1, 0, 1)]


def test_an_empty_log_has_no_tiles():
    assert list(tiles_of(0)) == []
    assert width_at(0, 0, 0) == 0


def test_width_of_a_tile_beyond_the_log_is_zero():
    assert [width_at(0, index, 300) for index in range(3)] == [256, 44, 0]
    assert width_at(1, 0, 300) == 1
    assert width_at(None, 1, 300) == 44


def test_nodes_of_a_tile_are_those_of_the_ledger():
    assert Tile(1, 2, 3).nodes == ((8, 512), (8, 513), (8, 514))
    assert Tile(None, 1, 2).nodes == ((0, 256), (0, 257))


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 600])
def test_proofs_are_made_from_tiles_alone(size):
    log = Log(size)
    reader = TileReader(size, log.served.__getitem__)
    assert ledger.resolve([ledger.root_plan(size)], reader) == [log.root]
    for index in {0, size // 2, size - 1}:
        proof = ledger.resolve(ledger.inclusion_plan(index, size), reader)
        assert ledger.verify_inclusion(index, size, log.hashes[index], proof, log.root) is True
    for earlier in {1, size // 2 or 1, size}:
        proof = ledger.resolve(ledger.consistency_plan(earlier, size), reader)
        root = ledger.root_of(log.hashes[:earlier])
        assert ledger.verify_consistency(earlier, size, proof, root, log.root) is True


def test_nodes_above_a_whole_tile_come_from_the_level_above():
    log = Log(600)
    reader = TileReader(600, log.served.__getitem__)
    assert reader(8, 1) == log.nodes[8, 1]
    assert reader(9, 0) == log.nodes[9, 0]
    assert reader(3, 74) == log.nodes[3, 74]


@pytest.mark.parametrize("node", [(0, 600), (0, -1), (8, 2), (9, 1), (64, 0)], ids=str)
def test_node_that_is_not_complete_is_refused(node):
    log = Log(600)
    with pytest.raises(LedgerError):
        TileReader(600, log.served.__getitem__)(*node)


def test_tile_of_the_wrong_length_is_refused():
    reader = TileReader(3, lambda path: b"\0" * 64)
    with pytest.raises(TileError):
        reader(0, 0)


def test_tile_is_read_back():
    hashes = [bytes([number]) * 32 for number in range(256)]
    assert decode_tile(encode_tile(hashes), 256) == hashes
    assert len(encode_tile(hashes)) == 8192


@pytest.mark.parametrize(
    "hashes", [[], [b"\0" * 31], [b"\0" * 32] * 257, ["0" * 32], [None]], ids=range(5)
)
def test_hashes_that_make_no_tile_are_refused(hashes):
    with pytest.raises(TileError):
        encode_tile(hashes)


@pytest.mark.parametrize(
    ("data", "width"),
    [(b"", 0), (b"", 1), (b"\0" * 33, 1), (b"\0" * 8224, 257), ("\0" * 32, 1), (b"\0" * 32, True)],
)
def test_data_that_is_no_tile_is_refused(data, width):
    with pytest.raises(TileError):
        decode_tile(data, width)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=256))
def test_entry_bundle_is_read_back(entries):
    assert parse_entry_bundle(entry_bundle(entries), len(entries)) == entries


def test_entries_are_behind_their_length():
    assert entry_bundle([b"ab", b"", b"c"]) == b"\0\2ab\0\0\0\1c"
    assert len(entry_bundle([b"x" * 65535])) == 65537


@pytest.mark.parametrize(
    "entries", [[], [b"x" * 65536], [b""] * 257, ["text"], [None]], ids=range(5)
)
def test_entries_that_make_no_bundle_are_refused(entries):
    with pytest.raises(TileError):
        entry_bundle(entries)


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"", 1),
        (b"\0", 1),
        (b"\0\2a", 1),
        (b"\0\1ab", 1),
        (b"\0\1a", 2),
        (b"\0\1a\0\1b", 1),
        (b"\0\0", 0),
        (b"\0\0" * 257, 257),
        ("\0\0", 1),
    ],
)
def test_data_that_is_no_bundle_is_refused(data, width):
    with pytest.raises(TileError):
        parse_entry_bundle(data, width)
