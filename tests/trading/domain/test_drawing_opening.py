"""Which draws are not opened, whoever asks: nothing of it leaves a trace."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.factories import floor, signers
from tests.trading.drawing import PURPOSE, refused, state, table
from trading.domain import drawing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def around(trusted):
    return table()


def test_only_the_purposes_roles_open_a_draw(around):
    for one in (*around.parties[1:], signers.equip(around.house.bidder)):
        before = state()
        refused(one.post("draws", around.body()), 403, "wrong-role", before)


def _two_parties(record, around):
    record["parties"] = record["parties"][:2]


def _same_side(record, around):
    agency = floor.organisation("招标代理", "agency")
    centre = floor.organisation("另一中心", "centre")
    record["parties"] = sorted([drawing.CENTRE, centre.urn, agency.urn, around.buyer.party])


def _unverified(record, around):
    new = floor.organisation("未核验", "notary", verified=False)
    record["parties"] = sorted([*record["parties"], new.urn])


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        (lambda r, a: r.update(id="draw:1"), 400, "bad-draw-id"),
        (lambda r, a: r.update(id=f"lot:{uuid4()}"), 400, "bad-draw-id"),
        (lambda r, a: r.update(id=f"draw:{uuid4().hex}"), 400, "bad-draw-id"),
        (lambda r, a: r.update(purpose="something else"), 400, "wrong-purpose"),
        (lambda r, a: r.update(version="SUNLIT-DRAW-2"), 400, "bad-draw"),
        (lambda r, a: r.update(more=1), 400, "bad-draw"),
        (lambda r, a: r.pop("once"), 400, "bad-draw"),
        (lambda r, a: r.update(quota={"nobody": 0}), 400, "bad-draw"),
        (lambda r, a: r["candidates"].append(r["candidates"][0]), 400, "bad-draw"),
        (_two_parties, 400, "bad-draw"),
        (lambda r, a: r["parties"].reverse(), 400, "bad-draw"),
        (
            lambda r, a: r.update(parties=sorted([*r["parties"], f"org:{uuid4()}"])),
            400,
            "unknown-party",
        ),
        (
            lambda r, a: r.update(parties=sorted([*r["parties"], "process:clock"])),
            400,
            "unknown-party",
        ),
        (_same_side, 409, "too-few-interests"),
        (_unverified, 409, "not-verified"),
    ],
)
def test_record_that_is_not_right_opens_no_draw(around, spoil, status, code):
    record = around.record()
    spoil(record, around)
    before = state()
    refused(around.buyer.post("draws", around.body(record)), status, code, before)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "nobody-knows"}, "unknown-purpose"),
        ({"commit_seconds": 59}, "bad-duration"),
        ({"reveal_seconds": 30 * 86400 + 1}, "bad-duration"),
    ],
)
def test_request_that_is_not_right_opens_no_draw(around, changes, code):
    before = state()
    refused(around.buyer.post("draws", around.body(**changes)), 400, code, before)


def test_id_serves_once(around):
    draw = around.voided()
    before = state()
    answer = around.buyer.post("draws", around.body(draw.record, before=str(draw.pk)))
    refused(answer, 409, "draw-exists", before)


def test_first_draw_repeats_none(around):
    before = state()
    answer = around.buyer.post(
        "draws", around.body(before=str(around.lot.pk))
    )
    refused(answer, 404, "unknown-draw", before)


def test_one_event_is_drawn_once_at_a_time(around):
    around.open()
    before = state()
    refused(around.buyer.post("draws", around.body()), 409, "draw-under-way", before)


def test_second_draw_names_the_first_and_needs_a_signed_reason(around):
    first = around.concluded()
    before = state()
    post = around.buyer.post
    record = around.record(purpose=drawing.purpose_of(PURPOSE, first))
    names = {"before": str(first.pk)}
    refused(post("draws", around.body()), 409, "drawn-already", before)
    refused(post("draws", around.body(record, **names)), 409, "reason-missing", before)
    other = around.redraw(first, before=f"draw:{uuid4()}")
    refused(post("draws", around.body(record, reason=other, **names)), 409, "wrong-reason", before)
    empty = around.redraw(first, reason=" ")
    refused(post("draws", around.body(record, reason=empty, **names)), 400, "bad-reason", before)
    reason = around.redraw(first)
    answer = post("draws", around.body(around.record(), reason=reason, **names))
    refused(answer, 400, "wrong-purpose", before)
    borrowed = signers.as_json(
        around.parties[1].sign("sunlit.redraw/1", before=first.urn, reason="x")
    )
    answer = post("draws", around.body(record, reason=borrowed, **names))
    refused(answer, 403, "certificate-unbound", before)

    second = around.open(record, reason=reason, **names)
    assert (second.number, second.before, second.reason) == (
        2, first, "原抽取人选不足，扩大抽取范围。",
    )
