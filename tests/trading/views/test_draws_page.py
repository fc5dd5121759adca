"""Draws for everybody: the list, a draw's page at each of its phases, and the files beside it."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from signatures.domain import guard, log
from tests.trading.drawing import EXPERTS, secret, table
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain.draws import draw as run
from trading.domain.draws import verify_draw
from trading.models import Draw, Lot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

WHO = (None, "buyer", "bidder", "supervisor", "operator")


def page(draw, person=None, language="en"):
    return as_(person, language).get(reverse("draw", args=[draw.pk]))


def who_of(house, who):
    return getattr(house, who) if who else None


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Nothing has been drawn yet."), ("zh-hans", "还没有抽取过")]
)
def test_list_without_draws_says_so(language, sentence):
    assert sentence in text_of(as_(None, language).get("/draws/"))


@pytest.mark.parametrize("who", WHO)
def test_list_names_an_unpublished_lot_only_to_who_may_see_it(who):
    parties = table()
    parties.open()
    text = text_of(as_(who_of(parties.house, who), "en").get("/draws/"))
    assert (parties.lot.title in text) is (who in {"buyer", "supervisor", "operator"})
    assert "Commitments come in" in text


def test_list_of_open_draws_leaves_out_what_is_concluded():
    parties = table()
    parties.concluded()
    client = as_(None, "en")
    assert "Concluded" in text_of(client.get("/draws/"))
    assert "No draw is under way." in text_of(client.get("/draws/?open=1"))


def test_list_of_thirty_takes_the_queries_of_one(house):
    parties = table()
    draw = parties.concluded()
    client = as_(None)
    client.get("/draws/")
    with CaptureQueriesContext(connection) as one:
        client.get("/draws/")
    with guard.writes("test arrangement"):
        for number in range(2, 31):
            Draw.objects.create(
                purpose=draw.purpose, subject=draw.subject, number=number, lot=draw.lot,
                record=draw.record, record_digest=draw.record_digest, phase=draw.phase,
                leaves=draw.leaves, opened_by=draw.opened_by, opened_at=draw.opened_at,
                commit_seconds=60, reveal_seconds=60, closed_at=draw.closed_at, result=draw.result,
            )
    with CaptureQueriesContext(connection) as thirty:
        client.get("/draws/")
    assert len(thirty) == len(one)


def test_damaged_cursor_is_named():
    assert as_(None).get("/draws/?after=~").status_code == 400


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("language", LANGUAGES)
def test_concluded_draw_shows_result_contributions_and_ledger(who, language):
    parties = table()
    draw = parties.concluded()
    before = log.size()
    answer = page(draw, who_of(parties.house, who), language)
    html, text = answer.content.decode(), text_of(answer)
    assert answer.status_code == 200
    for id_ in (*draw.result["drawn"]["experts"], *draw.result["alternates"]["experts"]):
        assert id_ in text
    assert text.replace(" ", "").count(draw.result["seed"]) == 1
    for one in parties.parties:
        assert one.organisation.name in text
        assert secret(one.party).hex() in html
    for leaf in draw.leaves.values():
        assert reverse("ledger-entry", args=[leaf]) in html
    assert "redraw_page.js" in html
    assert "manage.py draw" in text
    assert log.size() == before


def test_open_draw_shows_no_commitment_and_whom_it_awaits():
    parties = table()
    draw = parties.open()
    assert parties.commit(draw, parties.parties[1]).status_code == 201
    answer = page(draw)
    html, text = answer.content.decode(), text_of(answer)
    commitment = draw.contributions.get().commitment
    assert commitment not in html
    assert "shown when all have committed" in text
    awaited = text.partition("Awaited ")[2].partition("until")[0]
    assert parties.buyer.organisation.name in awaited
    assert "redraw_page.js" not in html
    assert "draw-input" not in html


def test_committed_draw_hides_the_contributions_that_came_in():
    parties = table()
    draw = parties.committed()
    assert parties.reveal(draw, parties.parties[0]).status_code == 201
    answer = page(draw)
    assert secret(parties.parties[0].party).hex() not in answer.content.decode()
    assert "shown when all have revealed" in text_of(answer)


def test_void_draw_names_the_silent_party():
    parties = table()
    draw = parties.voided()
    text = text_of(page(draw))
    assert "Void: a party was silent" in text
    assert f"{parties.buyer.organisation.name} was silent" in text


def test_repetition_names_the_draw_before_it_and_its_reason():
    parties = table()
    first = parties.concluded()
    record = parties.record(purpose=f"test-evaluators; repeats {first.urn}")
    second = parties.open(record, before=str(first.pk), reason=parties.redraw(first))
    answer = page(second)
    assert "原抽取人选不足，扩大抽取范围。" in text_of(answer)
    assert reverse("draw", args=[first.pk]) in answer.content.decode()


def test_failed_draw_says_which_stratum():
    parties = table()
    draw = parties.concluded(
        parties.open(
            parties.record(avoid={"candidates": list(EXPERTS), "organisations": []})
        )
    )
    assert draw.phase == "failed"
    assert "The stratum “experts” gave fewer than its quota." in text_of(page(draw))


def test_page_names_a_drawn_lot_only_where_it_may_be_seen():
    parties = table()
    urn = parties.lot.urn
    draw = parties.open(
        parties.record(
            candidates=[
                {"id": name, "weight": 1, "stratum": "projects", "organisation": None}
                for name in (urn, "lot:damaged", "lot:00000000-0000-0000-0000-000000000000")
            ],
            quota={"projects": 3},
            alternates=0,
        )
    )
    assert parties.lot.title not in text_of(page(draw))
    assert parties.lot.title in text_of(page(draw, parties.house.supervisor))
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=parties.lot.pk).update(published_at=draw.opened_at)
    assert parties.lot.title in text_of(page(draw))


def test_bundle_is_what_the_verifier_judges():
    draw = table().concluded()
    answer = as_(None).get(reverse("draw-bundle", args=[draw.pk]))
    assert f'filename="draw-{draw.pk}.json"' in answer["Content-Disposition"]
    assert verify_draw(json.loads(answer.content)) == {"verdict": "valid", "reasons": []}
    assert str(draw.aliases) == "{}"


def test_input_is_what_the_command_reads(tmp_path, capsys):
    draw = table().concluded()
    answer = as_(None).get(reverse("draw-input", args=[draw.pk]))
    file = tmp_path / "input.json"
    file.write_bytes(answer.content)
    call_command("draw", str(file))
    assert json.loads(capsys.readouterr().out) == draw.result
    given = json.loads(answer.content)
    assert run(given["record"], {k: bytes.fromhex(v) for k, v in given["reveals"].items()}) == (
        draw.result
    )


@pytest.mark.parametrize("phase", ["open", "committed", "voided"])
def test_input_of_a_draw_without_result_is_not_there(phase):
    parties = table()
    draw = getattr(parties, phase)()
    assert as_(None).get(reverse("draw-input", args=[draw.pk])).status_code == 404


@pytest.mark.parametrize("name", ["draw", "draw-bundle", "draw-input"])
def test_unknown_draw_is_not_found(name):
    address = reverse(name, args=["00000000-0000-0000-0000-000000000000"])
    assert as_(None).get(address).status_code == 404
    assert as_(None).post(address).status_code == 405
