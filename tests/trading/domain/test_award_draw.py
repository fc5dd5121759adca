"""From the result of a weighted draw to the decided candidate, and what never becomes one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signatures.domain import clock, log
from signatures.domain.act import dispatch
from signatures.domain.errors import Refused
from tests.factories import floor, signers
from tests.trading import drawing as tables
from tests.trading import separated as worlds
from trading.domain import deciding, drawing, drawing_ends
from trading.domain.award_draw import OpenAwardDraw
from trading.domain.drawing import OpenDraw
from trading.domain.drawing_duties import due
from trading.domain.ticking import ACTOR
from trading.models import AwardDecision, Draw, Exhibit, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

WEIGHTS = [5, 3, 2]


@pytest.fixture
def world(trusted):
    house = worlds.separated({"by": "draw", "weights": WEIGHTS})
    house.open()
    return house


@pytest.fixture
def table(world):
    """The parties that draw for this lot."""
    parties = [
        world.buyer, signers.enrol("赵敏", "supervisor"),
        signers.enrol("孙立", "notary", region="west"),
    ]
    return tables.Table(world.case.house, world.buyer, parties)


@pytest.fixture
def draw(world, table):
    outcome = world.act(OpenAwardDraw(lot=world.lot.pk, parties=tuple(table.names)))
    signers.stamp()
    return Draw.objects.get(pk=outcome.result["draw"])


def state():
    return (
        log.size(),
        list(AwardDecision.objects.order_by("pk").values()),
        list(Draw.objects.order_by("pk").values("pk", "phase", "result", "closed_at")),
        [each.objects.count() for each in (Exhibit, Message)],
    )


def refused(code, call):
    before = state()
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code
    assert state() == before


def test_whom_the_draw_gives_is_chosen_and_decided(world, table, draw):
    draw = table.concluded(draw)
    (drawn,) = draw.result["drawn"]["candidate"]
    row = deciding.decision_of(world.lot)
    assert row.chosen.urn == drawn
    stated = {one.urn: weight for one, weight in zip(world.candidates, WEIGHTS, strict=True)}
    assert row.grounds == {"draw": draw.urn, "weights": stated}
    world.decide(row.chosen)
    assert Exhibit.objects.get(kind=deciding.DECISION).facts["winner"] == drawn


def test_draw_that_is_not_concluded_chooses_nobody(world, table, draw):
    table.committed(draw)
    for one in table.parties[:-1]:
        table.reveal(draw, one)
    assert deciding.decision_of(world.lot).chosen is None
    refused("not-chosen-yet", lambda: world.decide(world.candidates[0]))


def test_draw_that_a_party_let_lapse_chooses_nobody(world, table, draw):
    table.voided(draw)
    row = deciding.decision_of(world.lot)
    assert (row.chosen, row.grounds) == (None, {})
    refused("not-chosen-yet", lambda: world.decide(world.candidates[0]))


def test_result_is_not_put_into_force_before_all_have_revealed(world, table, draw):
    table.committed(draw)
    refused("wrong-phase", lambda: drawing_ends.conclude(draw.pk, actor=ACTOR))


def test_result_of_another_record_is_not_put_into_force(world, table, draw):
    """Other weights make another record: a result worked out from it never concludes."""
    table.revealed(draw)
    reveal = next(due(clock.now()))
    assert reveal.name == "trading.reveal-draw"
    dispatch(reveal, actor=ACTOR)
    right = drawing_ends.prepare_conclusion(draw.pk)
    for key in ("record_digest", "seed"):
        forged = replace(right, result={**right.result, key: "0" * 64})
        before = state()
        with pytest.raises(RuntimeError):
            dispatch(forged, actor=ACTOR)
        assert state() == before
    assert deciding.decision_of(world.lot).chosen is None


def test_nobody_else_than_the_drawn_is_decided(world, table, draw):
    table.concluded(draw)
    chosen = deciding.decision_of(world.lot).chosen
    for other in world.candidates:
        if other != chosen:
            refused("not-the-chosen", lambda other=other: world.decide(other))


def test_no_second_draw_after_a_result(world, table, draw):
    table.concluded(draw)
    refused("drawn-already", lambda: world.act(OpenAwardDraw(lot=world.lot.pk)))
    refused(
        "drawn-already", lambda: world.act(OpenAwardDraw(lot=world.lot.pk, before=draw.pk))
    )


@pytest.fixture
def elsewhere(world, table):
    """A draw of another lot."""
    house = floor.house()
    watching = house.supervisor.memberships.get().organisation
    parties = sorted({house.tenderee.urn, drawing.CENTRE, watching.urn})
    outcome = house.act(
        OpenDraw(
            lot=house.lot.pk, purpose=tables.PURPOSE, record=table.record(parties=parties)
        ),
        by=house.buyer, at=clock.now(),
    )
    return Draw.objects.get(pk=outcome.result["draw"])


def test_draw_of_another_lot_is_not_repeated_here(world, table, elsewhere):
    act = OpenAwardDraw(lot=world.lot.pk, parties=tuple(table.names), before=elsewhere.pk)
    refused("no-draw-before", lambda: world.act(act))
