"""The dossier: immutable, in the ledger, and seen by its audience from its hour on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from signatures.domain import log
from signatures.domain.act import Actor, Scene, command, dispatch, registered
from signatures.domain.clock import FixedClock
from signatures.domain.errors import NotFound
from tests.factories import floor
from tests.factories.floor import START, assignment, sha
from trading import access
from trading.domain import dossier
from trading.domain.acts import LotAct
from trading.models import Exhibit, ImmutableExhibit

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class FileForTest(LotAct):
    """An act of a room above, which files one exhibit."""

    values: dict[str, Any]

    def permit(self, actor: Actor) -> None:
        return None

    def decide(self, scene: Scene) -> dict[str, Any]:
        row = dossier.file(scene, lot=scene.subject, **self.values)
        return {"exhibit": str(row.pk)}


if "test.file-exhibit" not in registered():
    FileForTest = command("test.file-exhibit")(FileForTest)


@pytest.fixture
def house():
    return floor.house()


def file(house, **values):
    values = {
        "kind": "opening-record", "name": "开标记录.pdf", "digest": sha("record"), "size": 10,
        "media_type": "application/pdf", **values,
    }
    outcome = dispatch(
        FileForTest(lot=house.lot.pk, values=values),
        actor=Actor.person(house.buyer), clock=FixedClock(START),
    )
    return Exhibit.objects.get(pk=outcome.result["exhibit"]), outcome


def test_file_puts_the_digest_into_its_own_leaf(house):
    exhibit, outcome = file(house, audience=["public"])
    assert (exhibit.leaf,) == outcome.leaves
    leaf = json.loads(log.entry(exhibit.leaf))
    assert leaf["entry"]["digests"] == {"exhibit": sha("record")}
    assert leaf["entry"]["subject"] == house.lot.urn
    assert leaf["entry"]["context"]["exhibit"] == exhibit.urn
    assert "开标" not in log.entry(exhibit.leaf).decode()


@pytest.mark.parametrize(
    ("audience", "visible_from"),
    [(["supervisor"], None), (["public"], START + timedelta(microseconds=1)), ([], None)],
)
def test_file_hides_the_entry_of_what_is_not_public_yet(house, audience, visible_from):
    exhibit, _ = file(house, audience=audience, visible_from=visible_from)
    assert sha("record") not in log.entry(exhibit.leaf).decode()


def test_exhibit_is_never_changed(house):
    exhibit, _ = file(house)
    exhibit.facts = {"changed": True}
    for attempt in (
        exhibit.save,
        exhibit.delete,
        lambda: Exhibit.objects.filter(pk=exhibit.pk).update(facts={}),
        lambda: Exhibit.objects.filter(pk=exhibit.pk).delete(),
        lambda: Exhibit.objects.bulk_update([exhibit], ["facts"]),
    ):
        with pytest.raises(ImmutableExhibit):
            attempt()
    assert Exhibit.objects.get(pk=exhibit.pk).facts == {}


def test_leaf_is_noted_once(house, arrange):
    exhibit, _ = file(house)
    leaf = exhibit.leaf
    Exhibit.objects.place(exhibit, leaf + 7)
    assert Exhibit.objects.get(pk=exhibit.pk).leaf == leaf


@pytest.mark.parametrize(
    ("audience", "seen_by"),
    [
        (["public"], {"nobody", "bidder", "buyer", "supervisor", "stranger"}),
        (["tenderee"], {"buyer"}),
        (["supervisor"], {"supervisor"}),
        (["tenderer"], set()),
        (["prospect"], {"bidder"}),
        (["tenderee", "supervisor"], {"buyer", "supervisor"}),
        ([], set()),
    ],
)
def test_exhibit_is_seen_by_its_audience_only(house, audience, seen_by):
    exhibit, _ = file(house, audience=audience)
    viewers = {
        "nobody": None, "bidder": house.bidder, "buyer": house.buyer,
        "supervisor": house.supervisor, "stranger": floor.person("路人"),
    }
    seen = {
        name
        for name, viewer in viewers.items()
        if dossier.exhibits(house.lot, viewer=viewer, at=START) == [exhibit]
    }
    assert seen == seen_by
    for name, viewer in viewers.items():
        assert access.can_see_exhibit(viewer, exhibit, START) == (name in seen_by)


def test_exhibit_for_one_organisation_is_seen_by_its_people_only(house):
    exhibit, _ = file(house, audience=[house.tenderer.urn])
    assert dossier.exhibits(house.lot, viewer=house.bidder, at=START) == [exhibit]
    assert dossier.exhibits(house.lot, viewer=house.buyer, at=START) == []
    with pytest.raises(NotFound):
        dossier.exhibit(exhibit.pk, viewer=house.buyer, at=START)


def test_exhibit_is_not_seen_before_its_hour(house):
    hour = START + timedelta(hours=5)
    exhibit, _ = file(house, audience=["public", "supervisor"], visible_from=hour)
    for viewer in (None, house.supervisor):
        assert dossier.exhibits(
            house.lot, viewer=viewer, at=hour - timedelta(microseconds=1)
        ) == []
        assert dossier.exhibits(house.lot, viewer=viewer, at=hour) == [exhibit]


def test_recusal_takes_the_sight_away(house):
    expert = floor.person("专家")
    exhibit, _ = file(house, audience=["evaluator"])
    row = assignment(house.lot, "evaluator", user=expert, recused_at=START)
    before = START - timedelta(seconds=1)
    assert access.can_see_exhibit(expert, exhibit, before)
    assert not access.can_see_exhibit(expert, exhibit, START)
    assert row.role == "evaluator"


def test_ended_assignment_gives_nothing(house):
    expert = floor.person("专家")
    assignment(house.lot, "evaluator", user=expert, until=START)
    assert access.roles_of(expert, house.lot, START - timedelta(seconds=1)) == {"evaluator"}
    assert access.roles_of(expert, house.lot, START) == frozenset()


@pytest.mark.parametrize(
    "values",
    [{"kind": "Opening Record"}, {"audience": ["everybody"]}, {"audience": ["org:1"]}],
)
def test_file_refuses_what_is_no_kind_or_audience(house, values):
    with pytest.raises(ValueError):
        file(house, **values)
    assert Exhibit.objects.count() == 0
