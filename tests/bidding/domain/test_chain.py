"""The chain under a stream follows its published rule, and nothing else passes."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.domain import chain
from signatures.domain.jcs import JcsError

ROOM = UUID("00112233-4455-6677-8899-aabbccddeeff")
AT = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)


def record(seq: int, data: Any = None) -> dict[str, Any]:
    return chain.record(
        seq=seq,
        at=AT,
        kind="said",
        audience="all",
        actor="user:a",
        data=data or {},
        salt=bytes(range(16)),
    )


def stream(length: int) -> list[dict[str, Any]]:
    value, events = chain.ORIGIN, []
    for seq in range(1, length + 1):
        event = record(seq, {"n": seq})
        value = chain.link(ROOM, value, event)
        events.append({**event, "chain": value.hex()})
    return events


def test_link_is_the_published_rule() -> None:
    event = record(1, {"text": "阳光", "n": [1, True, None]})
    text = json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    expected = hashlib.sha256(
        b"SUNLIT-ROOM-1|" + ROOM.bytes + bytes(32) + text.encode("utf-8")
    ).digest()
    assert chain.link(ROOM, chain.ORIGIN, event) == expected


def test_link_of_a_float_is_refused() -> None:
    with pytest.raises(JcsError):
        chain.link(ROOM, chain.ORIGIN, record(1, {"points": 93.5}))


def test_follow_gives_the_head() -> None:
    events = stream(3)
    assert chain.follow(ROOM, events) == (3, bytes.fromhex(events[-1]["chain"]))
    bare = [{name: value for name, value in event.items() if name != "chain"} for event in events]
    assert chain.follow(ROOM, bare) == chain.follow(ROOM, events)


def test_follow_of_nothing_is_the_origin() -> None:
    assert chain.follow(ROOM, []) == (0, chain.ORIGIN)


def test_follow_of_another_room_is_refused() -> None:
    with pytest.raises(chain.BrokenChain, match="Event 1"):
        chain.follow(UUID(int=1), stream(2))


@pytest.mark.parametrize("order", [(1,), (0, 2), (0, 1, 1), (1, 0, 2), (0, 2, 1), (2,)])
def test_follow_with_a_gap_or_out_of_order_is_refused(order: tuple[int, ...]) -> None:
    events = stream(3)
    with pytest.raises(chain.BrokenChain):
        chain.follow(ROOM, [events[index] for index in order])


@given(
    index=st.integers(0, 2),
    change=st.sampled_from(
        [
            ("at", "2026-03-10T01:30:00.000001Z"),
            ("kind", "Said"),
            ("audience", "committee"),
            ("actor", "user:b"),
            ("data", {"n": 0}),
            ("salt", "00" * 16),
            ("chain", "00" * 32),
            ("more", 1),
        ]
    ),
)
def test_follow_of_a_changed_event_is_refused(index: int, change: tuple[str, Any]) -> None:
    events = copy.deepcopy(stream(3))
    events[index][change[0]] = change[1]
    with pytest.raises(chain.BrokenChain):
        chain.follow(ROOM, events)
