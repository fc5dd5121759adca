from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.domain import jcs, ledger
from signatures.domain.jcs import JcsError
from signatures.domain.ledger import LedgerError, Range, verify_consistency, verify_inclusion
from tests.vectors import load

VECTORS = load("ledger")
LEAVES = [ledger.leaf_hash(bytes.fromhex(data)) for data in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]

AT = "2026-03-01T09:00:00.000000Z"
ENTRY = {
    "act": "notice.publish",
    "actor": "org:1",
    "subject": "lot:1",
    "digests": {"notice": "00"},
    "context": {},
}


def _leaves(count):
    return [ledger.leaf_hash(b"leaf %d" % number) for number in range(count)]


def naive_root(hashes):
    """RFC 9162, 2.1.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    left, right = naive_root(hashes[:split]), naive_root(hashes[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def naive_inclusion(index, hashes):
    """RFC 9162, 2.1.3.1, word for word."""
    if len(hashes) == 1:
        return []
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if index < split:
        return [*naive_inclusion(index, hashes[:split]), naive_root(hashes[split:])]
    return [*naive_inclusion(index - split, hashes[split:]), naive_root(hashes[:split])]


def naive_consistency(size, hashes, *, whole=True):
    """RFC 9162, 2.1.4.1, word for word."""
    if size == len(hashes):
        return [] if whole else [naive_root(hashes)]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if size <= split:
        proof = naive_consistency(size, hashes[:split], whole=whole)
        return [*proof, naive_root(hashes[split:])]
    proof = naive_consistency(size - split, hashes[split:], whole=False)
    return [*proof, naive_root(hashes[:split])]


sizes = st.integers(1, 70)


@pytest.mark.parametrize("size", range(1, 9))
def test_reference_leaves_have_the_published_roots(size):
    assert ledger.root_of(LEAVES[:size]) == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert ledger.root_of([]).hex() == VECTORS["empty_root"]
    assert Range().root().hex() == VECTORS["empty_root"]


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=str)
def test_published_inclusion_proof_is_made_and_accepted(case):
    index, size = case["index"], case["size"]
    proof = [bytes.fromhex(item) for item in case["proof"]]
    assert ledger.inclusion_path(index, LEAVES[:size]) == proof
    assert verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size - 1]) is True


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=str)
def test_published_consistency_proof_is_made_and_accepted(case):
    size1, size2 = case["size1"], case["size2"]
    proof = [bytes.fromhex(item) for item in case["proof"]]
    assert ledger.consistency_path(size1, LEAVES[:size2]) == proof
    assert verify_consistency(size1, size2, proof, ROOTS[size1 - 1], ROOTS[size2 - 1]) is True


@given(sizes)
def test_root_is_that_of_the_naive_tree(size):
    assert ledger.root_of(_leaves(size)) == naive_root(_leaves(size))


@given(sizes, st.data())
def test_inclusion_proof_is_that_of_the_naive_tree(size, data):
    index = data.draw(st.integers(0, size - 1))
    hashes = _leaves(size)
    proof = ledger.inclusion_path(index, hashes)
    assert proof == naive_inclusion(index, hashes)
    assert verify_inclusion(index, size, hashes[index], proof, naive_root(hashes)) is True


@given(sizes, st.data())
def test_consistency_proof_is_that_of_the_naive_tree(size2, data):
    size1 = data.draw(st.integers(1, size2))
    hashes = _leaves(size2)
    proof = ledger.consistency_path(size1, hashes)
    assert proof == naive_consistency(size1, hashes)
    roots = naive_root(hashes[:size1]), naive_root(hashes)
    assert verify_consistency(size1, size2, proof, *roots) is True


def test_every_pair_of_small_sizes_is_consistent_and_no_other_root_is():
    for size2 in range(1, 20):
        hashes = _leaves(size2)
        for size1 in range(1, size2 + 1):
            proof = ledger.consistency_path(size1, hashes)
            old, new = naive_root(hashes[:size1]), naive_root(hashes)
            assert verify_consistency(size1, size2, proof, old, new) is True
            forged = naive_root([ledger.leaf_hash(b"forged"), *hashes[1:size1]])
            assert verify_consistency(size1, size2, proof, forged, new) is False


# --- must fail ---


@settings(max_examples=200)
@given(sizes, st.data())
def test_inclusion_proof_with_one_flipped_bit_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    hashes = _leaves(size)
    root = naive_root(hashes)
    parts = [hashes[index], root, *ledger.inclusion_path(index, hashes)]
    place = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    number = int.from_bytes(parts[place], "big") ^ (1 << bit)
    parts[place] = number.to_bytes(32, "big")
    assert verify_inclusion(index, size, parts[0], parts[2:], parts[1]) is False


@settings(max_examples=200)
@given(sizes, st.data())
def test_consistency_proof_with_one_flipped_bit_is_refused(size2, data):
    size1 = data.draw(st.integers(1, size2))
    hashes = _leaves(size2)
    parts = [
        naive_root(hashes[:size1]),
        naive_root(hashes),
        *ledger.consistency_path(size1, hashes),
    ]
    place = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    number = int.from_bytes(parts[place], "big") ^ (1 << bit)
    parts[place] = number.to_bytes(32, "big")
    assert verify_consistency(size1, size2, parts[2:], parts[0], parts[1]) is False


@given(st.integers(2, 70), st.data())
def test_inclusion_proof_does_not_serve_another_place(size, data):
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, 2 * size).filter(lambda number: number != index))
    hashes = _leaves(size)
    proof = ledger.inclusion_path(index, hashes)
    assert verify_inclusion(other, size, hashes[index], proof, naive_root(hashes)) is False


def _inclusion(**changes):
    hashes = _leaves(6)
    arguments = {
        "index": 4,
        "size": 6,
        "leaf_hash": hashes[4],
        "proof": ledger.inclusion_path(4, hashes),
        "root": naive_root(hashes),
    }
    return verify_inclusion(**{**arguments, **changes})


def _consistency(**changes):
    hashes = _leaves(6)
    arguments = {
        "size1": 3,
        "size2": 6,
        "proof": ledger.consistency_path(3, hashes),
        "root1": naive_root(hashes[:3]),
        "root2": naive_root(hashes),
    }
    return verify_consistency(**{**arguments, **changes})


def test_the_unchanged_arguments_hold():
    assert _inclusion() is True
    assert _consistency() is True


NUMBERS = [
    -1,
    True,
    False,
    4.0,
    6.0,
    "4",
    None,
    b"4",
    2**63,
    pytest.param(10**5000, id="huge"),
    [],
    float("nan"),
]
HASHES = [b"", b"\0" * 31, b"\0" * 33, None, "0" * 32, 0, bytearray(32), True, 1.5, [b""]]
PROOFS = [
    None,
    b"",
    "proof",
    7,
    {},
    [b""],
    [b"\0" * 31],
    [None],
    ["0" * 32],
    [[b"\0" * 32]],
    [b"\0" * 32] * 65,
    [b"\0" * 32] * 1000,
    iter([b"\0" * 32]),
]


@pytest.mark.parametrize("value", NUMBERS)
@pytest.mark.parametrize("name", ["index", "size"])
def test_inclusion_with_a_bad_number_is_refused_without_an_error(name, value):
    assert _inclusion(**{name: value}) is False


@pytest.mark.parametrize("value", HASHES, ids=ascii)
@pytest.mark.parametrize("name", ["leaf_hash", "root"])
def test_inclusion_with_a_bad_hash_is_refused_without_an_error(name, value):
    assert _inclusion(**{name: value}) is False


@pytest.mark.parametrize("value", PROOFS)
def test_inclusion_with_a_bad_proof_is_refused_without_an_error(value):
    assert _inclusion(proof=value) is False


@pytest.mark.parametrize("value", NUMBERS)
@pytest.mark.parametrize("name", ["size1", "size2"])
def test_consistency_with_a_bad_number_is_refused_without_an_error(name, value):
    assert _consistency(**{name: value}) is False


@pytest.mark.parametrize("value", HASHES, ids=ascii)
@pytest.mark.parametrize("name", ["root1", "root2"])
def test_consistency_with_a_bad_hash_is_refused_without_an_error(name, value):
    assert _consistency(**{name: value}) is False


@pytest.mark.parametrize("value", PROOFS)
def test_consistency_with_a_bad_proof_is_refused_without_an_error(value):
    assert _consistency(proof=value) is False


def test_proofs_that_are_too_long_or_short_are_refused():
    hashes = _leaves(6)
    included = ledger.inclusion_path(4, hashes)
    consistent = ledger.consistency_path(3, hashes)
    for extra in ([naive_root(hashes)], [hashes[0]], [b"\0" * 32]):
        assert _inclusion(proof=included + extra) is False
        assert _inclusion(proof=extra + included) is False
        assert _consistency(proof=consistent + extra) is False
        assert _consistency(proof=extra + consistent) is False
    assert _inclusion(proof=included[:-1]) is False
    assert _inclusion(proof=included[1:]) is False
    assert _inclusion(proof=[]) is False
    assert _consistency(proof=consistent[:-1]) is False
    assert _consistency(proof=consistent[1:]) is False
    assert _consistency(proof=[]) is False


def test_the_empty_tree_proves_nothing():
    root = ledger.EMPTY_ROOT
    assert verify_inclusion(0, 0, root, [], root) is False
    assert verify_consistency(0, 0, [], root, root) is False
    assert verify_consistency(0, 1, [], root, LEAVES[0]) is False
    assert verify_consistency(0, 8, [], root, ROOTS[7]) is False


def test_equal_sizes_need_equal_roots_and_no_proof():
    assert verify_consistency(8, 8, [], ROOTS[7], ROOTS[7]) is True
    assert verify_consistency(8, 8, [], ROOTS[7], ROOTS[6]) is False
    assert verify_consistency(8, 8, [ROOTS[7]], ROOTS[7], ROOTS[7]) is False


def test_a_shrunken_log_is_refused():
    proof = ledger.consistency_path(3, _leaves(6))
    assert _consistency(size1=6, size2=3, proof=proof) is False


def test_a_leaf_does_not_pass_for_a_node():
    inner = ledger.node_hash(LEAVES[0], LEAVES[1])
    assert verify_inclusion(0, 1, inner, [LEAVES[2]], ledger.node_hash(inner, LEAVES[2])) is False
    assert ledger.leaf_hash(LEAVES[0] + LEAVES[1]) != inner


@given(st.data())
def test_verifiers_never_raise(data):
    anything = (
        st.none() | st.integers() | st.floats() | st.booleans() | st.text() | st.binary(max_size=34)
    )
    value = st.one_of(anything, st.lists(anything, max_size=3), st.just(b"\1" * 32))
    arguments = [data.draw(value) for _ in range(5)]
    assert verify_inclusion(*arguments) in (True, False)
    assert verify_consistency(*arguments) in (True, False)


# --- plans and ranges ---


@given(sizes)
def test_range_yields_every_complete_subtree_once(size):
    hashes = _leaves(size)
    range_ = Range()
    stored = {}
    for hash_ in hashes:
        for node in range_.append(hash_):
            assert (node.level, node.index) not in stored
            stored[node.level, node.index] = node.hash
    expected = {}
    for level in range(size.bit_length()):
        width = 1 << level
        for index in range(size // width):
            expected[level, index] = naive_root(hashes[index * width : (index + 1) * width])
    assert stored == expected
    assert range_.size == size
    assert range_.root() == naive_root(hashes)


@given(sizes, st.data())
def test_stored_subtrees_make_every_root_and_proof(size, data):
    hashes = _leaves(size)
    stored = {}
    range_ = Range()
    for hash_ in hashes:
        stored.update({(node.level, node.index): node.hash for node in range_.append(hash_)})
    earlier = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, earlier - 1))

    def node(level, place):
        return stored[level, place]

    assert ledger.resolve([ledger.root_plan(earlier)], node) == [naive_root(hashes[:earlier])]
    proof = ledger.resolve(ledger.inclusion_plan(index, earlier), node)
    assert proof == naive_inclusion(index, hashes[:earlier])
    proof = ledger.resolve(ledger.consistency_plan(earlier, size), node)
    assert proof == naive_consistency(earlier, hashes)


@given(sizes, st.integers(0, 20))
def test_range_goes_on_from_what_was_kept(size, more):
    hashes = _leaves(size + more)
    range_ = Range()
    for hash_ in hashes[:size]:
        range_.append(hash_)
    resumed = Range(range_.size, range_.hashes)
    for hash_ in hashes[size:]:
        resumed.append(hash_)
    assert resumed.root() == naive_root(hashes)


def test_plans_are_short_even_for_a_huge_log():
    size = 2**40 + 12345
    assert len(ledger.inclusion_plan(77, size)) == 41
    assert len(ledger.consistency_plan(2**39 + 1, size)) <= 64


@pytest.mark.parametrize(
    "call",
    [
        lambda: Range(-1),
        lambda: Range(True),
        lambda: Range(10**5000),
        lambda: Range(3, [b"\0" * 32]),
        lambda: Range(1, [b"\0" * 31]),
        lambda: Range().append(b""),
        lambda: Range().append("0" * 32),
        lambda: ledger.root_of([b"short"]),
        lambda: ledger.inclusion_path(0, []),
        lambda: ledger.inclusion_path(3, LEAVES[:3]),
        lambda: ledger.inclusion_path(-1, LEAVES),
        lambda: ledger.consistency_path(0, LEAVES),
        lambda: ledger.consistency_path(9, LEAVES),
        lambda: ledger.consistency_path(1, []),
        lambda: ledger.inclusion_plan(0, "8"),
    ],
)
def test_bad_trees_are_refused(call):
    with pytest.raises(LedgerError):
        call()


# --- leaves ---


def test_plain_leaf_is_canonical():
    assert ledger.plain_leaf(AT, ENTRY) == jcs.dumps({"v": 1, "at": AT, "entry": ENTRY})


def test_hidden_leaf_shows_only_a_salted_commitment():
    salt = bytes(range(32))
    expected = hashlib.sha256(b"SUNLIT-ENTRY-1|" + salt + jcs.dumps(ENTRY)).digest()
    assert ledger.commitment(salt, ENTRY) == expected
    leaf = ledger.hidden_leaf(AT, salt, ENTRY)
    assert leaf == jcs.dumps({"v": 1, "at": AT, "c": expected.hex()})


def test_hidden_leaf_carries_the_minute_only():
    precise = "2026-03-01T09:00:41.123456Z"
    with pytest.raises(LedgerError, match="minute only"):
        ledger.hidden_leaf(precise, bytes(32), ENTRY)
    assert ledger.minute_of(precise) == AT


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33), "0" * 32, None, bytearray(32)])
def test_salt_is_32_bytes(salt):
    with pytest.raises(LedgerError):
        ledger.commitment(salt, ENTRY)


@pytest.mark.parametrize(
    "changes",
    [
        {"act": ""},
        {"act": None},
        {"actor": 7},
        {"subject": ["lot:1"]},
        {"digests": []},
        {"context": None},
        {"note": "more"},
    ],
    ids=str,
)
def test_entry_of_another_form_is_refused(changes):
    with pytest.raises(LedgerError):
        ledger.plain_leaf(AT, {**ENTRY, **changes})


@pytest.mark.parametrize("name", sorted(ENTRY))
def test_entry_that_lacks_a_field_is_refused(name):
    entry = {key: value for key, value in ENTRY.items() if key != name}
    with pytest.raises(LedgerError, match=name):
        ledger.plain_leaf(AT, entry)


def test_leaf_at_no_time_is_refused():
    with pytest.raises(JcsError):
        ledger.plain_leaf("2026-03-01", ENTRY)
