"""Committees: drawn under aliases from the whole pool, declared, replaced; refusals leave none."""

from __future__ import annotations

import json

import pytest

from bidding.domain import codes, committee
from bidding.domain.committee_draw import make_record, usual_parties
from bidding.models import Committee, Expert, Seat
from signatures.domain import guard
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.factories import floor
from trading.domain import drawing
from trading.domain.drawing_publication import bundle
from trading.domain.draws import verify_draw
from trading.models import Assignment, Draw

pytestmark = pytest.mark.django_db(transaction=True)


def state():
    return (
        Committee.objects.count(),
        Draw.objects.count(),
        list(Seat.objects.order_by("pk").values("pk", "called_at", "declared_at", "left_at")),
        Assignment.objects.filter(role="evaluator").count(),
        LedgerEntry.objects.count(),
    )


def refusal(call, kind=Refused):
    before = state()
    with pytest.raises(kind) as caught:
        call()
    assert state() == before
    return caught.value.code


def path(world, rest=""):
    return f"/api/v1/lots/{world.opening.lot.pk}/committee{rest}"


# --- the pool ------------------------------------------------------------------------------------


def test_the_centre_alone_keeps_the_pool(world):
    opening = world.opening
    person = floor.person("新专家")
    body = {"person": str(person.pk), "specialities": ["cost"], "employer": "某大学"}
    for one in (opening.host, opening.supervisor, opening.bidders[0], person):
        with pytest.raises(Denied):
            opening.api(one).post("/api/v1/experts", body)
    centre = opening.api(opening.keeper)
    for wrong in (
        {"specialities": []},
        {"specialities": ["造价"]},
        {"employer": " "},
        {"employer_code": "91370100MA0000000X"},
    ):
        with pytest.raises(Malformed):
            centre.post("/api/v1/experts", {**body, **wrong})
    assert not Expert.objects.filter(user=person).exists()
    centre.post("/api/v1/experts", body)
    with pytest.raises(Refused):
        centre.post("/api/v1/experts", body)
    assert Expert.objects.get(user=person).specialities == ["cost"]


# --- opening the draw ----------------------------------------------------------------------------


def test_only_the_hosts_open_the_draw(world):
    opening = world.opening
    for one in (opening.supervisor, opening.bidders[0], opening.keeper):
        api = opening.api(one)
        assert refusal(lambda api=api: api.post(path(world)), Denied) == "wrong-role"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"quota": {"expert": 3}}, Refused, "bad-committee"),
        ({"quota": {"expert": 6}}, Refused, "bad-committee"),
        ({"quota": {"municipal": 3, "cost": 1}}, Refused, "bad-committee"),
        ({"quota": {}}, Malformed, "bad-quota"),
        ({"quota": {"expert": 0}}, Malformed, "bad-quota"),
        ({"quota": {"专家": 5}}, Malformed, "bad-quota"),
        ({"alternates": 1}, Refused, "too-few-alternates"),
        ({"parties": ["process:centre"]}, Malformed, None),
    ],
)
def test_a_committee_that_the_law_does_not_know_is_refused(world, body, kind, code):
    api = world.opening.api(world.opening.host)
    found = refusal(lambda: api.post(path(world), body), kind)
    assert code is None or found == code


def test_the_draw_waits_for_the_opening(world):
    with guard.writes("test"):
        world.opening.lot.stage = "BIDDING"
        world.opening.lot.save()
    api = world.opening.api(world.opening.host)
    assert refusal(lambda: api.post(path(world))) == "wrong-stage"


def test_nobody_draws_evaluators_from_a_record_of_their_own(world):
    opening = world.opening
    record, _aliases = make_record(
        opening.lot, quota={"expert": 5}, alternates=2, parties=usual_parties(opening.lot),
        before=None, seated=set(),
    )
    body = {"lot": str(opening.lot.pk), "purpose": "evaluators", "record": record}
    assert refusal(lambda: opening.api(opening.host).post("/api/v1/draws", body)) == "wrong-act"


def test_a_second_draw_while_one_is_under_way_is_refused(world):
    world.open()
    api = world.opening.api(world.opening.host)
    assert refusal(lambda: api.post(path(world))) == "draw-under-way"


def test_record_hides_people_and_employers_and_avoids_the_parties(world):
    opening = world.opening
    tied = [Expert.objects.order_by("pk")[number] for number in range(3)]
    with guard.writes("test"):
        Expert.objects.filter(pk=tied[0].pk).update(employer=opening.bids[0].tenderer.name)
        code = opening.bids[1].tenderer.credit_code
        Expert.objects.filter(pk=tied[1].pk).update(employer_code=code)
        tied[2].user.memberships.create(
            organisation=opening.bids[2].tenderer, role="clerk", since=floor.LONG_AGO
        )
    draw = world.open()
    text = json.dumps(draw.record, ensure_ascii=False)
    for user in world.experts.values():
        assert user.full_name not in text
        assert str(user.pk) not in text
    assert "研究院" not in text
    assert len(draw.record["candidates"]) == 9
    assert len(draw.record["avoid"]["organisations"]) == 2
    assert len(draw.record["avoid"]["candidates"]) == 1
    world.conclude(draw)
    seated = {seat.user_id for seat in Seat.objects.all()}
    assert seated.isdisjoint({expert.user_id for expert in tied})


def test_seed_of_the_codes_is_committed_before_the_draw(world):
    draw = world.open()
    row = world.row
    leaves = [bytes(leaf.data).decode() for leaf in LedgerEntry.objects.all()]
    [leaf] = [text for text in leaves if '"bidding.open-committee-draw"' in text]
    said = json.loads(leaf)["entry"]
    assert said["digests"]["codes"] == codes.commitment(bytes.fromhex(row.code_seed)).hex()
    assert said["context"]["draw"] == draw.urn
    assert not any(row.code_seed in text for text in leaves)


# --- the result ----------------------------------------------------------------------------------


def test_result_seats_five_and_keeps_alternates_hidden(world):
    draw = world.draw()
    assert draw.phase == "result"
    verify_draw(bundle(draw))
    row = world.row
    assert row.draw_seed == draw.result["seed"]
    assert row.seats.count() == 7
    assert len(committee.seated(row)) == 5
    assert Assignment.objects.filter(role="evaluator", lot=row.lot).count() == 5
    names = [drawing.real_id(draw, alias) for alias in draw.result["drawn"]["expert"]]
    assert [seat.user.urn for seat in committee.seated(row)] == names


def test_members_are_seen_by_themselves_and_supervisors_only(world):
    world.draw()
    opening = world.opening
    members = {user.urn for user in world.members()}
    outside = [user for urn, user in world.experts.items() if urn not in members]
    for one in (opening.host, opening.bidders[0], opening.keeper, outside[0], None):
        line = opening.api(one).get(path(world))
        assert (line["size"], line["seats"], line["mine"]) == (5, None, None)
        assert not any(user.full_name in json.dumps(line) for user in world.experts.values())
    for one in (opening.supervisor, world.members()[0]):
        line = opening.api(one).get(path(world))
        assert {seat["user"] for seat in line["seats"]} == members
    assert opening.api(world.members()[0]).get("/api/v1/committees/mine")["committees"] == [
        {
            "lot": str(opening.lot.pk), "urn": world.row.urn, "stage": "OPENING",
            "state": "active",
        }
    ]
    assert opening.api(outside[0]).get("/api/v1/committees/mine")["committees"] == []


def test_no_committee_is_not_found(world):
    with pytest.raises(NotFound):
        world.opening.api(world.opening.host).get(path(world))


# --- declarations --------------------------------------------------------------------------------


def test_committee_is_complete_when_all_declared_no_conflict(world):
    world.draw()
    answers = [world.declare(one) for one in world.members()]
    assert [each["complete"] for each in answers] == [False] * 4 + [True]
    assert world.row.complete_at is not None
    opened = LedgerOpening.objects.filter(entry__act="bidding.declare-conflict").first()
    assert opened.owners[0].startswith("user:")


def test_conflict_recuses_and_calls_the_next_alternate(world):
    draw = world.draw()
    leaver = world.members()[1]
    alternates = [drawing.real_id(draw, a) for a in draw.result["alternates"]["expert"]]
    assert world.declare(leaver, conflict=True) == {
        "conflict": True, "complete": False, "vacant": 0,
    }
    assert [user.urn for user in world.members()].count(leaver.urn) == 0
    assert alternates[0] in [user.urn for user in world.members()]
    row = Assignment.objects.get(user=leaver, role="evaluator")
    assert row.recused_at is not None
    code = refusal(lambda: world.declare(leaver), Denied)
    assert code == "wrong-role"


def test_vacancy_after_the_alternates_is_drawn_again_with_a_signed_reason(world):
    first = world.draw()
    for _ in range(3):
        answer = world.declare(world.members()[0], conflict=True)
    assert answer["vacant"] == 1
    opening = world.opening
    api = opening.api(opening.host)
    reason = opening.signed(
        opening.host, "sunlit.redraw/1", before=first.urn, reason="候补已用尽。"
    )
    body = {"quota": {"expert": 1}, "before": str(first.pk), "reason": reason}
    wrong = {**body, "quota": {"expert": 5}}
    assert refusal(lambda: api.post(path(world), wrong)) == "not-vacant"
    without = {name: value for name, value in body.items() if name != "reason"}
    assert refusal(lambda: api.post(path(world), without)) == "reason-missing"
    second = world.open(**{**body, "alternates": 0})
    assert len(second.record["candidates"]) == 2
    world.conclude(second)
    assert len(world.members()) == 5
    assert world.row.draw_seed == first.result["seed"]


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"lot": "lot:1"}, Refused, "wrong-committee"),
        ({"committee": "committee:1"}, Refused, "wrong-committee"),
        ({"conflict": "no"}, Malformed, "bad-declaration"),
        ({"conflict": True, "reason": ""}, Malformed, "bad-declaration"),
        ({"conflict": False, "reason": "x"}, Malformed, "bad-declaration"),
        ({"conflict": True, "reason": "长" * 501}, Malformed, "bad-declaration"),
        ({"more": 1}, Malformed, None),
    ],
)
def test_a_declaration_that_is_not_right_is_refused(world, change, kind, code):
    world.draw()
    member = world.members()[0]
    found = refusal(lambda: world.declare(member, **change), kind)
    assert code is None or found == code


def test_declarations_by_others_or_twice_are_refused(world):
    world.draw()
    members = world.members()
    known = {user.urn for user in members}
    outside = next(user for urn, user in world.experts.items() if urn not in known)
    for one in (outside, world.opening.host):
        assert refusal(lambda one=one: world.declare(one), Denied) == "wrong-role"
    statement = world.declaration(members[0])
    other = world.opening.api(members[1])
    assert refusal(
        lambda: other.post(path(world, "/declarations"), statement), Denied
    ) == "certificate-unbound"
    world.declare(members[0])
    assert refusal(lambda: world.declare(members[0])) == "already-declared"
