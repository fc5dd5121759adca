"""The Merkle log: hashes, proofs and leaves. Hashing and proofs are those of RFC 9162, section 2.

SHA-256; a leaf is hashed behind 0x00 and a node behind 0x01, so that neither passes for the other.
A node ``(level, index)`` is the root of the complete subtree over the leaves
``index·2^level … (index+1)·2^level - 1``. Each such hash never changes once its leaves exist, so a
log stores it once and every proof is a look-up: the ``*_plan`` functions say which nodes to fetch.

Example of a log in memory, proving its leaf 2 of 5::

    hashes = [leaf_hash(data) for data in entries]
    proof = inclusion_path(2, hashes)
    assert verify_inclusion(2, 5, hashes[2], proof, root_of(hashes))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from signatures.domain import jcs
from signatures.domain.errors import Malformed

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
ENTRY_FIELDS = ("act", "actor", "subject", "digests", "context")
SALT_SIZE = 32

# A log never grows past this; the bound keeps verification of absurd input short.
MAX_SIZE = 2**63
_MAX_PROOF = 64

#: ``(level, index)`` of a complete subtree.
Coordinate = tuple[int, int]
#: Complete subtrees, left to right, that fold into one hash.
Group = tuple[Coordinate, ...]


class LedgerError(Malformed):
    """Something that cannot be a leaf, a tree size or a hash."""

    default_code = "bad-ledger-value"


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree: ``hash`` is 32 bytes, ``level`` 0 for a leaf."""

    level: int
    index: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """One hash over neighbouring complete subtrees given left to right, each larger than the
    next; the empty tree's root (SHA-256 of nothing) when there are none."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


# --- which nodes make up roots and proofs -------------------------------------------------------


def root_plan(size: int) -> Group:
    """The complete subtrees whose fold is the root of the first ``size`` leaves."""
    _check_size(size, least=0)
    return _cover(0, size)


def inclusion_plan(index: int, size: int) -> tuple[Group, ...]:
    """For each hash of the inclusion proof (RFC 9162, 2.1.3.1), in order, the nodes to fold."""
    _check_size(size, least=1)
    if type(index) is not int or not 0 <= index < size:
        raise LedgerError(f"A log of {size} leaves has no leaf {jcs.shown(index)}.")
    groups: list[Group] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            groups.append(_cover(middle, end))
            end = middle
        else:
            groups.append(_cover(start, middle))
            start = middle
    return tuple(reversed(groups))


def consistency_plan(size1: int, size2: int) -> tuple[Group, ...]:
    """For each hash of the consistency proof (RFC 9162, 2.1.4.1), in order, the nodes to fold."""
    _check_size(size2, least=1)
    if type(size1) is not int or not 0 < size1 <= size2:
        raise LedgerError(f"A log of {size2} leaves never had the earlier size {jcs.shown(size1)}.")
    groups: list[Group] = []
    start, end = 0, size2
    whole = True  # the old tree is the whole of this left part, so the verifier knows its root
    while end > size1:
        middle = start + _split(end - start)
        if size1 <= middle:
            groups.append(_cover(middle, end))
            end = middle
        else:
            groups.append(_cover(start, middle))
            start = middle
            whole = False
    if not whole:
        groups.append(_cover(start, end))
    return tuple(reversed(groups))


def resolve(plan: Iterable[Group], node: Callable[[int, int], bytes]) -> list[bytes]:
    """The hashes of a plan, each node taken from ``node(level, index)``."""
    return [fold([node(level, index) for level, index in group]) for group in plan]


# --- trees in memory ----------------------------------------------------------------------------


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The Merkle tree hash of these leaf hashes (RFC 9162, 2.1.1)."""
    range_ = Range()
    for hash_ in leaf_hashes:
        range_.append(hash_)
    return range_.root()


def inclusion_path(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """The inclusion proof of one of these leaves, from the leaf upwards."""
    plan = inclusion_plan(index, len(leaf_hashes))
    return resolve(plan, _levels(leaf_hashes))


def consistency_path(size1: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """The proof that the tree of the first ``size1`` leaves is a prefix of the tree of all."""
    plan = consistency_plan(size1, len(leaf_hashes))
    return resolve(plan, _levels(leaf_hashes))


class Range:
    """The right edge of a growing tree: its size and the hashes of ``root_plan(size)``.

    Enough to append and to know the root, and small enough (at most 63 hashes) to keep in a row.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        _check_size(size, least=0)
        if len(hashes) != size.bit_count():
            raise LedgerError(
                f"The edge of a tree of {size} leaves has {size.bit_count()} hashes,"
                f" not {len(hashes)}."
            )
        for hash_ in hashes:
            _check_hash(hash_)
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The complete subtrees of the edge, left to right, largest first."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> tuple[Node, ...]:
        """Add a leaf; returns every complete subtree that it created, the leaf itself first."""
        _check_hash(leaf_hash)
        _check_size(self._size + 1, least=1)
        node = Node(0, self._size, leaf_hash)
        created = [node]
        while node.index & 1:
            node = Node(node.level + 1, node.index >> 1, node_hash(self._hashes.pop(), node.hash))
            created.append(node)
        self._hashes.append(node.hash)
        self._size += 1
        return tuple(created)

    def root(self) -> bytes:
        """The root of all leaves so far."""
        return fold(self._hashes)


# --- verification ---------------------------------------------------------------------------------


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, proof: list[bytes], root: bytes
) -> bool:
    """Whether ``proof`` shows the leaf at ``index`` (from 0) under ``root`` of ``size`` leaves.

    RFC 9162, 2.1.3.2. Never raises: the empty tree, numbers that are not plain non-negative
    integers, and hashes that are not 32 bytes are simply not proven.
    """
    if not (_is_size(size) and type(index) is int and 0 <= index < size):
        return False
    if not (_is_hash(leaf_hash) and _is_hash(root) and _is_proof(proof)):
        return False
    fn, sn = index, size - 1
    current = leaf_hash
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            current = node_hash(sibling, current)
            fn, sn = _climb(fn, sn)
        else:
            current = node_hash(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and current == root


def verify_consistency(
    size1: int, size2: int, proof: list[bytes], root1: bytes, root2: bytes
) -> bool:
    """Whether ``proof`` shows that the tree (``size2``, ``root2``) only added leaves to the tree
    (``size1``, ``root1``). Equal sizes need equal roots and an empty proof.

    RFC 9162, 2.1.4.2. Never raises, as ``verify_inclusion``.
    """
    if not (_is_size(size1) and _is_size(size2) and size1 <= size2):
        return False
    if not (_is_hash(root1) and _is_hash(root2) and _is_proof(proof)):
        return False
    if size1 == size2:
        return len(proof) == 0 and root1 == root2
    path = [root1, *proof] if size1.bit_count() == 1 else list(proof)
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
            fn, sn = _climb(fn, sn)
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == root1 and new == root2


# --- leaves ---------------------------------------------------------------------------------------


def plain_leaf(at: str, entry: Mapping[str, Any]) -> bytes:
    """A public act: JCS ``{"v":1,"at":…,"entry":{act, actor, subject, digests, context}}``.

    ``at`` is a canonical timestamp; ``act`` a non-empty string, ``actor`` and ``subject`` URNs or
    null, ``digests`` and ``context`` objects.
    """
    jcs.parse_timestamp(at)
    return jcs.dumps({"v": 1, "at": at, "entry": _entry(entry)})


def hidden_leaf(at: str, salt: bytes, entry: Mapping[str, Any]) -> bytes:
    """Everything else: JCS ``{"v":1,"at":…,"c":hex}`` with ``c`` the salted commitment.

    ``at`` names a whole minute (``minute_of``), so that the times of bids do not show.
    """
    if minute_of(at) != at:
        raise LedgerError(f"A hidden leaf carries the minute only: {minute_of(at)}, not {at}.")
    return hidden_leaf_of(at, commitment(salt, entry))


def hidden_leaf_of(at: str, commitment_: bytes) -> bytes:
    """The hidden leaf over a commitment; that ``at`` is a whole minute's canonical timestamp is its
    maker's care."""
    return b'{"at":"%s","c":"%s","v":1}' % (at.encode(), commitment_.hex().encode())


def commitment(salt: bytes, entry: Mapping[str, Any]) -> bytes:
    """SHA-256("SUNLIT-ENTRY-1|" ‖ 32-byte salt ‖ JCS(entry))."""
    return commitment_of(salt, entry_bytes(entry))


def entry_bytes(entry: Mapping[str, Any]) -> bytes:
    """JCS of an entry with exactly the fields act, actor, subject, digests and context."""
    return jcs.dumps(_entry(entry))


def commitment_of(salt: bytes, entry: bytes) -> bytes:
    """The commitment to an entry's canonical bytes."""
    if type(salt) is not bytes or len(salt) != SALT_SIZE:
        raise LedgerError(f"The salt of a hidden leaf is {SALT_SIZE} random bytes.")
    return hashlib.sha256(b"SUNLIT-ENTRY-1|" + salt + entry).digest()


def minute_of(at: str) -> str:
    """The timestamp with seconds and fractions set to zero."""
    moment = jcs.parse_timestamp(at)
    return jcs.timestamp(moment.replace(second=0, microsecond=0))


# --- helpers --------------------------------------------------------------------------------------


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    fields = jcs.require_fields(entry, ENTRY_FIELDS, where="The ledger entry", error=LedgerError)
    if not isinstance(fields["act"], str) or not fields["act"]:
        raise LedgerError("The ledger entry's act must be its name.")
    for name in ("actor", "subject"):
        if fields[name] is not None and not isinstance(fields[name], str):
            raise LedgerError(f"The ledger entry's {name} must be a URN or null.")
    for name in ("digests", "context"):
        if not isinstance(fields[name], dict):
            raise LedgerError(f"The ledger entry's {name} must be an object.")
    return dict(fields)


def _split(size: int) -> int:
    """The largest power of two below ``size`` (size > 1): where RFC 9162 divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _cover(start: int, end: int) -> Group:
    return tuple(_subtrees(start, end))


def _subtrees(start: int, end: int) -> Iterator[Coordinate]:
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _levels(leaf_hashes: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """All complete subtrees over these leaves, as a look-up."""
    levels = [list(leaf_hashes)]
    for hash_ in levels[0]:
        _check_hash(hash_)
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def _climb(fn: int, sn: int) -> tuple[int, int]:
    """Skip the levels at which the last node has no sibling."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _is_hash(value: object) -> bool:
    return type(value) is bytes and len(value) == HASH_SIZE


def _is_size(value: object) -> bool:
    return type(value) is int and 0 < value < MAX_SIZE


def _is_proof(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and type(value) in (list, tuple)
        and len(value) <= _MAX_PROOF
        and all(_is_hash(item) for item in value)
    )


def _check_hash(value: object) -> None:
    if not _is_hash(value):
        raise LedgerError(f"A hash of the ledger is {HASH_SIZE} bytes.")


def _check_size(value: object, *, least: int) -> None:
    if type(value) is not int or not least <= value < MAX_SIZE:
        raise LedgerError(f"{jcs.shown(value)} is not the size of a log.")
