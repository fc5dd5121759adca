"""Award separated from evaluation: panel, secret ballots, price, draw, and the signed decision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures import store
from signatures.domain import guard, jcs, log
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening
from tests.factories import floor, signers
from tests.factories.floor import sha
from tests.trading import separated as worlds
from tests.trading.separated import CLOCK, salt
from trading.domain import (
    award_draw,
    award_panel,
    ballots,
    candidates,
    deciding,
    drawing,
    procedure,
)
from trading.domain.award import AwardLot
from trading.domain.award_draw import OpenAwardDraw
from trading.domain.candidates import PublishCandidates
from trading.domain.deciding import OpenDecision, StateAwardMethod
from trading.domain.drawing import OpenDraw
from trading.domain.notices import evaluation_digest
from trading.models import (
    Assignment,
    Award,
    AwardDecision,
    Ballot,
    BallotRound,
    Draw,
    Exhibit,
    Lot,
    Message,
    PanelSeat,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

HOUR = timedelta(hours=1)
#: What construction-separated.toml leaves to vote, and then to open ballots.
COMMIT, REVEAL = 2 * HOUR, HOUR


@pytest.fixture
def world(trusted):
    return worlds.separated()


@pytest.fixture
def voting(world):
    return world.voting()


def state():
    return (
        log.size(),
        list(Lot.objects.order_by("pk").values_list("pk", "stage", "dates", "parameters")),
        list(Ballot.objects.order_by("pk").values()),
        list(BallotRound.objects.order_by("pk").values()),
        list(AwardDecision.objects.values()),
        [each.objects.count() for each in (PanelSeat, Assignment, Award, Draw, Exhibit, Message)],
    )


def refused(code, call, kind=Refused):
    before = state()
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert state() == before


def award(world, winner, **options):
    act = AwardLot(
        lot=world.lot.pk, winner=winner.pk, title="中标通知书", digest=sha("award"), size=9
    )
    return world.act(act, **options)


# --- the method ----------------------------------------------------------------------------------


def state_method(house, method, **changes):
    values = {"lot": house.lot.pk, "method": method, "before": evaluation_digest(house.lot)}
    return house.act(StateAwardMethod(**values | changes), by=house.buyer)


def separated_house():
    return floor.house(procedure="construction-separated")


def test_method_is_hashed_with_what_the_documents_publish(trusted):
    house = separated_house()
    before = evaluation_digest(house.lot)
    state_method(house, {"by": "draw", "weights": [5, 3, 2]})
    assert house.lot.parameters["award"] == {"by": "draw", "weights": [5, 3, 2]}
    assert evaluation_digest(house.lot) != before
    house.publish_notice()
    house.publish_documents()
    facts = Exhibit.objects.get(kind="tender-document").facts
    assert facts["parameters"]["award"]["weights"] == [5, 3, 2]
    refused("wrong-stage", lambda: state_method(house, {"by": "price"}))


def test_no_documents_before_the_method_is_stated(trusted):
    house = separated_house()
    house.publish_notice()
    refused("award-method-stated", house.publish_documents)


@pytest.mark.parametrize(
    "method",
    [
        {}, {"by": "taste"}, {"by": "votes", "weights": [1]}, {"by": "draw"},
        {"by": "draw", "weights": []}, {"by": "draw", "weights": [0]},
        {"by": "draw", "weights": [True]}, {"by": "draw", "weights": [1.5]},
        {"by": "draw", "weights": [deciding.HEAVIEST + 1]}, {"by": "draw", "weights": "5"},
        {"by": "price", "of": "all"},
    ],
)
def test_method_that_nobody_could_decide_by(trusted, method):
    house = separated_house()
    refused("bad-award-method", lambda: state_method(house, method), Malformed)


def test_method_is_not_stated_over_somebody_elses_change(trusted):
    house = separated_house()
    refused(
        "changed-meanwhile",
        lambda: state_method(house, {"by": "price"}, before=sha("other")), Conflict,
    )


def test_method_is_the_tenderees_to_state(trusted):
    house = separated_house()
    act = StateAwardMethod(
        lot=house.lot.pk, method={"by": "price"}, before=evaluation_digest(house.lot)
    )
    refused("wrong-role", lambda: house.act(act, by=house.bidder), Denied)


# --- unranked candidates -------------------------------------------------------------------------


def publish(world):
    at = world.now - timedelta(days=18)
    act = PublishCandidates(
        lot=world.lot.pk, title="定标候选人公示", digest=sha("notice"), size=9,
        candidates=candidates.digest(world.lot),
        until=candidates.on_show_until(world.lot, at=at),
    )
    world.act(act, at=at)
    return Exhibit.objects.get(kind="candidates")


def test_notice_names_candidates_without_rank_or_score_in_the_neutral_order(world):
    facts = publish(world).facts
    codes = sorted(one.credit_code for one in world.candidates)
    by_urn = {one.urn: one.credit_code for one in world.candidates}
    assert [by_urn[one["org"]] for one in facts["candidates"]] == codes
    assert [set(one) for one in facts["candidates"]] == [{"org", "price"}] * 3


def test_neutral_order_does_not_follow_the_rank(world):
    rows = candidates.first(world.lot)
    assert candidates.neutral(rows) == candidates.neutral(tuple(reversed(rows)))


# --- the panel -----------------------------------------------------------------------------------


def test_panel_is_named_once_and_told(world):
    world.name()
    assert {one.user for one in award_panel.seats(world.lot)} == {one.user for one in world.members}
    told = Message.objects.filter(template="panel-named").values_list("user_id", flat=True)
    assert set(told) == {one.user.pk for one in world.members}
    refused("panel-named", world.name)


@pytest.mark.parametrize("count", [0, 3, 4])
def test_panel_of_too_few_or_an_even_number(world, count):
    refused("bad-panel", lambda: world.name(world.members[:count]))


def test_panel_of_six_is_even(world):
    sixth = signers.equip(floor.person("第六人"))
    refused("bad-panel", lambda: world.name([*world.members, sixth]))


def test_panel_names_nobody_twice(world):
    refused("named-twice", lambda: world.name([*world.members, world.members[0]]), Malformed)


def test_nobody_of_a_tenderer_sits_on_the_panel(world):
    tied = signers.equip(floor.person("投标人员工", world.candidates[2]))
    refused("conflict-of-interest", lambda: world.name([*world.members[:4], tied]))


def test_no_evaluator_sits_on_the_panel(world):
    floor.assignment(world.lot, "evaluator", user=world.members[0].user)
    refused("was-evaluator", world.name)


def test_tenderers_name_no_panel(world):
    refused("wrong-role", lambda: world.name(by=world.case.people[0]), Denied)


def test_no_votes_without_a_panel(world):
    refused("panel-named", world.open)


def test_decision_waits_for_the_end_of_the_publicity(world):
    world.name()
    refused("too-early", lambda: world.open(at=world.now - timedelta(days=15)))


def test_decision_is_opened_once(voting):
    refused("wrong-stage", voting.open)


# --- ballots -------------------------------------------------------------------------------------


def test_most_votes_choose_and_nobody_learns_who_voted_for_whom(voting):
    first, second, _third = voting.candidates
    voting.vote(1, 0, 1, 1, 0)
    row = deciding.decision_of(voting.lot)
    assert row.chosen == second
    assert voting.round.tally == {**voting.round.tally, first.urn: 2, second.urn: 3}
    record = Exhibit.objects.get(kind=ballots.RECORD)
    assert set(record.audience) == set(ballots.RECORD_READERS)
    kept = jcs.loads(store.read(record.digest))
    assert len(kept["ballots"]) == 5
    for opening in LedgerOpening.objects.all():
        if "-ballot" in opening.entry["act"]:
            assert not any(one.urn in str(opening.entry) for one in voting.candidates)


def test_nothing_of_the_votes_is_known_before_the_count(voting):
    for member in voting.members:
        voting.cast(member, voting.candidates[0])
    for member in voting.members[:4]:
        voting.reveal(member, voting.candidates[0])
    assert voting.round.tally == {}
    assert not Exhibit.objects.filter(kind=ballots.RECORD).exists()


def test_the_tied_go_on_to_another_round(voting):
    voting.vote(0, 0, 1, 1, 2)
    again = voting.round
    tied = {one.urn for one in voting.candidates[:2]}
    assert (again.number, set(again.candidates)) == (2, tied)
    assert deciding.decision_of(voting.lot).chosen is None
    voting.vote(0, 1, 1, 0, 1)
    assert deciding.decision_of(voting.lot).chosen == voting.candidates[1]
    assert [one["number"] for one in deciding.decision_of(voting.lot).grounds["rounds"]] == [1, 2]


def voting_all(world, choice):
    for member in world.members:
        world.cast(member, world.candidates[choice])


def test_a_round_of_half_the_panel_decides_nothing(voting):
    for member in voting.members[:2]:
        voting.cast(member, voting.candidates[0])
    late = voting.now + COMMIT
    for member in voting.members[:2]:
        voting.reveal(member, voting.candidates[0], at=late)
    voting.count(at=late)
    first = BallotRound.objects.get(number=1)
    assert (first.result, voting.round.number) == (ballots.NO_QUORUM, 2)
    assert deciding.decision_of(voting.lot).chosen is None


def test_who_does_not_open_has_not_voted(voting):
    for member in voting.members:
        voting.cast(member, voting.candidates[0])
    for member in voting.members[:3]:
        voting.reveal(member, voting.candidates[0])
    refused("too-early", voting.count)
    voting.count(at=voting.now + REVEAL)
    assert voting.round.tally[voting.candidates[0].urn] == 3


def test_double_vote(voting):
    member = voting.members[0]
    voting.cast(member, voting.candidates[0])
    refused("voted-already", lambda: voting.cast(member, voting.candidates[1]))


def test_vote_of_somebody_who_is_no_member(voting):
    stranger = signers.equip(floor.person("旁人"))
    refused("wrong-role", lambda: voting.cast(stranger, voting.candidates[0]), Denied)


def test_vote_of_a_panellist_of_nobodys_naming(voting):
    stranger = signers.equip(floor.person("自称成员"))
    floor.assignment(voting.lot, "panellist", user=stranger.user)
    refused("no-seat", lambda: voting.cast(stranger, voting.candidates[0]), Denied)


def test_the_tenderee_does_not_vote(voting):
    refused("wrong-role", lambda: voting.cast(voting.buyer, voting.candidates[0]), Denied)


def test_ballot_that_somebody_else_signed(voting):
    act = voting.ballot(voting.members[0], voting.candidates[0])
    refused(
        "not-the-signer", lambda: voting.act(act, by=voting.members[1].user), Denied
    )


def test_ballot_after_the_time(voting):
    late = voting.now + COMMIT
    refused(
        "too-late", lambda: voting.cast(voting.members[0], voting.candidates[0], at=late)
    )


def test_ballot_in_the_last_moment_counts(voting):
    just = voting.now + COMMIT - timedelta(microseconds=1)
    voting.cast(voting.members[0], voting.candidates[0], at=just)
    assert Ballot.objects.count() == 1


def test_the_procedure_says_how_long_a_ballot_takes(voting):
    """A lot's own figures govern; an edition that does not say keeps the hours from before."""
    lot = voting.lot
    assert voting.round.commit_until == voting.now + COMMIT
    data = lot.procedure["data"]
    for changed, committing, opening in (
        ({"most": 45}, timedelta(minutes=45), timedelta(minutes=45)),
        (None, timedelta(hours=2), timedelta(hours=1)),
    ):
        names = (ballots.COMMITTING, ballots.OPENING)
        figures = [
            {**one, **(changed or {})} if one["name"] in names else one
            for one in data["figures"]
            if changed is not None or one["name"] not in names
        ]
        other = data | {"figures": figures}
        lot.procedure = lot.procedure | {
            "data": other, "digest": procedure.digest_of(other)
        }
        assert ballots.allowed(lot, ballots.COMMITTING) == committing
        assert ballots.allowed(lot, ballots.OPENING) == opening


def test_ballot_for_another_round(voting):
    refused(
        "other-round",
        lambda: voting.cast(voting.members[0], voting.candidates[0], round="ballot-round:x"),
    )


@pytest.mark.parametrize("text", ["", "00", "Z" * 64, "A" * 64, 7])
def test_commitment_that_is_none(voting, text):
    refused(
        "bad-hex",
        lambda: voting.cast(voting.members[0], voting.candidates[0], commitment=text), Malformed,
    )


def test_ballots_stay_closed_until_all_have_voted(voting):
    voting.cast(voting.members[0], voting.candidates[0])
    refused("too-early", lambda: voting.reveal(voting.members[0], voting.candidates[0]))


def test_ballot_opened_with_another_salt(voting):
    voting_all(voting, 0)
    refused(
        "other-ballot",
        lambda: voting.reveal(voting.members[0], voting.candidates[0], salt=salt("another")),
    )


def test_ballot_opened_for_another_candidate(voting):
    voting_all(voting, 0)
    refused("other-ballot", lambda: voting.reveal(voting.members[0], voting.candidates[1]))


def test_ballot_of_another_member_is_not_opened(voting):
    voting_all(voting, 0)
    other = salt(voting.members[1].user.full_name)
    refused(
        "other-ballot",
        lambda: voting.reveal(voting.members[0], voting.candidates[0], salt=other),
    )


def test_ballot_for_somebody_who_is_no_candidate(voting):
    rejected = voting.case.tenderers[-1]
    for member in voting.members:
        voting.cast(member, rejected)
    refused("no-candidate", lambda: voting.reveal(voting.members[0], rejected))


def test_ballot_opened_twice(voting):
    voting_all(voting, 0)
    voting.reveal(voting.members[0], voting.candidates[0])
    refused("opened-already", lambda: voting.reveal(voting.members[0], voting.candidates[0]))


def test_who_did_not_vote_opens_nothing(voting):
    voting.cast(voting.members[0], voting.candidates[0])
    late = voting.now + COMMIT
    refused(
        "no-ballot", lambda: voting.reveal(voting.members[1], voting.candidates[0], at=late)
    )


def test_ballot_opened_after_the_time(voting):
    voting_all(voting, 0)
    late = voting.now + REVEAL
    refused(
        "too-late", lambda: voting.reveal(voting.members[0], voting.candidates[0], at=late)
    )


def test_no_count_before_the_ballots_are_open(voting):
    voting_all(voting, 0)
    refused("too-early", voting.count)
    refused("too-early", lambda: voting.count(by=voting.buyer.user))


def test_tenderers_do_not_count(voting):
    voting_all(voting, 0)
    refused("wrong-role", lambda: voting.count(by=voting.case.people[0]), Denied)


def test_the_clock_counts_what_can_be_counted(voting):
    voting_all(voting, 0)
    assert list(ballots.due(voting.now)) == []
    (act,) = ballots.due(voting.now + REVEAL)
    voting.act(act, by=CLOCK, at=voting.now + REVEAL)
    assert voting.round.number == 2


# --- price ---------------------------------------------------------------------------------------


def test_the_lowest_price_is_chosen_at_once(trusted):
    world = worlds.separated({"by": "price"})
    world.open()
    row = deciding.decision_of(world.lot)
    assert (row.chosen, row.grounds) == (world.candidates[0], {"price": "4800000.00"})
    refused("drawn-already", lambda: world.act(OpenAwardDraw(lot=world.lot.pk)))


def test_equal_lowest_prices_are_drawn_among(trusted):
    world = worlds.separated({"by": "price"})
    facts = dict(world.case.report.facts)
    facts["ranking"][1]["price"] = facts["ranking"][0]["price"]
    with guard.writes("test arrangement"):
        Exhibit.objects.filter(pk=world.case.report.pk)._raw_delete("default")
        worlds.cases.exhibit(
            world.lot, "evaluation-report", world.case.report.filed_at, facts=facts
        )
    world.open()
    row = deciding.decision_of(world.lot)
    tied = {one.urn for one in world.candidates[:2]}
    assert (row.chosen, set(row.grounds["tied"])) == (None, tied)
    assert award_draw.drawn_among(row) == dict.fromkeys(tied, 1)


# --- weighted draw -------------------------------------------------------------------------------


def drawing_world():
    world = worlds.separated({"by": "draw", "weights": [5, 3, 2]})
    for one in ("supervisor", "notary"):
        organisation = floor.organisation(f"{one}单位", one)
        floor.assignment(world.lot, one, organisation=organisation)
    world.open()
    return world


def test_draw_has_the_published_weights_by_price(trusted):
    world = drawing_world()
    outcome = world.act(OpenAwardDraw(lot=world.lot.pk))
    record = Draw.objects.get(pk=outcome.result["draw"]).record
    assert {one["id"]: one["weight"] for one in record["candidates"]} == {
        world.candidates[0].urn: 5, world.candidates[1].urn: 3, world.candidates[2].urn: 2,
    }
    refused("draw-under-way", lambda: world.act(OpenAwardDraw(lot=world.lot.pk)))


def test_draws_result_is_the_chosen(trusted):
    world = drawing_world()
    outcome = world.act(OpenAwardDraw(lot=world.lot.pk))
    draw = Draw.objects.get(pk=outcome.result["draw"])
    assert drawing.find_draw(draw.pk).purpose == award_draw.PURPOSE
    assert deciding.decision_of(world.lot).chosen is None
    refused("not-chosen-yet", lambda: world.decide(world.candidates[0]))


def test_no_draw_of_ones_own_making(trusted):
    world = drawing_world()
    record = award_draw._record(
        {one.urn: 1 for one in world.candidates}, award_draw.usual_parties(world.lot), None
    )
    act = OpenDraw(lot=world.lot.pk, purpose=award_draw.PURPOSE, record=record)
    refused("wrong-act", lambda: world.act(act))


def test_votes_are_not_drawn(voting):
    refused("no-draw", lambda: voting.act(OpenAwardDraw(lot=voting.lot.pk)))


# --- the signed decision and the award -----------------------------------------------------------


def test_signed_decision_is_published_and_awarded(voting):
    voting.vote(1, 1, 1, 0, 0)
    winner = voting.candidates[1]
    voting.decide(winner)
    exhibit = Exhibit.objects.get(kind=deciding.DECISION)
    assert exhibit.audience == ["public"]
    assert (exhibit.facts["winner"], exhibit.facts["reasons"]) == (winner.urn, worlds.REASONS)
    award(voting, winner)
    row = Award.objects.get()
    assert "rank" not in Exhibit.objects.get(kind="award").facts
    assert (row.winner, row.reasons, voting.lot.stage) == (winner, worlds.REASONS, "AWARD")
    lost = Message.objects.filter(template="award-lost-decided")
    assert {one.organisation_id for one in lost} == {
        voting.candidates[0].pk, voting.candidates[2].pk,
    }
    assert all(worlds.REASONS in str(one.texts) and "第" not in str(one.texts) for one in lost)


def test_award_to_a_loser(voting):
    voting.vote(1, 1, 1, 0, 0)
    voting.decide(voting.candidates[1])
    refused("not-the-decided", lambda: award(voting, voting.candidates[0]))


def test_award_before_the_decision(voting):
    refused("award-decided", lambda: award(voting, voting.candidates[0]))
    voting.vote(1, 1, 1, 0, 0)
    refused("award-decided", lambda: award(voting, voting.candidates[1]))


def test_award_to_somebody_who_is_no_candidate(voting):
    voting.vote(1, 1, 1, 0, 0)
    voting.decide(voting.candidates[1])
    refused("no-candidate", lambda: award(voting, voting.case.tenderers[-1]), NotFound)


def test_no_award_straight_from_the_candidates(world):
    refused("wrong-stage", lambda: award(world, world.candidates[0]))


def test_decision_for_another_than_the_chosen(voting):
    voting.vote(1, 1, 1, 0, 0)
    refused("not-the-chosen", lambda: voting.decide(voting.candidates[0]))


def test_decision_before_the_method_has_given_anybody(voting):
    refused("not-chosen-yet", lambda: voting.decide(voting.candidates[0]))


@pytest.mark.parametrize("text", ["", "  ", "长" * (deciding.LONGEST_REASONS + 1), 7])
def test_decision_without_proper_reasons(voting, text):
    voting.vote(1, 1, 1, 0, 0)
    refused(
        "reasons-missing",
        lambda: voting.decide(voting.candidates[1], reasons=text), Malformed,
    )


def test_decision_about_another_lot(voting):
    voting.vote(1, 1, 1, 0, 0)
    refused("other-decision", lambda: voting.decide(voting.candidates[1], lot="lot:x"))


def test_decision_is_signed_once(voting):
    voting.vote(1, 1, 1, 0, 0)
    voting.decide(voting.candidates[1])
    refused("decided-already", lambda: voting.decide(voting.candidates[1]))


def test_panellists_do_not_sign_the_decision(voting):
    voting.vote(1, 1, 1, 0, 0)
    refused(
        "wrong-role",
        lambda: voting.decide(voting.candidates[1], by=voting.members[0]), Denied,
    )


def test_a_procedure_without_separation_has_no_decision(trusted):
    case = worlds.cases.evaluated()
    refused(
        "unknown-command",
        lambda: case.house.act(OpenDecision(lot=case.lot.pk), by=case.house.buyer),
        NotFound,
    )
