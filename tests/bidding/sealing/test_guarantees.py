"""Guarantees: sealed with the bid, checked at the opening, released, claimed, paid, run out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bidding.domain import guarantee_checks, hall
from bidding.domain.enclosed import Unreadable
from bidding.domain.guarantee_checks import Found
from bidding.enums import GuaranteeState
from bidding.kit.guarantee import FILE_NAME, GuaranteeFile
from bidding.kit.manifest import FileEntry
from bidding.models import Envelope, Guarantee
from signatures.domain import clock, guard
from signatures.models import LedgerOpening
from tests.bidding.sealing import guaranteed, people, steps
from tests.bidding.sealing.cases import Unchanged, refusal
from tests.bidding.sealing.guaranteed import answer, claim, promised, release, sealed_with
from tests.bidding.sealing.people import Person
from tests.bidding.sealing.steps import copied
from tests.bidding.sealing.world import World
from tests.factories import standing as standings
from tests.factories.standing import put_back
from trading.domain import securities
from trading.models import Exhibit, Message, Security

pytestmark = pytest.mark.django_db


@dataclass
class Case:
    """Two of three bids came with guarantees, the second for too little; slot 2 is open."""

    world: World
    bank: Person
    before: dict[str, Any]

    def row(self, tenderer: int = 0) -> Guarantee:
        organisation = self.world.tenderers[tenderer].organisation
        return Guarantee.objects.get(bid__tenderer=organisation)


def known(world: World, bank: Person) -> dict[str, Any]:
    """What the platform knows and says of guarantees."""
    path = world.path("guarantees")
    return {
        "rows": Guarantee.objects.count(),
        "securities": Security.objects.count(),
        "messages": Message.objects.filter(template__startswith="guarantee").count(),
        "bank": bank.get(path).json(),
        "tenderee": world.tenderee.get(path).json(),
    }


@pytest.fixture(scope="module")
def standing_opened(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("guarantees")
    with standings.standing(django_db_blocker):
        world, bank = guaranteed.build(folder)
        steps.open_for_bids(world)
        first, second, third = world.tenderers
        world.submit(first, more=sealed_with(promised(world, bank, first), bank.key))
        little = promised(world, bank, second, amount=Decimal("99999.99"), number="TA-2")
        world.submit(second, more=sealed_with(little, bank.key))
        world.submit(third)
        steps.freeze(world)
        before = known(world, bank)
        people.move_clock(clock.now() + timedelta(seconds=10))
        steps.prove()
        for person in (bank, *world.trustees.values(), *world.tenderers):
            assert person.headers
        for name in ("tenderee", "centre", "notary"):
            steps.released(world, name, slot=2)
        assert steps.run_tasks() == ["open_envelope:opened"] * 3
        yield Case(world, bank, before)


@pytest.fixture
def case(standing_opened: Case) -> Iterator[Case]:
    with put_back():
        yield replace(
            standing_opened,
            world=copied(standing_opened.world),
            bank=replace(standing_opened.bank),
        )


# --- found at the opening ------------------------------------------------------------------------


def test_good_guarantee_is_held_as_the_bid_security(case: Case):
    row = case.row()
    assert row.state == GuaranteeState.HELD
    assert row.guarantor == case.bank.organisation
    assert [one["holds"] for one in row.findings] == [True] * 9
    assert row.security is not None
    assert (row.security.form, row.security.amount) == ("guarantee", Decimal("100000.00"))
    assert LedgerOpening.objects.filter(leaf_id=row.leaf).exists()


def test_guarantee_for_less_than_asked_is_held_and_the_committee_reads_why(case: Case):
    row = case.row(1)
    assert row.state == GuaranteeState.HELD
    failed = [one["check"] for one in row.findings if not one["holds"]]
    assert failed == [guarantee_checks.AMOUNT]
    exhibit = Exhibit.objects.get(kind="guarantee", digest__isnull=False, facts__slot=2,
                                  facts__tenderer=case.world.tenderers[1].organisation.urn)
    assert exhibit.facts["sound"] is True
    assert {"check": "amount", "holds": False} in exhibit.facts["findings"]
    assert "evaluator" in exhibit.audience


def test_hall_hears_of_each_guarantee_and_of_no_other(case: Case):
    room = hall.last(case.world.lot)
    assert room is not None
    told = hall.whole(room)["guarantees"]
    assert {one["amount"]: one["failed"] for one in told.values()} == {
        "100000.00": [], "99999.99": ["amount"],
    }


def test_guarantor_is_told_once_the_bids_are_open(case: Case):
    told = Message.objects.filter(template="guarantee-held", organisation=case.bank.organisation)
    assert told.count() == 2


def test_nobody_learns_of_a_guarantee_before_the_opening(case: Case):
    """TBL 22: until slot 2 opens there is no row, no security, no message, no answer with one."""
    assert case.before == {"rows": 0, "securities": 0, "messages": 0, "bank": [], "tenderee": []}


def _examined(case: Case, files: dict[str, bytes], tmp_path, *, slot: int = 2):
    tenderer = case.world.tenderers[2].organisation
    row = Envelope.objects.select_related("version__bid__lot__project__tenderee").get(
        version__bid__tenderer=tenderer, slot=slot
    )
    found = []
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        found.append((FileEntry.describe(path, type="application/octet-stream"), path))
    return guarantee_checks.examine(row, found)


def _failed(found) -> list[str]:
    assert isinstance(found, Found)
    return [check for check, holds in found.findings if holds is not True]


def _of(case: Case, tmp_path, *, key=None, **changes: Any):
    good = promised(case.world, case.bank, case.world.tenderers[2], **changes)
    return _examined(case, sealed_with(good, key or case.bank.key)[2], tmp_path)


@pytest.mark.parametrize(
    ("changes", "failed", "sound"),
    [
        ({}, [], True),
        ({"amount": Decimal("99999.99")}, ["amount"], True),
        ({"amount": Decimal("100000.01")}, [], True),
        ({"valid_until": date(2026, 6, 28)}, ["lasts"], True),
        ({"valid_until": date(2026, 6, 30)}, [], True),
        ({"valid_from": date(2026, 4, 1)}, ["begins"], True),
        ({"valid_from": date(2026, 3, 31)}, [], True),
        ({"document": b"\x01" * 32}, ["document"], True),
        ({"document": None}, [], True),
        ({"origin": "https://elsewhere.example"}, ["tender"], False),
        ({"lot": "lot:00000000-0000-4000-8000-000000000000"}, ["tender"], False),
    ],
)  # fmt: skip
def test_each_check_at_its_limit(case: Case, tmp_path, changes, failed, sound):
    found = _of(case, tmp_path, **changes)
    assert _failed(found) == failed
    assert found.is_sound is sound


def test_guarantee_for_another_tenderer_or_beneficiary_holds_nothing(case: Case, tmp_path):
    other = guaranteed.party(case.world.tenderers[0].organisation)
    assert _failed(_of(case, tmp_path, principal=other)) == ["tenderer"]
    assert _failed(_of(case, tmp_path, beneficiary=other)) == ["beneficiary"]
    assert not _of(case, tmp_path, principal=other).is_sound


def test_guarantor_of_another_code_than_the_certificate_s_is_not_recognised(case: Case, tmp_path):
    stranger = guaranteed.guarantor("无名担保有限公司", "tenderer")
    assert _failed(_of(case, tmp_path, key=stranger.key)) == ["guarantor"]
    name = guaranteed.party(stranger.organisation)
    found = _of(case, tmp_path, key=stranger.key, guarantor=name)
    assert _failed(found) == ["guarantor"] and not found.is_sound


def test_certificate_that_is_withdrawn_stands_for_no_guarantor(case: Case, tmp_path):
    with guard.writes("test arrangement"):
        case.bank.user.certificates.update(withdrawn_at=clock.now())
    assert "guarantor" in _failed(_of(case, tmp_path))


def test_tenderer_cannot_guarantee_for_itself(case: Case, tmp_path):
    own = case.world.tenderers[2]
    found = _of(case, tmp_path, key=own.key, guarantor=guaranteed.party(own.organisation))
    assert _failed(found) == ["guarantor"]


def test_statement_changed_after_it_was_signed_is_no_guarantee(case: Case, tmp_path):
    good = promised(case.world, case.bank, case.world.tenderers[2])
    signed = GuaranteeFile.sign(good, case.bank.key)
    more = replace(good, amount=Decimal("900000.00")).encode()
    file = GuaranteeFile(statement=more, signature=signed.signature)
    found = _examined(case, {FILE_NAME: file.encode(), "保函.pdf": guaranteed.PRINTED}, tmp_path)
    assert _failed(found) == ["signature", "guarantor"] and not found.is_sound


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"not json", b'{"format":"sunlit.guarantee-file/2"}', b"[" * 5000, b"\xff" * 99,
     b'{"format":"sunlit.guarantee-file/1","signature":"","statement":"e30="}'],
    ids=["empty", "nothing", "text", "other", "deep", "bytes", "no-statement"],
)  # fmt: skip
def test_file_that_is_no_guarantee_is_named_and_holds_nothing(case: Case, tmp_path, content):
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    row = Envelope.objects.get(
        version__bid__tenderer=case.world.tenderers[2].organisation, slot=2
    )
    entry = FileEntry(name=FILE_NAME, type="application/json", size=1, sha256=b"\0" * 32)
    assert guarantee_checks.examine(row, [(entry, path)]) == Unreadable(problem="not-in-its-form")


def test_file_too_large_is_not_read(case: Case, tmp_path):
    found = _examined(case, {FILE_NAME: b"x" * (512 * 1024 + 1)}, tmp_path)
    assert found == Unreadable(problem="too-large")


def test_guarantee_is_sought_beside_the_sheet_and_the_qualification_alone(case: Case, tmp_path):
    good = promised(case.world, case.bank, case.world.tenderers[2])
    files = sealed_with(good, case.bank.key)[2]
    assert isinstance(_examined(case, files, tmp_path, slot=1), Found)
    assert _examined(case, files, tmp_path, slot=3) is None
    assert _examined(case, files, tmp_path, slot=4) is None
    assert _examined(case, {"other.json": b"{}"}, tmp_path) is None


# --- released ------------------------------------------------------------------------------------


def test_release_gives_the_security_back(case: Case):
    row = case.row()
    answered = release(case.world, row, case.world.tenderee)
    assert answered.status_code == 201, answered.content
    row.refresh_from_db()
    assert row.state == GuaranteeState.RELEASED
    assert row.security.returned_on is not None and row.security.late is False
    told = Message.objects.filter(template="guarantee-release")
    assert {one.organisation for one in told} == {
        case.bank.organisation, case.world.tenderers[0].organisation,
    }


@pytest.mark.parametrize("who", ["bank", "tenderer", "supervisor"])
def test_release_by_another_side_is_refused(case: Case, who):
    person = {
        "bank": case.bank,
        "tenderer": case.world.tenderers[0],
        "supervisor": case.world.trustees["supervisor"],
    }[who]
    with Unchanged():
        refusal(release(case.world, case.row(), person), 403, "wrong-organisation")
    assert case.row().state == GuaranteeState.HELD


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"digest": "0" * 64}, 409, "other-guarantee"),
        ({"guarantee": "guarantee:00000000-0000-4000-8000-000000000000"}, 409, "other-guarantee"),
        ({"lot": "lot:00000000-0000-4000-8000-000000000000"}, 409, "other-guarantee"),
        ({"text": "x" * 2001}, 400, "bad-text"),
        ({"text": None}, 400, "bad-text"),
        ({"more": 1}, 400, "bad-json"),
    ],
)
def test_release_that_does_not_say_what_it_should_is_refused(case: Case, changes, status, code):
    with Unchanged():
        refusal(release(case.world, case.row(), case.world.tenderee, **changes), status, code)
    assert case.row().state == GuaranteeState.HELD


def test_released_twice_is_refused(case: Case):
    assert release(case.world, case.row(), case.world.tenderee).status_code == 201
    with Unchanged():
        refusal(release(case.world, case.row(), case.world.tenderee), 409, "wrong-state")


def test_release_signed_by_somebody_else_is_refused(case: Case):
    row = case.row()
    body = case.bank.sign(guaranteed.word(row, "sunlit.guarantee-release/1", text=""))
    with Unchanged():
        posted = case.world.tenderee.post(case.world.path(f"guarantees/{row.pk}/release"), body)
        refusal(posted, 403, "certificate-unbound")


def test_guarantee_is_not_returned_like_a_deposit(case: Case):
    row = case.row()
    body = {"returned_on": clock.now().date().isoformat()}
    path = case.world.path(f"securities/{row.security.pk}/return")
    with Unchanged():
        refusal(case.world.tenderee.post(path, body), 409, "released-by-signature")


# --- claimed -------------------------------------------------------------------------------------


def test_claim_is_answered_by_the_guarantor_s_payment(case: Case):
    row = case.row()
    assert claim(case.world, row, case.world.tenderee).status_code == 201
    assert case.row().state == GuaranteeState.CLAIMED
    told = Message.objects.filter(template="guarantee-claim", organisation=case.bank.organisation)
    assert told.count() == 1
    answered = answer(case.world, case.row(), case.bank)
    assert answered.status_code == 201, answered.content
    row = case.row()
    assert row.state == GuaranteeState.PAID
    assert [one.word for one in row.messages.order_by("leaf")] == ["claim", "paid"]
    assert row.security.returned_on is not None


def test_claim_that_is_refused_leaves_the_guarantee_held(case: Case):
    assert claim(case.world, case.row(), case.world.tenderee).status_code == 201
    refused = answer(
        case.world, case.row(), case.bank, paid=False, amount=None, on=None, text="不属于保函责任。"
    )
    assert refused.status_code == 201, refused.content
    row = case.row()
    assert row.state == GuaranteeState.HELD and row.security.returned_on is None
    assert claim(case.world, row, case.world.tenderee).status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "100000.01"}, 409, "claims-too-much"),
        ({"amount": "0.00"}, 400, "bad-amount"),
        ({"amount": "-1.00"}, 400, "bad-amount"),
        ({"amount": None}, 400, "bad-amount"),
        ({"amount": 100}, 400, "bad-amount"),
        ({"text": " "}, 400, "reasons-missing"),
        ({"text": "x" * 2001}, 400, "reasons-missing"),
    ],
)
def test_claim_that_does_not_hold_is_refused(case: Case, changes, status, code):
    with Unchanged():
        refusal(claim(case.world, case.row(), case.world.tenderee, **changes), status, code)
    assert case.row().state == GuaranteeState.HELD


def test_claim_on_its_last_day_is_taken_and_a_day_later_refused(case: Case):
    people.move_clock(clock.now().replace(year=2026, month=6, day=29, hour=10))
    people.renew_lists()
    with put_back():
        assert claim(case.world, case.row(), case.world.tenderee).status_code == 201
    people.move_clock(clock.now() + timedelta(days=1))
    people.renew_lists()
    with Unchanged():
        refusal(
            claim(case.world, case.row(), case.world.tenderee), 409, "not-within-its-days"
        )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "99999.99"}, 409, "pays-otherwise"),
        ({"on": "2026-03-30"}, 409, "bad-date"),
        ({"on": "2026-04-02"}, 409, "bad-date"),
        ({"on": "yesterday"}, 400, "bad-date"),
        ({"on": None}, 400, "bad-date"),
        ({"claim": "1" * 64}, 409, "other-claim"),
        ({"paid": "yes"}, 400, "bad-answer"),
        ({"paid": False, "amount": None, "on": None, "text": ""}, 400, "reasons-missing"),
        ({"paid": False, "text": "why"}, 400, "bad-answer"),
    ],
)
def test_answer_that_does_not_fit_the_claim_is_refused(case: Case, changes, status, code):
    assert claim(case.world, case.row(), case.world.tenderee).status_code == 201
    with Unchanged():
        refusal(answer(case.world, case.row(), case.bank, **changes), status, code)
    assert case.row().state == GuaranteeState.CLAIMED


@pytest.mark.parametrize("who", ["tenderee", "tenderer"])
def test_answer_by_another_than_the_guarantor_is_refused(case: Case, who):
    assert claim(case.world, case.row(), case.world.tenderee).status_code == 201
    person = case.world.tenderee if who == "tenderee" else case.world.tenderers[0]
    with Unchanged():
        refusal(answer(case.world, case.row(), person), 403, "wrong-organisation")


def test_answer_without_a_claim_is_refused(case: Case):
    with Unchanged():
        refusal(answer(case.world, case.row(), case.bank), 409, "wrong-state")


# --- run out -------------------------------------------------------------------------------------


def test_guarantee_ends_after_its_last_day_and_not_on_it(case: Case):
    people.move_clock(clock.now().replace(year=2026, month=6, day=29, hour=10))
    assert "bidding.end-guarantee" not in people.tick()
    assert case.row().state == GuaranteeState.HELD
    people.move_clock(clock.now() + timedelta(days=1))
    assert people.tick().count("bidding.end-guarantee") == 2
    row = case.row()
    assert row.state == GuaranteeState.EXPIRED
    assert row.security.returned_on == guaranteed.LAST


def test_claimed_guarantee_does_not_run_out(case: Case):
    assert claim(case.world, case.row(), case.world.tenderee).status_code == 201
    people.move_clock(clock.now().replace(year=2026, month=6, day=30, hour=10))
    assert people.tick().count("bidding.end-guarantee") == 1
    assert case.row().state == GuaranteeState.CLAIMED


# --- who sees ------------------------------------------------------------------------------------


def listed(person: Person, path: str) -> list[Any]:
    answered = person.get(path)
    assert answered.status_code == 200, answered.content
    return answered.json()


def test_each_side_sees_its_own_and_who_watches_sees_all(case: Case):
    path = case.world.path("guarantees")
    first, second, third = case.world.tenderers
    counts = {
        name: len(person.get(path).json())
        for name, person in {
            "bank": case.bank, "first": first, "second": second, "third": third,
            "tenderee": case.world.tenderee, "supervisor": case.world.trustees["supervisor"],
            "notary": case.world.trustees["notary"],
        }.items()
    }  # fmt: skip
    assert counts == {
        "bank": 2, "first": 1, "second": 1, "third": 0, "tenderee": 2, "supervisor": 2, "notary": 0,
    }  # fmt: skip


def test_security_of_a_guarantee_stands_among_the_securities(case: Case):
    rows = securities.visible(case.world.lot_row, viewer=case.world.tenderee.user, at=clock.now())
    assert {row.form for row in rows} == {"guarantee"} and len(rows) == 2
