"""Frames that are none of the protocol's: each gets a nack, and the socket lives on."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from bidding.models import Room
from tests.bidding import hall
from tests.bidding.sockets import Hand

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("room_threads")]


@pytest.fixture
def room() -> Room:
    return hall.make_room("test-quiet")


_DEEP = '{"hello":' * 5000 + "1" + "}" * 5000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed-frame"),
        ("{", "malformed-frame"),
        ("null", "malformed-frame"),
        ("[]", "malformed-frame"),
        ("1", "malformed-frame"),
        ('"hello"', "malformed-frame"),
        ("{}", "malformed-frame"),
        ('{"hello": 1}', "malformed-frame"),
        ('{"hello": {}}', "malformed-frame"),
        ('{"hello": {"last_seq": -1}}', "malformed-frame"),
        ('{"hello": {"last_seq": true}}', "malformed-frame"),
        ('{"hello": {"last_seq": "1"}}', "malformed-frame"),
        ('{"hello": {"last_seq": 1.5}}', "malformed-frame"),
        ('{"hello": {"last_seq": 1e400}}', "malformed-frame"),
        ('{"hello": {"last_seq": 99999999999999999999}}', "malformed-frame"),
        ('{"hello": {"last_seq": 0}, "hello": {"last_seq": 1}}', "malformed-frame"),
        ('{"hello": {"last_seq": 0, "room": "x"}}', "malformed-frame"),
        ('{"do": "say"}', "malformed-frame"),
        ('{"id": 1, "do": "say"}', "malformed-frame"),
        ('{"id": "x", "do": "say"}', "malformed-frame"),
        ('{"id": {}, "do": "say"}', "malformed-frame"),
        ('{"id": "00000000-0000-0000-0000-00000000000A", "do": "say"}', "malformed-frame"),
        ('{"ping": {}}', "malformed-frame"),
        ('{"ping": null}', "malformed-frame"),
        ('{"ping": 1.5}', "malformed-frame"),
        ('{"ping": NaN}', "malformed-frame"),
        (json.dumps({"ping": "x" * 65}), "malformed-frame"),
        ('{"\\ud800": 1}', "malformed-frame"),
        ("[" * 30_000, "malformed-frame"),
        (_DEEP, "malformed-frame"),
        (json.dumps({"ping": "x" * 65536}), "frame-too-large"),
        (json.dumps({"ping": "阳" * 22000}, ensure_ascii=False), "frame-too-large"),
    ],
)
async def test_malformed_frame_gets_a_nack(room: Room, text: str, code: str) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    await hand.raw(text)
    frame = await hand.receive()
    assert (frame["nack"], frame["code"]) == (None, code)
    assert (await hand.do("say", text="still here"))["seq"] == 1
    await hand.leave()


@pytest.mark.parametrize(
    "rest",
    [
        {"do": 1},
        {"do": ""},
        {"do": "x" * 61},
        {"do": "say", "with": []},
        {"do": "say", "with": "x"},
        {"do": "say", "with": {}, "room": "x"},
        {"do": "say", "with": {"text": "a\0b"}},
        {"do": "say", "with": {"a\0": "b"}},
        {},
    ],
)
async def test_malformed_command_gets_a_nack_with_its_id(room: Room, rest: dict[str, Any]) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    id_ = str(uuid.uuid4())
    await hand.send({"id": id_, **rest})
    frame = await hand.receive()
    assert (frame["nack"], frame["code"]) == (id_, "malformed-frame")
    await hand.leave()


async def test_binary_frame_gets_a_nack(room: Room) -> None:
    hand = await Hand.enter(room, "tenderer-1")
    await hand.raw(data=b"\x00\xff")
    assert (await hand.receive())["code"] == "binary-frame"
    await hand.leave()
