"""The page on which a committee is drawn: who opens it, what is refused, what is drawn again."""

from __future__ import annotations

import base64
import copy
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bidding.domain import committee_due
from bidding.domain.committee_due import Need
from bidding.models import Committee, Expert, Seat
from signatures.domain import clock, guard
from signatures.models import LedgerEntry
from tests.bidding import drawn
from tests.bidding.drawn import Drawn
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.models import Draw

pytestmark = pytest.mark.django_db
FIRST = {"seats-expert": "5", "alternates": "2", "commit": "60", "reveal": "45"}


@pytest.fixture(scope="module")
def pooled(standing, django_db_blocker) -> dict:
    with django_db_blocker.unblock():
        return drawn.build(standing, experts=9).experts


@pytest.fixture
def world(opening, pooled) -> Drawn:
    return Drawn(opening=opening, experts=copy.copy(pooled))


def path(world, name="committee-draw") -> str:
    return reverse(name, args=[world.opening.lot.project.code, world.opening.lot.number])


def witnesses(world) -> list[str]:
    return [
        one.memberships.get().organisation.urn
        for one in (world.opening.supervisor, world.opening.notary)
    ]


def post(world, person=None, language="en", **fields):
    sent = {**FIRST, "parties": witnesses(world), "once": "one", **fields}
    sent = {name: value for name, value in sent.items() if value is not None}
    return as_(person or world.opening.host, language).post(path(world), sent)


def traces():
    return Committee.objects.count(), Draw.objects.count(), LedgerEntry.objects.count()


def refused(world, person=None, **fields):
    """The answer to a refused draw, of which nothing is left behind."""
    before = traces()
    answer = post(world, person, **fields)
    assert traces() == before
    assert answer.status_code >= 400
    return answer


def mistake(answer, field) -> str:
    found = re.search(rf'id="draw-{field}_error">(.*?)</p>', answer.text, re.S)
    assert found is not None, field
    return found.group(1)


def ended(world, **fields) -> Draw:
    """The committee's draw as it stands after it ended so, without its ceremony."""
    assert post(world).status_code == 302
    with guard.writes("test arrangement"):
        Draw.objects.update(closed_at=clock.now(), **fields)
    return Draw.objects.get()


def emptied(world) -> Draw:
    """Everybody was drawn and called, one stepped down, and no reserve is left."""
    draw = ended(world, phase="result")
    experts = list(world.experts.values())
    with guard.writes("test arrangement"):
        Committee.objects.update(draw_seed="d5" * 32)
        row = Committee.objects.get()
        for position, user in enumerate(experts[:5], start=1):
            Seat.objects.create(
                committee=row, draw=draw, user=user, stratum="expert", position=position,
                called_at=clock.now(), left_at=clock.now() if position == 1 else None,
            )
    return draw


# --- who sees it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["committee-draw", "evaluation"])
def test_the_host_finds_the_form_with_the_pool_in_numbers(world, name, language):
    answer = as_(world.opening.host, language).get(path(world, name))
    assert answer.status_code == 200
    assert 'name="seats-expert"' in answer.text
    assert 'name="seats-cost"' in answer.text
    text = text_of(answer)
    assert ("9 free, of 9 employers" if language == "en" else "9") in text
    for user in world.experts.values():
        assert user.full_name not in answer.text


@pytest.mark.parametrize("who", [None, "supervisor", "keeper", "bidder", "expert"])
def test_nobody_else_finds_or_opens_it(world, who):
    opening = world.opening
    person = {
        None: None,
        "supervisor": opening.supervisor,
        "keeper": opening.keeper,
        "bidder": opening.bidders[0],
        "expert": next(iter(world.experts.values())),
    }[who]
    assert as_(person).get(path(world)).status_code == 403
    assert "draw-form" not in as_(person).get(path(world, "evaluation")).text
    before = traces()
    assert as_(person).post(path(world), {**FIRST, "once": "one"}).status_code == 403
    assert traces() == before


def test_exclusions_are_counted_with_their_reason_and_without_names(world):
    experts = list(Expert.objects.order_by("pk"))
    with guard.writes("test arrangement"):
        Expert.objects.filter(pk=experts[0].pk).update(
            employer=world.opening.bids[0].tenderer.name
        )
        experts[1].user.memberships.create(
            organisation=world.opening.bids[1].tenderer, role="clerk", since=floor.LONG_AGO
        )
        floor.assignment(world.opening.lot, "trustee", user=experts[2].user)
    text = text_of(as_(world.opening.host, "en").get(path(world)))
    assert "their employer takes part in the lot 1 person" in text
    assert "they act for an organisation that takes part 1 person" in text
    assert "they have another part in the lot 1 person" in text
    assert "6 free, of 6 employers" in text
    assert experts[1].user.full_name not in text


# --- opening it ----------------------------------------------------------------------------------


def test_one_button_opens_the_draw_with_what_was_typed(world):
    answer = post(world)
    assert answer.status_code == 302
    assert answer["Location"] == path(world, "evaluation")
    draw = Draw.objects.get()
    assert draw.record["quota"] == {"expert": 5}
    assert draw.record["alternates"] == {"expert": 2}
    assert (draw.commit_seconds, draw.reveal_seconds) == (3600, 2700)
    host = world.opening.lot.project.tenderee.urn
    assert set(draw.record["parties"]) == {host, "process:centre", *witnesses(world)}


def test_seats_are_drawn_by_speciality(world):
    assert post(world, **{"seats-expert": "2", "seats-cost": "3"}).status_code == 302
    assert Committee.objects.get().quota == {"expert": 2, "cost": 3}


def test_a_second_click_opens_no_second_draw(world):
    assert post(world).status_code == 302
    after = traces()
    for once in ("one", "two"):
        assert post(world, once=once).status_code == 302
        assert traces() == after


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"seats-expert": "3"}, "seats-expert"),
        ({"seats-expert": "6"}, "seats-expert"),
        ({"seats-expert": ""}, "seats-expert"),
        ({"seats-expert": "five"}, "seats-expert"),
        ({"seats-expert": "-5"}, "seats-expert"),
        ({"seats-expert": "11"}, "seats-expert"),
        ({"seats-expert": None, "seats-cost": "7"}, "seats-expert"),
        ({"alternates": "1"}, "alternates"),
        ({"alternates": ""}, "alternates"),
        ({"commit": "0"}, "commit"),
        ({"commit": "43201"}, "commit"),
        ({"reveal": "soon"}, "reveal"),
        ({"parties": []}, "parties"),
        ({"parties": ["org:00000000-0000-0000-0000-000000000000"]}, "parties"),
    ],
)
def test_each_mistake_stands_at_its_field_and_nothing_typed_is_lost_tbl_37(world, fields, field):
    answer = refused(world, **fields)
    assert mistake(answer, field)
    for name, value in {**FIRST, **fields}.items():
        if isinstance(value, str) and value:
            assert re.search(rf'name="{name}" value="{re.escape(value)}"', answer.text), name


def test_a_draw_waits_for_its_stage(world):
    with guard.writes("test arrangement"):
        world.opening.lot.stage = "BIDDING"
        world.opening.lot.save()
    answer = as_(world.opening.host).get(path(world))
    assert answer.status_code == 200
    assert "draw-form" not in answer.text
    before = traces()
    assert post(world).status_code == 409
    assert traces() == before


# --- once more -----------------------------------------------------------------------------------


def test_a_void_draw_is_repeated_without_the_silent_party(world):
    supervisor, notary = witnesses(world)
    lost = ended(world, phase="void", at_fault=[supervisor])
    due = committee_due.of(world.lot)
    assert (due.need, due.signed, due.quota) == (Need.REPEAT, False, {"expert": 5})
    shown = as_(world.opening.host).get(path(world)).text
    assert supervisor not in shown
    assert 'name="seats-expert"' not in shown
    assert mistake(refused(world, parties=[supervisor, notary], once="two"), "parties")
    assert mistake(refused(world, parties=[], once="three"), "parties")
    assert post(world, parties=[notary], once="four").status_code == 302
    again = Draw.objects.get(before=lost)
    assert supervisor not in again.record["parties"]
    assert again.record["quota"] == {"expert": 5}


def test_vacant_seats_are_drawn_for_a_signed_reason_and_no_others_tbl_37(world):
    lost = emptied(world)
    due = committee_due.of(world.lot)
    assert (due.need, due.signed, due.quota) == (Need.VACANCY, True, {"expert": 1})
    host, reason = world.opening.host, "评委回避,候补已用尽。"
    assert mistake(refused(world, once="two"), "reason")
    written = post(world, once="two", reason=reason, step="write")
    assert written.status_code == 200
    assert Draw.objects.count() == 1
    assert '"purpose":"sunlit.redraw/1"' in written.text.replace("&quot;", '"')
    signed = world.opening.signed(host, "sunlit.redraw/1", before=lost.urn, reason=reason)

    def send(**changes):
        statement = base64.b64decode(signed["statement"]).decode()
        file = SimpleUploadedFile("s.p7s", base64.b64decode(signed["signature"]))
        return {
            "once": "two", "reason": reason, "step": "sign", "statement": statement,
            "signature": file, **changes,
        }

    assert "Sign the new one" in refused(world, **send(reason="另一理由")).text
    assert refused(world, **send(signature=None)).status_code == 400
    assert refused(world, **send(signature=SimpleUploadedFile("s.p7s", b"no"))).status_code == 400
    assert post(world, **send()).status_code == 302
    again = Draw.objects.get(before=lost)
    assert (again.reason, again.record["quota"]) == (reason, {"expert": 1})
    assert committee_due.of(world.lot).need is Need.AWAITED


def test_with_every_seat_taken_there_is_nothing_to_draw(world):
    emptied(world)
    with guard.writes("test arrangement"):
        Seat.objects.update(left_at=None)
    answer = as_(world.opening.host, "en").get(path(world))
    assert "there is nothing to draw" in answer.text
    assert "draw-form" not in answer.text
    assert "draw-form" not in as_(world.opening.host).get(path(world, "evaluation")).text


# --- the desk ------------------------------------------------------------------------------------


def test_the_desk_leads_to_the_draw_while_there_is_one_to_open(world):
    def shown() -> str:
        return as_(world.opening.host, "en").get(reverse("desk")).text

    assert f'href="{path(world)}"' in shown()
    assert post(world).status_code == 302
    text = shown()
    assert f'href="{path(world)}"' not in text
    assert f'href="{reverse("draw", args=[Draw.objects.get().pk])}"' in text


def test_the_desk_says_nothing_of_it_once_the_committee_sits(world):
    emptied(world)
    with guard.writes("test arrangement"):
        Seat.objects.update(left_at=None)
    text = as_(world.opening.host, "en").get(reverse("desk")).text
    assert f'href="{path(world)}"' not in text
    assert "Draw the committee" not in text
