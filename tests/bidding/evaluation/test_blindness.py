"""Blindness where it could leak: on real sockets, every frame that came down is looked at."""

from __future__ import annotations

import json
import uuid

import pytest

from bidding.domain import rooms
from bidding.domain.room_kinds import only
from bidding.models import Clarification
from signatures.models import User
from tests.bidding import hall
from tests.bidding.clarifying import ANSWER, Clarifying
from tests.bidding.drawn import Drawn
from tests.bidding.opened import do
from tests.bidding.sockets import Hand, off

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("room_threads")]


async def enter(world: Drawn, user: User) -> Hand:
    """A person's socket in the evaluation room."""
    room = await off(lambda: world.room)
    hand = Hand(room, await off(hall.sign_in, user))
    hand.user = user
    assert (await hand.connect())[0] is True
    await hand.hello()
    return hand


async def settled(world: Drawn, hands: list[Hand]) -> None:
    """Wait until every hand has all that was committed: a last word for everybody comes."""
    mark = uuid.uuid4().hex
    await off(
        do, lambda scene: rooms.emit(scene, world.room, "mark", {"mark": mark})
    )
    for hand in hands:
        await hand.until(lambda frame: frame.get("data", {}).get("mark") == mark)


def everything(hand: Hand) -> str:
    return json.dumps(hand.frames, ensure_ascii=False)


async def test_no_evaluator_sees_anothers_points_nor_any_name(world: Drawn) -> None:
    members = await off(world.begin)
    one = await enter(world, members[0])
    other = await enter(world, members[1])
    supervisor = await enter(world, world.opening.supervisor)
    for hand, points in ((one, "31.41"), (other, "27.18")):
        for code in ("T01", "T02", "T03", "T04"):
            answer = await hand.do("score", bid=code, criterion="plan", points=points)
            assert "ack" in answer
    await settled(world, [one, other, supervisor])
    assert "31.41" in everything(one)
    assert "27.18" not in everything(one)
    assert "27.18" in everything(other)
    assert "31.41" not in everything(other)
    watched = everything(supervisor)
    assert "31.41" not in watched
    assert "27.18" not in watched
    for hand in (one, other, supervisor):
        for bid in world.opening.bids:
            assert bid.tenderer.name not in everything(hand)
            assert str(bid.pk) not in everything(hand)
        await hand.leave()


async def test_who_comes_back_sees_their_own_points_only(world: Drawn) -> None:
    members = await off(world.begin)
    one = await enter(world, members[0])
    other = await enter(world, members[1])
    await one.do("score", bid="T01", criterion="plan", points="31.41")
    await other.do("score", bid="T01", criterion="plan", points="27.18")
    await one.leave()
    await other.leave()
    back = await enter(world, members[0])
    await settled(world, [back])
    assert "31.41" in everything(back)
    assert "27.18" not in everything(back)
    await back.leave()


async def test_answer_comes_under_its_code_to_everybody_in_the_room_also_after_a_lost_line(
    world: Drawn,
) -> None:
    case = Clarifying(world)
    await off(case.begin)
    chair = await enter(world, case.chair)
    member = await enter(world, case.members[1])
    supervisor = await enter(world, world.opening.supervisor)
    assert "ack" in await chair.do("ask-clarification", **await off(case.asking, 2))
    assert "nack" in await member.do("ask-clarification", **await off(case.asking, 2))
    await member.leave()
    row = await off(lambda: Clarification.objects.select_related("bid__tenderer").get())
    await off(case.answer, row, world.opening.bidders[2])
    back = await enter(world, case.members[1])
    await settled(world, [chair, back, supervisor])
    for hand in (chair, back, supervisor):
        assert ANSWER in everything(hand)
        for bid, bidder in zip(world.opening.bids, world.opening.bidders, strict=True):
            for hidden in (
                bid.tenderer.name, bid.tenderer.urn, str(bid.pk), bidder.urn, bidder.full_name
            ):
                assert hidden not in everything(hand)
        await hand.leave()


async def test_the_same_command_twice_scores_once(world: Drawn) -> None:
    members = await off(world.begin)
    one = await enter(world, members[0])
    key = str(uuid.uuid4())
    cell = {"bid": "T01", "criterion": "plan", "points": "31.41"}
    first = await one.do("score", id=key, **cell)
    again = await one.do("score", id=key, **cell)
    assert again == first
    await one.do("score", **cell)
    await settled(world, [one])
    assert [kind for _seq, kind in one.events()].count("scored") == 1
    await one.leave()


async def test_tenderers_hosts_and_undrawn_experts_do_not_get_in(world: Drawn) -> None:
    members = await off(world.begin)
    outside = list(world.experts.values())[5]
    assert outside not in members
    room = await off(lambda: world.room)
    for user in (
        world.opening.bidders[0], world.opening.host, world.opening.keeper, outside,
    ):
        hand = Hand(room, await off(hall.sign_in, user))
        await hand.connect()
        assert await hand.closed() == 4403
        assert hand.frames == []


async def test_who_declares_a_conflict_is_out_at_once(world: Drawn) -> None:
    members = await off(world.begin)
    leaver = await enter(world, members[0])
    stayer = await enter(world, members[1])
    await settled(world, [leaver, stayer])
    await off(world.declare, members[0], True)
    assert await leaver.closed() == 4403
    await settled(world, [stayer])
    answer = await stayer.do("score", bid="T01", criterion="plan", points="27.18")
    assert "ack" in answer
    assert "27.18" not in everything(leaver)
    await stayer.leave()


async def test_frozen_scores_and_names_come_to_all_at_once(world: Drawn) -> None:
    members = await off(world.scored)
    one = await enter(world, members[0])
    supervisor = await enter(world, world.opening.supervisor)
    await settled(world, [one, supervisor])
    assert not any(bid.tenderer.name in everything(one) for bid in world.opening.bids)
    assert "ack" in await one.do("freeze-scores")
    for hand in (one, supervisor):
        await hand.until(lambda frame: frame.get("event") == "identities")
        assert all(bid.tenderer.name in everything(hand) for bid in world.opening.bids)
        await hand.leave()


async def test_malformed_commands_get_a_nack(world: Drawn) -> None:
    members = await off(world.begin)
    one = await enter(world, members[0])
    for name, fields, code in (
        ("score", {}, "missing-field"),
        ("score", {"bid": 1, "criterion": "plan", "points": "1"}, "bad-field"),
        ("score", {"bid": "T01", "criterion": "plan", "points": "1e9999999"}, "bad-points"),
        ("freeze-sheet", {}, "bad-field"),
        ("freeze-sheet", {"statement": "x", "signature": "y"}, "bad-base64"),
        ("freeze-scores", {}, "sheets-open"),
        ("compute-scores", {}, "scores-not-frozen"),
        ("close", {}, "unknown-command"),
    ):
        answer = await one.do(name, **fields)
        assert answer.get("code") == code, (name, answer)
    await one.leave()


async def test_points_go_to_the_audience_of_their_member(world: Drawn) -> None:
    members = await off(world.begin)
    one = await enter(world, members[0])
    await one.do("score", bid="T01", criterion="plan", points="31.41")
    await settled(world, [one])
    room = await off(lambda: world.room)
    rows = await off(lambda: [each for each in rooms.events(room.pk) if each.kind == "scored"])
    assert [row.audience for row in rows] == [only(members[0].urn)]
    await one.leave()
