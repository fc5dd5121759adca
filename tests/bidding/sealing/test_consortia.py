"""Consortia: one bid of several, its agreement sealed with it and checked at the opening."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from bidding.domain import consortia, consortium_checks, hall
from bidding.domain.consortium_checks import FoundConsortium
from bidding.domain.enclosed import Unreadable
from bidding.interfaces import consortium_words
from bidding.kit.consortium import FILE_NAME, Consortium, ConsortiumFile, Member
from bidding.kit.manifest import FileEntry
from bidding.models import Consortium as Row
from bidding.models import Envelope
from signatures.domain import clock, guard, platform
from signatures.models import LedgerOpening
from tests.bidding.sealing import guaranteed, people, steps
from tests.bidding.sealing import world as worlds
from tests.bidding.sealing.people import Person
from tests.bidding.sealing.steps import copied
from tests.bidding.sealing.world import World
from tests.factories import floor
from tests.factories import standing as standings
from tests.factories.standing import put_back
from trading.models import Exhibit

pytestmark = pytest.mark.django_db


def partner(name: str, region: str = "west") -> Person:
    """A verified organisation with a bound certificate that hands in no bid of its own."""
    organisation = floor.organisation(name, "tenderer")
    key = people.signer(name, region)
    user = floor.person(f"{name}代表", organisation)
    people.bind(user, key)
    return Person(user=user, organisation=organisation, key=key)


def agreed(world: World, *members: Person, **changes: Any) -> Consortium:
    shares = [100 - 10 * (len(members) - 1), *([10] * (len(members) - 1))]
    return Consortium(
        **{
            "origin": platform.origin(),
            "at": clock.now(),
            "lot": world.house.lot.urn,
            "members": tuple(
                Member(guaranteed.party(one.organisation), share, "施工")
                for one, share in zip(members, shares, strict=True)
            ),
            **changes,
        }
    )


def signed(agreement: Consortium, *people_: Person) -> bytes:
    file = ConsortiumFile(statement=agreement.encode())
    for one in people_:
        file = file.sign(one.key)
    return file.encode()


@dataclass
class Case:
    """The first bid is of a consortium with a partner, the second of one with the third bidder."""

    world: World
    partner: Person

    def row(self, tenderer: int) -> Row:
        organisation = self.world.tenderers[tenderer].organisation
        return Row.objects.get(bid__tenderer=organisation)

    def state(self) -> dict[str, Any]:
        room = hall.last(self.world.lot)
        assert room is not None
        return hall.whole(room)


@pytest.fixture(scope="module")
def standing_opened(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("consortia")
    with standings.standing(django_db_blocker):
        world = worlds.build(folder)
        steps.open_for_bids(world)
        other = partner("西川设计院有限公司")
        first, second, third = world.tenderers
        one = signed(agreed(world, first, other), first, other)
        two = signed(agreed(world, second, third), second)
        world.submit(first, more={2: {FILE_NAME: one}})
        world.submit(second, more={2: {FILE_NAME: two}})
        world.submit(third)
        assert not Row.objects.exists()
        steps.freeze(world)
        people.move_clock(clock.now() + timedelta(seconds=10))
        steps.prove()
        for name in ("tenderee", "centre", "notary"):
            steps.released(world, name, slot=2)
        assert steps.run_tasks() == ["open_envelope:opened"] * 3
        yield Case(world, other)


@pytest.fixture
def case(standing_opened: Case) -> Iterator[Case]:
    with put_back():
        yield replace(standing_opened, world=copied(standing_opened.world))


def test_agreement_that_all_signed_holds(case: Case):
    row = case.row(0)
    assert [one["signed"] for one in row.members] == [True, True]
    assert [one["holds"] for one in row.findings] == [True] * 4
    assert row.members[1]["organisation"] == case.partner.organisation.urn
    assert consortia.twice(row) == []
    assert LedgerOpening.objects.filter(leaf_id=row.leaf).exists()


def test_tbl_31_member_that_did_not_sign_is_named(case: Case):
    row = case.row(1)
    assert [one["signed"] for one in row.members] == [True, False]
    assert [one["check"] for one in row.findings if not one["holds"]] == ["signed"]


def test_tbr_37_member_that_bids_alone_too_is_found_for_both_bids(case: Case):
    row = case.row(1)
    third = case.world.tenderers[2].organisation
    assert [one.tenderer for one in consortia.twice(row)] == [third]
    state = case.state()
    own = str(row.bid_id)
    assert len(state["twice"]) == 1 and own in state["twice"][0]
    told = consortium_words.of(state, own)
    assert told is not None and told["failed"] == ["signed", "once"]
    assert consortium_words.of(state, str(case.row(0).bid_id))["failed"] == []


def test_agreement_is_filed_for_committee_and_hosts(case: Case):
    exhibit = Exhibit.objects.get(
        kind="consortium", facts__tenderer=case.world.tenderers[0].organisation.urn
    )
    assert {"evaluator", "tenderee", "supervisor", "archivist"} <= set(exhibit.audience)
    assert "tenderer" not in exhibit.audience and "public" not in exhibit.audience
    assert [one["name"] for one in exhibit.facts["members"]][1] == case.partner.organisation.name


def _examined(case: Case, content: bytes, tmp_path, *, slot: int = 2):
    tenderer = case.world.tenderers[2].organisation
    row = Envelope.objects.select_related("version__bid__lot").get(
        version__bid__tenderer=tenderer, slot=slot
    )
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    entry = FileEntry(name=FILE_NAME, type="application/json", size=1, sha256=b"\0" * 32)
    return consortium_checks.examine(row, [(entry, path)])


def _failed(found) -> list[str]:
    assert isinstance(found, FoundConsortium)
    return [check for check, holds in found.findings if holds is not True]


def test_each_check_by_itself(case: Case, tmp_path):
    third, other = case.world.tenderers[2], case.partner
    both = (third, other)
    assert _failed(_examined(case, signed(agreed(case.world, *both), *both), tmp_path)) == []
    elsewhere = agreed(case.world, *both, lot=f"lot:{case.partner.organisation.pk}")
    assert _failed(_examined(case, signed(elsewhere, *both), tmp_path)) == ["tender"]
    foreign = agreed(case.world, *both, origin="https://elsewhere.example")
    assert _failed(_examined(case, signed(foreign, *both), tmp_path)) == ["tender"]
    led = agreed(case.world, other, third)
    assert _failed(_examined(case, signed(led, *both), tmp_path)) == ["lead"]
    assert _failed(_examined(case, signed(agreed(case.world, *both), other), tmp_path)) == [
        "signed"
    ]
    assert _failed(_examined(case, signed(agreed(case.world, *both)), tmp_path)) == ["signed"]


def test_signature_of_somebody_else_stands_for_no_member(case: Case, tmp_path):
    third, other = case.world.tenderers[2], case.partner
    stranger = case.world.tenderers[0]
    found = _examined(case, signed(agreed(case.world, third, other), third, stranger), tmp_path)
    assert _failed(found) == ["signed"]


def test_signature_over_another_agreement_counts_for_nothing(case: Case, tmp_path):
    third, other = case.world.tenderers[2], case.partner
    one, two = agreed(case.world, third, other), agreed(case.world, other, third)
    wrong = ConsortiumFile(statement=two.encode()).sign(other.key).signatures
    right = ConsortiumFile(statement=one.encode()).sign(third.key).signatures
    file = ConsortiumFile(statement=one.encode(), signatures=(*right, *wrong))
    assert _failed(_examined(case, file.encode(), tmp_path)) == ["signed"]


def test_member_kept_out_by_a_credit_decision_is_named(case: Case, tmp_path):
    third, other = case.world.tenderers[2], case.partner
    with guard.writes("test arrangement"):
        other.organisation.blocked_until = clock.now() + timedelta(days=30)
        other.organisation.save()
    found = _examined(case, signed(agreed(case.world, third, other), third, other), tmp_path)
    assert _failed(found) == ["standing"]


def test_member_that_nobody_knows_here_did_not_sign(case: Case, tmp_path):
    third = case.world.tenderers[2]
    unknown = floor.organisation("未核验单位", "tenderer", verified=False)
    key = people.signer("未核验单位", "west")
    user = floor.person("某人", unknown)
    people.bind(user, key)
    member = Person(user=user, organisation=unknown, key=key)
    found = _examined(case, signed(agreed(case.world, third, member), third, member), tmp_path)
    assert _failed(found) == ["signed"]


@pytest.mark.parametrize("content", [b"", b"{}", b"no", b"[" * 9000], ids=range(4))
def test_file_that_is_no_agreement_is_named(case: Case, tmp_path, content):
    assert _examined(case, content, tmp_path) == Unreadable(problem="not-in-its-form")


def test_agreement_is_sought_beside_the_sheet_and_the_qualification_alone(case: Case, tmp_path):
    third, other = case.world.tenderers[2], case.partner
    content = signed(agreed(case.world, third, other), third, other)
    assert isinstance(_examined(case, content, tmp_path, slot=1), FoundConsortium)
    assert _examined(case, content, tmp_path, slot=3) is None
    assert _examined(case, content, tmp_path, slot=4) is None
