"""Applying, deposits, qualification: who may, who learns of whom; refusals leave no trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.domain import auction_entry
from bidding.models import FloorApplication
from signatures import store
from signatures.domain import clock, jcs
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.auction import floors
from tests.bidding.auction.floors import FORMAT
from tests.factories import floor, signers
from trading.domain.notices import evaluation_digest
from trading.models import Award, Message

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DEPOSIT = FORMAT["deposit"]


class World:
    """A lot that takes applications now, and people who sign."""

    def __init__(self) -> None:
        now = clock.now()
        start = now - timedelta(days=1)
        self.dates = {
            "documents-until": now + timedelta(days=40),
            "floor-from": now + timedelta(days=45),
            "deadline": now + timedelta(days=80),
        }
        self.home = floors.house(bidders=0, start=start, dates=self.dates)
        self.firms = [signers.enrol(name, "tenderer") for name in ("钱进", "孙立", "李通")]
        for one in self.firms:
            floor.assignment(self.home.lot, "tenderer", organisation=one.organisation)
        self.seller = signers.equip(self.home.buyer, self.home.tenderee)
        self.centre = signers.equip(self.home.operator)
        self.supervisor = signers.equip(self.home.supervisor)

    @property
    def lot(self):
        return self.home.lot

    def path(self, rest: str = "") -> str:
        return f"lots/{self.lot.pk}/applications{rest}"

    def fields(self, firm, **changed):
        said = {
            "lot": self.lot.urn, "organisation": firm.organisation.urn,
            "floor": evaluation_digest(self.lot),
        }  # fmt: skip
        return said | changed

    def apply(self, firm, *, by=None, **changed):
        signed = (by or firm).sign(auction_entry.PURPOSE, **self.fields(firm, **changed))
        return (by or firm).post(self.path(), signers.as_json(signed))

    def applied(self, firm) -> FloorApplication:
        assert self.apply(firm).status_code == 201
        return FloorApplication.objects.get(organisation=firm.organisation)

    def deposit(self, row, *, by=None, **changed):
        body = {
            "amount": DEPOSIT, "paid_at": jcs.timestamp(clock.now()), "reference": "ICBC-1",
        } | changed  # fmt: skip
        return (by or self.centre).post(self.path(f"/{row.pk}/deposit"), body)

    def decide(self, row, *, by=None, qualified=True, reason=""):
        body = {"qualified": qualified, "reason": reason}
        return (by or self.seller).post(self.path(f"/{row.pk}/decision"), body)


@pytest.fixture
def world(settings, tmp_path) -> World:
    settings.DATA, settings.STORE = tmp_path, tmp_path / "store"
    signers.trust(settings, tmp_path)
    return World()


def state(world):
    return (
        list(FloorApplication.objects.order_by("pk").values()), LedgerEntry.objects.count(),
        Message.objects.count(),
    )  # fmt: skip


def refused(world, call) -> tuple[int, str]:
    """Status and code of a refusal that left everything as it was."""
    before = state(world)
    answer = call()
    assert state(world) == before
    assert answer.status_code >= 400
    return answer.status_code, answer.json().get("code", "")


# --- applying ------------------------------------------------------------------------------------


def test_an_application_is_signed_and_stands_once(world):
    firm = world.firms[0]
    row = world.applied(firm)
    assert store.read(row.statement) and store.read(row.signature)
    opening = LedgerOpening.objects.get(leaf_id=row.leaf)
    assert opening.subject == row.urn
    data = bytes(LedgerEntry.objects.get(index=row.leaf).data)
    assert firm.organisation.urn.encode() not in data and b"apply" not in data
    assert refused(world, lambda: world.apply(firm)) == (409, "already-applied")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lot": "lot:00000000-0000-4000-8000-000000000000"}, "other-floor"),
        ({"floor": "0" * 64}, "other-floor"),
        ({"organisation": "org:nobody"}, "bad-application"),
        ({"organisation": "user:00000000-0000-4000-8000-000000000000"}, "bad-application"),
    ],
)
def test_an_application_for_something_else_is_refused(world, changed, code):
    status, found = refused(world, lambda: world.apply(world.firms[0], **changed))
    assert (status >= 400, found) == (True, code)


def test_nobody_applies_for_another_nor_with_anothers_signature(world):
    one, other = world.firms[:2]
    _status, code = refused(world, lambda: world.apply(one, by=other))
    assert code == "wrong-organisation"
    signed = one.sign(auction_entry.PURPOSE, **world.fields(one))
    call = lambda: other.post(world.path(), signers.as_json(signed))  # noqa: E731
    assert refused(world, call)[0] in (400, 403)


def test_who_has_not_fetched_the_documents_does_not_apply(world):
    stranger = signers.enrol("外人", "tenderer")
    assert refused(world, lambda: world.apply(stranger)) == (403, "wrong-role")


def test_the_tenderee_and_the_centre_do_not_apply(world):
    for person in (world.seller, world.centre):
        signed = person.sign(auction_entry.PURPOSE, **world.fields(world.firms[0]))
        call = lambda p=person, s=signed: p.post(world.path(), signers.as_json(s))  # noqa: E731
        assert refused(world, call)[0] == 403


def test_an_applicant_learns_of_its_own_application_alone(world):
    rows = [world.applied(firm) for firm in world.firms]
    for firm, row in zip(world.firms, rows, strict=True):
        assert [each["id"] for each in firm.get(world.path()).json()] == [str(row.pk)]
    for watcher in (world.seller, world.centre, world.supervisor):
        assert len(watcher.get(world.path()).json()) == 3
    outsider = signers.enrol("路人", "tenderer")
    assert outsider.get(world.path()).json() == []
    told = Message.objects.filter(template__startswith="floor-")
    assert {one.organisation_id for one in told} == {one.organisation.pk for one in world.firms}
    for one in told:
        assert not any(
            other.organisation.name in str(one.texts)
            for other in world.firms
            if other.organisation.pk != one.organisation_id
        )


# --- deposits ------------------------------------------------------------------------------------


def test_the_centre_alone_records_deposits_once(world):
    row = world.applied(world.firms[0])
    for person in (*world.firms, world.seller, world.supervisor):
        assert refused(world, lambda p=person: world.deposit(row, by=p))[0] == 403
    assert world.deposit(row).status_code == 201
    row.refresh_from_db()
    assert (str(row.deposit), row.reference) == (DEPOSIT, "ICBC-1")
    assert refused(world, lambda: world.deposit(row)) == (409, "already-recorded")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": "199999.99"}, "deposit-too-low"), ({"amount": "-200000"}, "bad-amount"),
        ({"amount": "NaN"}, "bad-amount"), ({"amount": "1e40"}, "bad-amount"),
        ({"amount": ""}, "bad-amount"), ({"reference": " "}, "bad-reference"),
        ({"reference": "x" * 61}, "bad-reference"),
    ],
)  # fmt: skip
def test_a_deposit_that_is_none_is_refused(world, changed, code):
    row = world.applied(world.firms[0])
    assert refused(world, lambda: world.deposit(row, **changed))[1] == code


def test_a_deposit_of_the_future_is_refused(world):
    row = world.applied(world.firms[0])
    late = jcs.timestamp(clock.now() + timedelta(hours=1))
    assert refused(world, lambda: world.deposit(row, paid_at=late))[1] == "paid-in-the-future"


def test_a_deposit_after_applications_ended_is_too_late(world):
    from decimal import Decimal

    from bidding.domain.auction_entry import RecordDeposit

    row = world.applied(world.firms[0])
    end = auction_entry.deposit_until(world.lot)
    for paid, taken in ((end, False), (end - timedelta(microseconds=1), True)):
        act = RecordDeposit(
            lot=world.lot.pk, application=row.pk, amount=Decimal(DEPOSIT), paid_at=paid,
            reference="B",
        )  # fmt: skip
        before = state(world)
        if taken:
            world.home.act(act, by=world.home.operator, at=end + MINUTE)
        else:
            with pytest.raises(Refused) as caught:
                world.home.act(act, by=world.home.operator, at=end + MINUTE)
            assert caught.value.code == "paid-too-late" and state(world) == before


# --- qualification -------------------------------------------------------------------------------


def test_the_seller_confirms_who_has_paid_and_each_gets_a_number_of_its_own(world):
    rows = [world.applied(firm) for firm in world.firms]
    assert refused(world, lambda: world.decide(rows[0])) == (409, "no-deposit")
    for row in rows:
        world.deposit(row)
    for person in (*world.firms, world.centre, world.supervisor):
        assert refused(world, lambda p=person: world.decide(rows[0], by=p))[0] == 403
    numbers = {world.decide(row).json()["result"]["number"] for row in rows}
    assert len(numbers) == 3 and all(101 <= number <= 999 for number in numbers)
    assert refused(world, lambda: world.decide(rows[0])) == (409, "already-decided")


def test_a_refusal_has_a_reason_and_no_number(world):
    row = world.applied(world.firms[0])
    for reason in ("", "  ", "x" * 501):
        call = lambda r=reason: world.decide(row, qualified=False, reason=r)  # noqa: E731
        assert refused(world, call)[1] == "bad-reason"
    assert world.decide(row, qualified=False, reason="未提交资信证明").status_code == 201
    row.refresh_from_db()
    assert (row.qualified, row.number) == (False, None)
    assert auction_entry.bidders_of(world.lot.pk, world.firms[0].user, clock.now()) == []


def test_an_application_of_another_lot_is_not_found(world):
    other = floors.house(bidders=0, start=clock.now() - timedelta(days=1), dates=world.dates)
    row = floors.apply(other, world.firms[0].organisation)
    assert refused(world, lambda: world.deposit(row)) == (404, "no-such-application")
    assert refused(world, lambda: world.decide(row)) == (404, "no-such-application")


# --- deposits back -------------------------------------------------------------------------------


def test_deposits_go_back_after_the_floor_and_the_winners_does_not():
    from bidding.domain.auction_entry import ReturnDeposit
    from signatures.domain import guard
    from tests.bidding.auction.floors import FROM
    from trading.models import Exhibit, Lot

    home = floors.house()
    rows = list(auction_entry.qualified(home.lot))
    act = ReturnDeposit(lot=home.lot.pk, application=rows[0].pk)
    with pytest.raises(Refused) as caught:
        home.act(act, by=home.operator, at=FROM)
    assert caught.value.code == "wrong-stage"
    with guard.writes("test arrangement"):
        Lot.objects.filter(pk=home.lot.pk).update(stage="RESULT")
        Award.objects.create(
            lot=home.lot, winner=rows[0].organisation, rank=1, price="1000000.00",
            report=Exhibit.objects.filter(lot=home.lot).first(), decided_by="x", decided_at=FROM,
        )  # fmt: skip
    with pytest.raises(Refused) as caught:
        home.act(act, by=home.operator, at=FROM)
    assert caught.value.code == "winners-deposit"
    loser = ReturnDeposit(lot=home.lot.pk, application=rows[1].pk)
    with pytest.raises(Denied):
        home.act(loser, by=home.buyer, at=FROM)
    home.act(loser, by=home.operator, at=FROM)
    rows[1].refresh_from_db()
    assert rows[1].returned_at == FROM
    with pytest.raises(Refused) as caught:
        home.act(loser, by=home.operator, at=FROM + MINUTE)
    assert caught.value.code == "already-returned"


# --- what is stated beforehand -------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        {}, {"method": "comprehensive"}, {**FORMAT, "deposit": "199999.99"},
        {**FORMAT, "step": "0"}, {**FORMAT, "reserve": "x"},
    ],
)  # fmt: skip
def test_no_notice_without_a_format_that_can_be_held(parameters):
    with pytest.raises((Refused, Malformed)) as caught:
        floors.house(parameters=parameters)
    assert caught.value.code == "floor-stated"


def test_a_reader_without_the_lot_finds_nothing(world):
    hidden = floors.house(published=False)
    with pytest.raises(NotFound):
        auction_entry._application(hidden.lot, world.lot.pk)
