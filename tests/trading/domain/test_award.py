"""From the report to the contract: stage, role, time, lot and repeat, and what must not happen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from signatures.domain import guard, jcs
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.domain.signing_documents import Place, Plan, Signatory
from signatures.models import LedgerEntry, SigningDocument
from tests.factories import evaluated as cases
from tests.factories import floor
from tests.factories.evaluated import REPORTED, TERMS
from tests.factories.floor import beijing, sha
from trading.domain import candidates
from trading.domain.award import AwardLot
from trading.domain.candidates import PublishCandidates
from trading.domain.contracts import OfferContract, SignContract, Terms, check_terms
from trading.domain.reports import FileWrittenReport, ReportPerformance
from trading.models import Assignment, Award, Contract, Exhibit, Lot, Message

pytestmark = pytest.mark.django_db

SOON = REPORTED + timedelta(hours=1)
#: Published on 3 April, on show for three whole days; as Qingming is kept until the 6th, the
#: term ends with the 7th (Civil Code 203).
SHOWN = beijing(2026, 4, 8, 0, 0)
AWARDED = beijing(2026, 4, 8, 9, 0)


@pytest.fixture
def case():
    return cases.evaluated()


def publish(case, *, by=None, at=SOON, **changes):
    values = {
        "lot": case.lot.pk, "title": "中标候选人公示", "digest": sha("candidates"), "size": 9,
        "candidates": candidates.digest(case.lot),
        "until": candidates.on_show_until(case.lot, at=at), **changes,
    }
    return case.house.act(PublishCandidates(**values), by=by or case.house.buyer, at=at)


def award(case, *, by=None, at=AWARDED, **changes):
    values = {
        "lot": case.lot.pk, "winner": case.winner.pk, "title": "中标通知书",
        "digest": sha("award"), "size": 9, **changes,
    }
    return case.house.act(AwardLot(**values), by=by or case.house.buyer, at=at)


def plan(case):
    signers = (("Tenderee", case.house.tenderee), ("Contractor", case.winner))
    return Plan(
        digest=sha("contract"), size=9, seal_field="Seal",
        places=tuple(
            Place(
                signatory=Signatory(
                    field=field, signer=one.urn, holder=one.name, credit_code=one.credit_code
                ),
                seal=True,
            )
            for field, one in signers
        ),
    )


def offer(case, *, by=None, at=AWARDED + timedelta(days=1), **changes):
    values = {
        "lot": case.lot.pk, "title": "施工合同", "price": "4800000.00", "terms": TERMS,
        "plan": plan(case), **changes,
    }
    return case.house.act(OfferContract(**values), by=by or case.house.buyer, at=at)


def signed(case, at):
    """As if both had signed and the platform had sealed at ``at``."""
    with guard.writes("test arrangement"):
        SigningDocument.objects.update(
            state="sealed", signed_at=at, sealed_at=at, digest=sha("signed contract")
        )


def conclude(case, *, by=None, at):
    return case.house.act(SignContract(lot=case.lot.pk), by=by or case.house.buyer, at=at)


def report(case, *, by=None, at):
    return case.house.act(
        FileWrittenReport(lot=case.lot.pk, title="书面报告", digest=sha("report"), size=9),
        by=by or case.house.buyer, at=at,
    )


def perform(case, *, by=None, at):
    return case.house.act(
        ReportPerformance(lot=case.lot.pk, title="履约", digest=sha("performance"), size=9),
        by=by or case.house.buyer, at=at,
    )


def refusal(call, kind=Refused):
    """The refusal, after making sure that it changed nothing at all."""
    before = _everything()
    with pytest.raises(kind) as caught:
        call()
    assert _everything() == before
    return caught.value


def _everything():
    lots = list(Lot.objects.order_by("pk").values_list("pk", "stage", "state", "dates"))
    return lots, [
        model.objects.count()
        for model in (Exhibit, Award, Contract, Message, SigningDocument, LedgerEntry)
    ]


# --- candidates ----------------------------------------------------------------------------------


def test_candidates_are_the_first_three_in_the_committees_order():
    case = cases.evaluated(ranked=4)
    outcome = publish(case)
    facts = Exhibit.objects.get(pk=outcome.result["exhibit"]).facts
    assert [(one["org"], one["rank"], one["price"]) for one in facts["candidates"]] == [
        (case.tenderers[0].urn, 1, "4800000.00"),
        (case.tenderers[1].urn, 2, "4900000.00"),
        (case.tenderers[2].urn, 3, "5000000.00"),
    ]
    assert (facts["late"], facts["until"]) == ([], jcs.timestamp(SHOWN))
    assert case.lot.stage == "CANDIDATES"


def test_candidates_later_than_three_days_are_recorded_as_late(case):
    outcome = publish(case, at=REPORTED + timedelta(days=5))
    assert outcome.result["late"] == ["candidates-after-report"]


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_nobody_but_the_tenderee_publishes_candidates(case, who):
    by = getattr(case.house, who)
    assert refusal(lambda: publish(case, by=by), Denied).code == "wrong-role"


def test_candidates_are_published_once(case):
    publish(case)
    assert refusal(lambda: publish(case, at=SOON + timedelta(hours=1))).code == "exhibit-absent"


@pytest.mark.parametrize("stage", ["BIDDING", "EVALUATION", "AWARD", "CONTRACT"])
def test_candidates_at_another_stage(case, stage):
    values = {"candidates": candidates.digest(case.lot), "until": SHOWN}
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=case.lot.pk).update(stage=stage)
    error = refusal(lambda: publish(case, **values))
    assert (error.code, error.rule) == ("wrong-stage", "TBR 54")


def test_notice_of_another_report_or_another_day(case):
    assert refusal(lambda: publish(case, candidates=sha("other"))).code == "other-report"
    late = SHOWN + timedelta(days=1)
    error = refusal(lambda: publish(case, until=late))
    assert (error.code, error.rule) == ("other-dates", "TBR 54")


def test_there_is_nothing_to_publish_without_a_report(case):
    other = floor.house()
    with pytest.raises(NotFound):
        candidates.digest(other.lot)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda rows: rows[0].update(rank=2), id="two-seconds"),
        pytest.param(lambda rows: rows[0].update(rank="1"), id="rank-a-text"),
        pytest.param(lambda rows: rows[0].update(rank=0), id="rank-zero"),
        pytest.param(lambda rows: rows[0].update(price="0"), id="price-zero"),
        pytest.param(lambda rows: rows[0].update(price="NaN"), id="price-no-number"),
        pytest.param(lambda rows: rows[0].update(price="1.005"), id="price-of-thirds"),
        pytest.param(lambda rows: rows[0].update(org="org:nobody"), id="no-organisation"),
        pytest.param(lambda rows: rows[0].update(org=rows[1]["org"]), id="ranked-twice"),
        pytest.param(lambda rows: rows[0].pop("score"), id="no-score"),
        pytest.param(lambda rows: rows[0].update(terms=["180"]), id="terms-a-list"),
        pytest.param(lambda rows: rows.append("x"), id="no-row"),
    ],
)
def test_report_that_ranks_badly(case, spoil):
    facts = cases.facts(case.tenderers)
    spoil(facts["ranking"])
    cases.exhibit(case.lot, "evaluation-report", SOON, facts=facts)
    with pytest.raises(Malformed) as caught:
        candidates.ranking(case.lot)
    assert caught.value.code == "faulty-report"


def test_report_that_rejects_everybody(case):
    facts = {"ranking": [], "rejected": [{"org": case.winner.urn, "reason": "x"}]}
    cases.exhibit(case.lot, "evaluation-report", SOON, facts=facts)
    with pytest.raises(Refused) as caught:
        candidates.first(case.lot)
    assert (caught.value.code, caught.value.rule) == ("no-candidates", "TBL 42")


# --- award ---------------------------------------------------------------------------------------


def test_award_tells_the_winner_and_every_other_tenderer_why(case):
    publish(case)
    idle = floor.organisation("只领取了文件", "tenderer")
    floor.person("闲", idle)
    floor.assignment(case.lot, "tenderer", organisation=idle)
    outcome = award(case)
    assert (case.lot.stage, outcome.result["winner"]) == ("AWARD", case.winner.urn)
    row = Award.objects.get()
    assert (row.winner, row.rank, row.price, row.terms) == (
        case.winner, 1, Decimal("4800000.00"), TERMS
    )
    told = Message.objects.exclude(template="candidates-published")
    assert sorted((one.organisation.name, one.template) for one in told) == sorted(
        [
            ("泰和建设", "award-won"), ("华岳市政", "award-lost"), ("西川建工", "award-lost"),
            ("蜀西交通", "award-rejected"), ("只领取了文件", "award-unranked"),
        ]
    )
    second = told.get(organisation=case.tenderers[1]).texts["zh-hans"]["body"]
    assert "排名第 2，得分 95.50；中标人得分 96.50" in second
    rejected = told.get(organisation=case.tenderers[3]).texts["zh-hans"]["body"]
    assert "投标函未按要求签署" in rejected
    assert all(one.evidence for one in told)


def test_award_waits_for_the_publicity_to_the_microsecond(case):
    publish(case)
    tick = timedelta(microseconds=1)
    error = refusal(lambda: award(case, at=SHOWN - tick))
    assert (error.code, error.rule) == ("too-early", "TBR 54")
    award(case, at=SHOWN)
    assert case.lot.stage == "AWARD"


def test_no_award_before_candidates_were_published(case):
    assert refusal(lambda: award(case)).code == "too-early"


@pytest.mark.parametrize("rank", [2, 3])
def test_state_funds_take_the_first_candidate(case, rank):
    publish(case)
    winner = case.tenderers[rank - 1].pk
    error = refusal(lambda: award(case, winner=winner, reasons="更好"))
    assert (error.code, error.rule) == ("not-the-first", "TBR 55")


def test_award_to_one_who_is_no_candidate(case):
    publish(case)
    for winner in (case.tenderers[3].pk, case.house.tenderer.pk, case.house.tenderee.pk):
        error = refusal(lambda winner=winner: award(case, winner=winner), NotFound)
        assert error.code == "no-candidate"


def test_choice_of_the_tenderees_own_needs_reasons(case):
    publish(case)
    lot = case.lot
    data = {**lot.procedure["data"]}
    data["flags"] = [
        {**one, "value": False} if one["name"] == "first-candidate-wins" else one
        for one in data["flags"]
    ]
    from trading.domain import procedure_file

    with guard.writes("test arrangement"):
        lot.procedure = procedure_file.build(data).frozen()
        lot.save()
    second = case.tenderers[1].pk
    error = refusal(lambda: award(case, winner=second), Malformed)
    assert error.code == "reasons-missing"
    award(case, winner=second, reasons="定标委员会票决")
    assert Award.objects.get().reasons == "定标委员会票决"


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_nobody_but_the_tenderee_awards(case, who):
    publish(case)
    by = getattr(case.house, who)
    assert refusal(lambda: award(case, by=by), Denied).code == "wrong-role"


def test_winner_does_not_award_itself(case):
    publish(case)
    assert refusal(lambda: award(case, by=case.people[0]), Denied).code == "wrong-role"


def test_lot_is_awarded_once(case):
    publish(case)
    award(case)
    assert refusal(lambda: award(case, at=AWARDED + timedelta(hours=1))).code == "wrong-stage"


def test_tenderee_of_another_lot_awards_nothing_here(case):
    publish(case)
    other = cases.evaluated()
    assert refusal(lambda: award(case, by=other.house.buyer), Denied).code == "wrong-role"


def test_suspended_lot_is_not_awarded(case):
    publish(case)
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=case.lot.pk).update(state="suspended", suspended_at=SOON)
    assert refusal(lambda: award(case)).code == "not-running"


# --- contract ------------------------------------------------------------------------------------


@pytest.fixture
def awarded(case):
    publish(case)
    award(case)
    return case


def test_contract_of_the_bids_own_terms_is_opened_for_both(awarded):
    outcome = offer(awarded, security="480000.00")
    contract = Contract.objects.get(pk=outcome.result["contract"])
    document = contract.document
    assert [one.signer for one in document.fields.order_by("position")] == [
        awarded.house.tenderee.urn, awarded.winner.urn
    ]
    assert (document.purpose, document.subject) == ("contract", awarded.lot.urn)
    assert awarded.lot.stage == "AWARD"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"price": "4700000.00"}, ["price is 4,700,000.00 where the bid said 4,800,000.00"]),
        (
            {"terms": {**TERMS, "duration_days": "200"}},
            ["duration_days is 200 where the bid said 180"],
        ),
        ({"terms": {}}, [f"{name} is missing (bid: {text})" for name, text in TERMS.items()]),
        ({"terms": {**TERMS, "rebate": "3%"}}, ["rebate is no term of the bid"]),
        (
            {"price": "1", "terms": {**TERMS, "manager": "某甲"}},
            ["price is 1.00 where the bid said", "manager is 某甲 where the bid said 陈蜀"],
        ),
    ],
)
def test_contract_that_departs_from_the_bid_is_refused_by_name(awarded, changes, named):
    from django.utils import translation

    with translation.override("en"):
        error = refusal(lambda: offer(awarded, **changes))
    assert (error.code, error.rule) == ("departs-from-bid", "TBL 46, TBR 57")
    assert [text for text in named if text not in error.message] == []


@pytest.mark.parametrize("price", ["", "viel", "NaN", "Infinity", "-1", "0", "4800000.001"])
def test_contract_price_that_is_no_amount(awarded, price):
    assert refusal(lambda: offer(awarded, price=price), Malformed).code == "bad-amount"


def test_performance_security_over_a_tenth(awarded):
    error = refusal(lambda: offer(awarded, security="480000.01"))
    assert (error.code, error.rule) == ("security-too-high", "TBR 58")


def test_no_security_where_the_procedure_knows_none():
    """L39 says nothing of one for land; nothing is put up for signature."""
    case = cases.evaluated(name="land-tender")
    made = Award(lot=case.lot, winner=case.winner, rank=1, price=Decimal("4800000.00"), terms=TERMS)
    given = Terms.read(price="4800000.00", terms=TERMS, security="1.00")
    error = refusal(lambda: check_terms(case.lot, made, given))
    assert (error.code, error.rule) == ("no-security", "L39 20")
    assert not SigningDocument.objects.exists()


def test_contract_is_offered_once_and_by_the_tenderee(awarded):
    for by in (awarded.people[0], awarded.people[1], awarded.house.supervisor):
        assert refusal(lambda by=by: offer(awarded, by=by), Denied).code == "wrong-role"
    offer(awarded)
    assert refusal(lambda: offer(awarded)).code == "contract-offered"


def test_no_contract_before_the_award(case):
    publish(case)
    assert refusal(lambda: offer(case)).code == "wrong-stage"
    error = refusal(lambda: conclude(case, at=AWARDED), NotFound)
    assert error.code == "no-contract"


def test_contract_that_not_everybody_signed_does_not_count(awarded):
    offer(awarded)
    at = AWARDED + timedelta(days=2)
    assert refusal(lambda: conclude(awarded, at=at)).code == "not-signed-by-all"
    assert awarded.lot.stage == "AWARD"


@pytest.mark.parametrize(("days", "late"), [(29, []), (31, ["contract-after-award"])])
def test_signed_contract_moves_the_lot_and_says_whether_it_was_late(awarded, days, late):
    offer(awarded)
    at = AWARDED + timedelta(days=days)
    signed(awarded, at)
    # The conclusion may come later; the last signature is what counts.
    outcome = conclude(awarded, by=awarded.people[0], at=at + timedelta(days=3))
    exhibit = Exhibit.objects.get(pk=outcome.result["exhibit"])
    assert (awarded.lot.stage, exhibit.kind, exhibit.digest) == (
        "CONTRACT", "contract", sha("signed contract")
    )
    assert exhibit.facts["late"] == late
    assert Contract.objects.get().late is bool(late)
    assert "public" not in exhibit.audience
    again = refusal(lambda: conclude(awarded, at=at + timedelta(days=4)))
    assert again.code == "wrong-stage"


def test_losing_tenderer_is_no_party_to_the_contract(awarded):
    offer(awarded)
    at = AWARDED + timedelta(days=2)
    signed(awarded, at)
    error = refusal(lambda: conclude(awarded, by=awarded.people[1], at=at), Denied)
    assert error.code == "wrong-organisation"


# --- reports -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "late"), [(14, []), (17, ["written-report-after-award"])])
def test_written_report_goes_to_the_supervisor(awarded, days, late):
    outcome = report(awarded, at=AWARDED + timedelta(days=days))
    assert outcome.result["late"] == late
    told = Message.objects.filter(template="written-report-filed")
    assert [one.user for one in told] == [awarded.house.supervisor]
    again = refusal(lambda: report(awarded, at=AWARDED + timedelta(days=18)))
    assert again.code == "exhibit-absent"


def test_written_report_before_the_award_or_by_somebody_else(case):
    publish(case)
    assert refusal(lambda: report(case, at=AWARDED)).code == "wrong-stage"
    award(case)
    for by in (case.people[0], case.house.supervisor):
        denied = refusal(lambda by=by: report(case, by=by, at=AWARDED), Denied)
        assert denied.code == "wrong-role"


def test_performance_needs_contract_and_written_report(awarded):
    at = AWARDED + timedelta(days=3)
    assert refusal(lambda: perform(awarded, at=at)).code == "wrong-stage"
    offer(awarded)
    signed(awarded, at)
    conclude(awarded, at=at)
    error = refusal(lambda: perform(awarded, at=at))
    assert (error.code, error.rule) == ("exhibit-filed", "TBL 47")
    report(awarded, at=at)
    assert refusal(lambda: perform(awarded, by=awarded.people[0], at=at), Denied).code == (
        "wrong-role"
    )
    perform(awarded, at=at)
    assert awarded.lot.stage == "PERFORMANCE"


def test_recused_tenderees_assignment_does_not_help(awarded):
    with guard.writes("test arrangement"):
        Assignment.objects.filter(lot=awarded.lot, role="tenderee").update(recused_at=AWARDED)
    assert refusal(lambda: offer(awarded), Denied).code == "wrong-role"
