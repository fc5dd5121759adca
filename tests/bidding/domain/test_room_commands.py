"""Commands are registered once, with fields that a frame can carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from bidding.domain import room_commands, room_kinds
from bidding.domain.room_acts import RoomAct
from bidding.domain.room_kinds import RoomKind
from tests.bidding import hall


@dataclass(frozen=True, kw_only=True)
class Odd(RoomAct):
    """Has a field that no frame can carry."""

    when: datetime


def test_names_lists_what_a_kind_knows() -> None:
    assert room_commands.names(hall.KIND) == {"say", "score", "expel", "fail", "wait"}
    assert room_commands.names("ballroom") == set()


def test_register_of_a_second_act_under_one_name_is_a_fault() -> None:
    room_commands.register(hall.KIND, "say", hall.Say)
    with pytest.raises(RuntimeError, match="called say"):
        room_commands.register(hall.KIND, "say", hall.Score)


def test_register_of_an_unreadable_field_is_a_fault() -> None:
    with pytest.raises(TypeError, match="datetime"):
        room_commands.register(hall.KIND, "odd", Odd)
    assert "odd" not in room_commands.names(hall.KIND)


def test_register_of_a_second_kind_of_one_name_is_a_fault() -> None:
    room_kinds.register(hall.kind)
    with pytest.raises(RuntimeError, match="test-hall"):
        room_kinds.register(
            RoomKind(name=hall.KIND, audiences=lambda user, room: frozenset(), reduce=max)
        )


def test_register_with_presence_for_no_audience_is_a_fault() -> None:
    with pytest.raises(RuntimeError, match="no audience"):
        room_kinds.register(
            RoomKind(
                name="ballroom",
                audiences=lambda user, room: frozenset(),
                reduce=lambda state, event: state,
                presence="dancers",
            )
        )
