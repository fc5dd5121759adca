"""Credit decisions: entered and lifted by supervision alone, published, told, and over on time."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from signatures.domain import guard, jcs, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.factories import floor
from tests.factories.floor import START
from trading import access
from trading.domain import credit_decisions, credit_law
from trading.domain.credit_decisions import BlockOrganisation, UnblockOrganisation
from trading.domain.documents import RecordDownload
from trading.models import CreditDecision, Document, Download, Message, Organisation

pytestmark = pytest.mark.django_db

UNTIL = START + timedelta(days=365)
SECOND = timedelta(seconds=1)
LATEST = credit_law.load().latest(START)
SAID = {"number": "东建罚〔2026〕8号", "authority": "市住房和城乡建设局", "words": "串通投标"}
LIFTS = {"number": "东建撤〔2026〕2号", "authority": "市住房和城乡建设局", "words": "原决定撤销"}


@pytest.fixture
def house():
    return floor.house()


@pytest.fixture
def offered(house):
    house.publish_notice()
    house.publish_documents()
    return house


def do(house, act, *, by=None, at=START):
    actor = by if isinstance(by, Actor) else Actor.person(by or house.supervisor)
    outcome = dispatch(act, actor=actor, clock=FixedClock(at))
    house.tenderer.refresh_from_db()
    return outcome


def block(house, *, by=None, at=START, **changes):
    values = {"organisation": house.tenderer.pk, "until": UNTIL, **SAID, **changes}
    return do(house, BlockOrganisation(**values), by=by, at=at)


def lift(house, *, by=None, at=START + SECOND, **changes):
    values = {"decision": CreditDecision.objects.order_by("since").first().pk, **LIFTS, **changes}
    return do(house, UnblockOrganisation(**values), by=by, at=at)


def traces():
    return (
        list(CreditDecision.objects.order_by("pk").values("pk", "lifted_at", "until")),
        list(Organisation.objects.order_by("pk").values_list("pk", "blocked_until")),
        LedgerEntry.objects.count(),
        Message.objects.count(),
    )


def refused(call, code, kind=Refused):
    before = traces()
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert traces() == before
    return caught.value


def fetch(house, at):
    document = Document.objects.get(lot=house.lot, kind="tender-document")
    act = RecordDownload(lot=document.lot_id, document=document.pk, organisation=house.tenderer.pk)
    return dispatch(act, actor=Actor.person(house.bidder), clock=FixedClock(at))


# --- entering ------------------------------------------------------------------------------------


def test_a_decision_keeps_out_is_published_and_told_with_evidence_tbl_54(house):
    outcome = block(house)
    assert house.tenderer.blocked_until == UNTIL
    row = CreditDecision.objects.get()
    assert (row.organisation, row.since, row.until) == (house.tenderer, START, UNTIL)
    leaf = jcs.loads(log.entry(row.leaf))["entry"]
    assert leaf["act"] == "trading.block-organisation"
    assert leaf["subject"] == house.tenderer.urn
    assert {name: leaf["context"][name] for name in SAID} == SAID
    assert leaf["actor"] == house.supervisor.urn
    message = Message.objects.get(template="organisation-blocked")
    assert (message.user, message.evidence) == (house.bidder, True)
    assert SAID["number"] in message.texts["zh-hans"]["body"]
    assert LedgerOpening.objects.filter(entry__act="trading.send-message").exists()
    assert outcome.result["decision"] == str(row.pk)


@pytest.mark.parametrize("who", ["operator", "buyer", "bidder"])
def test_nobody_but_supervision_enters_or_lifts_a_decision(house, who):
    person = getattr(house, who)
    refused(lambda: block(house, by=person), "wrong-role", Denied)
    block(house)
    refused(lambda: lift(house, by=person), "wrong-role", Denied)


def test_neither_a_process_nor_a_supervisor_of_the_centre_decides(house):
    refused(lambda: block(house, by=Actor.process("clock")), "wrong-role", Denied)
    both = floor.person("两任", house.supervisor.memberships.get().organisation)
    with guard.writes("test arrangement"):
        centre = house.operator.memberships.get().organisation
        both.memberships.create(organisation=centre, role="clerk", since=floor.LONG_AGO)
    refused(lambda: block(house, by=both), "wrong-role", Denied)


def test_an_unverified_supervisor_decides_nothing(house):
    fresh = floor.person("新监督", floor.organisation("某监督局", "supervisor", verified=False))
    refused(lambda: block(house, by=fresh), "wrong-role", Denied)


def test_nobody_decides_on_an_organisation_of_their_own(house):
    with guard.writes("test arrangement"):
        house.supervisor.memberships.create(
            organisation=house.tenderer, role="clerk", since=floor.LONG_AGO
        )
    refused(lambda: block(house), "own-organisation", Denied)


@pytest.mark.parametrize(
    ("changes", "code", "kind"),
    [
        ({"number": " "}, "bad-number", Malformed),
        ({"number": "x" * 81}, "bad-number", Malformed),
        ({"authority": ""}, "bad-authority", Malformed),
        ({"authority": "x" * 201}, "bad-authority", Malformed),
        ({"words": "\n"}, "bad-words", Malformed),
        ({"words": "x" * 501}, "bad-words", Malformed),
        ({"until": START}, "until-past", Refused),
        ({"until": START - SECOND}, "until-past", Refused),
        ({"until": LATEST + SECOND}, "until-too-far", Refused),
        ({"organisation": uuid4()}, "no-such-organisation", NotFound),
    ],
)
def test_a_decision_that_cannot_be_is_refused_tbl_60(house, changes, code, kind):
    refused(lambda: block(house, **changes), code, kind)


def test_the_longest_and_the_shortest_time_are_taken(house):
    block(house, until=LATEST)
    block(house, until=START + SECOND, number="二")
    assert house.tenderer.blocked_until == LATEST


def test_who_does_not_tender_cannot_be_kept_out(house):
    refused(lambda: block(house, organisation=house.tenderee.pk), "not-a-tenderer")


def test_the_same_decision_is_entered_once(house):
    block(house)
    refused(lambda: block(house), "decision-entered")
    block(house, number="另号")


# --- what it does --------------------------------------------------------------------------------


def test_it_keeps_out_until_its_second_and_not_a_second_longer(offered):
    until = START + timedelta(days=2)
    block(offered, until=until)
    for at in (START, until - SECOND):
        assert access.is_blocked(offered.tenderer, at)
        with pytest.raises(Refused) as caught:
            fetch(offered, at)
        assert caught.value.code == "blocked"
        assert Download.objects.count() == 0
    assert not access.is_blocked(offered.tenderer, until)
    assert list(credit_decisions.holding(until - SECOND)) == list(CreditDecision.objects.all())
    assert not credit_decisions.holding(until).exists()
    fetch(offered, until)
    assert Download.objects.count() == 1


def test_of_several_the_latest_end_counts(house):
    block(house, until=UNTIL)
    block(house, until=START + timedelta(days=30), number="二")
    assert house.tenderer.blocked_until == UNTIL


# --- lifting -------------------------------------------------------------------------------------


def test_lifted_it_keeps_out_no_longer_and_is_told(offered):
    block(offered)
    lift(offered)
    assert offered.tenderer.blocked_until is None
    row = CreditDecision.objects.get()
    assert (row.lifted_at, row.lifted_number) == (START + SECOND, LIFTS["number"])
    leaf = jcs.loads(log.entry(row.lifted_leaf))["entry"]
    assert leaf["act"] == "trading.unblock-organisation"
    assert {name: leaf["context"][name] for name in LIFTS} == LIFTS
    message = Message.objects.get(template="organisation-unblocked")
    assert (message.user, message.evidence) == (offered.bidder, True)
    fetch(offered, START + SECOND)


def test_another_decision_that_holds_still_keeps_out(house):
    block(house, until=UNTIL)
    later = START + timedelta(days=30)
    block(house, until=later, number="二", at=START + SECOND)
    lift(house, at=START + 2 * SECOND)
    assert house.tenderer.blocked_until == later


def test_a_decision_is_lifted_once_and_only_while_it_holds(house):
    block(house)
    refused(lambda: lift(house, at=UNTIL), "decision-over")
    lift(house, at=UNTIL - SECOND)
    refused(lambda: lift(house, at=UNTIL - SECOND), "already-lifted")
    refused(lambda: lift(house, decision=uuid4()), "no-such-decision", NotFound)


@pytest.mark.parametrize("name", ["number", "authority", "words"])
def test_lifting_names_its_own_decision(house, name):
    block(house)
    refused(lambda: lift(house, **{name: " "}), f"bad-{name}", Malformed)
