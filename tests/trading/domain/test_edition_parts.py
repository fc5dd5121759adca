"""Files and a bill of quantities that a later edition brings (TBL 23, TBR 21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signatures.domain import jcs, log
from signatures.domain.errors import Conflict, Denied, Refused
from tests.factories import floor
from tests.factories.floor import START, sha
from tests.trading import billed
from trading import access
from trading.domain import bill_acts, edition_parts, preparing
from trading.domain.amendments import AmendDocuments, Change
from trading.domain.bill_acts import RemoveBill
from trading.domain.documents import RecordDownload
from trading.domain.preparing import AttachFile, DetachFile
from trading.models import Document, Exhibit, Message, Preparation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SOON = START + 4 * HOUR
FIRST = billed.BILL.items[0]
MORE = replace(
    billed.BILL, items=(replace(FIRST, quantity="1300"), *billed.BILL.items[1:]), fees=()
)
CHANGE = Change(clause="第 12 页", before="DN500", after="DN600")


@pytest.fixture
def house(settings, tmp_path):
    """Documents and a bill are on offer; the tenderer has fetched the first edition."""
    settings.STORE = tmp_path / "store"
    made = floor.house()
    billed.offer(made)
    fetch(made, document(made), at=START + 3 * HOUR)
    return made


def document(house, kind="tender-document"):
    return Document.objects.filter(lot=house.lot, kind=kind).latest("edition")


def fetch(house, row, at):
    act = RecordDownload(lot=house.lot.pk, document=row.pk, organisation=house.tenderer.pk)
    return house.act(act, by=house.bidder, at=at)


def bring(house, bill=MORE, at=SOON):
    before = preparing.of(house.lot).bill["digest"]
    house.act(billed.importing(house.lot, bill, before=before), by=house.buyer, at=at)
    return str(preparing.of(house.lot).bill["digest"])


def attach(house, name="plan", at=SOON, **more):
    act = AttachFile(
        lot=house.lot.pk, title=f"{name}.pdf", digest=sha(name), size=10,
        media_type="application/pdf", **more,
    )
    house.act(act, by=house.buyer, at=at)
    return edition_parts.prepared(house.lot).files_digest


def amend(house, *, by=None, at=SOON + HOUR, affects=True, changes=(), **more):
    act = AmendDocuments(
        lot=house.lot.pk, before=document(house).digest, changes=changes, affects=affects,
        title="招标文件（第 2 版）", digest=sha(f"edition {at}"), size=1000, **more,
    )
    return house.act(act, by=by or house.buyer, at=at)


def state(house):
    house.refresh()
    return (
        log.size(), Document.objects.count(), Exhibit.objects.count(), Message.objects.count(),
        list(Preparation.objects.values_list("bill", "files")), house.lot.dates,
    )


def refused(house, kind, code, call):
    before = state(house)
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert state(house) == before
    return caught.value


def late(house):
    house.refresh()
    return jcs.parse_timestamp(house.lot.dates["clarifications-until"]) + timedelta(minutes=1)


def test_new_bill_goes_out_with_its_edition_and_the_earlier_one_stays(house):
    old = bill_acts.published(house.lot)
    digest = bring(house)
    assert bill_acts.published(house.lot) == old
    amend(house, bill=digest)
    facts = Exhibit.objects.filter(lot=house.lot, kind="tender-document").latest("leaf").facts
    assert facts["bill"] == digest == bill_acts.published(house.lot).digest
    assert facts["bill-changes"] == {
        "before": old.digest, "added": 0, "removed": 1, "changed": 1
    }
    assert bill_acts.published(house.lot, edition=1) == old
    assert len(bill_acts.files(old)) == len(bill_acts.files(bill_acts.published(house.lot))) == 3


def test_difference_of_two_bills_names_lines_and_fields(house):
    bring(house)
    changed, gone = edition_parts.prepared(house.lot).changes()
    assert (changed.kind, changed.key) == ("changed", FIRST.code)
    assert changed.changed() == [("quantity", "1250.5", "1300")]
    assert (gone.kind, gone.key, gone.after) == ("removed", "增值税", None)


def test_edition_with_files_only_may_say_that_it_affects_no_bid(house):
    amend(house, attachments=attach(house), affects=False, at=late(house))
    assert document(house, "attachment").title == "plan.pdf"


@pytest.mark.parametrize("named", ["", sha("another")])
def test_edition_that_names_another_bill_is_refused(house, named):
    bring(house)
    refused(house, Refused, "other-bill", lambda: amend(house, changes=(CHANGE,), bill=named))


@pytest.mark.parametrize("named", ["", sha("another")])
def test_edition_that_names_other_files_is_refused(house, named):
    attach(house)
    refused(
        house, Refused, "other-attachments",
        lambda: amend(house, changes=(CHANGE,), attachments=named),
    )


def test_bill_that_did_not_change_is_no_new_one(house):
    same = bill_acts.published(house.lot).digest
    refused(house, Conflict, "same-bill", lambda: amend(house, bill=same))


def test_new_bill_always_affects_bids(house):
    digest = bring(house)
    error = refused(
        house, Refused, "bill-affects", lambda: amend(house, bill=digest, affects=False)
    )
    assert "TBL 23" in error.rule


def test_new_bill_too_late_is_refused_with_the_article_tbr_21(house):
    digest, at = bring(house), late(house)
    error = refused(house, Refused, "too-late-to-affect", lambda: amend(house, bill=digest, at=at))
    assert "TBR 21" in error.rule


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_nobody_else_prepares_or_publishes_it(house, who):
    digest, by = bring(house), getattr(house, who)
    refused(house, Denied, "wrong-role", lambda: amend(house, bill=digest, by=by))
    act = billed.importing(house.lot, replace(MORE, measures=()), before=digest)
    refused(house, Denied, "wrong-role", lambda: house.act(act, by=by, at=SOON))


def test_published_file_is_replaced_but_never_taken_away(house):
    amend(house, attachments=attach(house))
    (old,) = preparing.of(house.lot).files
    gone = DetachFile(lot=house.lot.pk, file=old["id"])
    at = SOON + 2 * HOUR
    refused(
        house, Refused, "published-file", lambda: house.act(gone, by=house.buyer, at=at)
    )
    digest = attach(house, "other", at=at, replaces=old["id"])
    amend(house, attachments=digest, at=at + HOUR)
    row = Exhibit.objects.filter(lot=house.lot, kind="attachment").latest("leaf")
    assert row.facts["instead-of"] == old["digest"]
    assert Exhibit.objects.filter(lot=house.lot, digest=old["digest"]).exists()


def test_taking_the_prepared_bill_away_brings_the_published_one_back(house):
    act = RemoveBill(lot=house.lot.pk, before=bring(house))
    house.act(act, by=house.buyer, at=SOON)
    assert preparing.of(house.lot).bill == bill_acts.standing(house.lot)


def test_who_fetched_only_the_first_edition_fetches_the_second_first(house):
    amend(house, bill=bring(house), attachments=attach(house))
    new, at = bill_acts.published(house.lot), SOON + 2 * HOUR
    assert access.can_see_exhibit(house.bidder, bill_acts.published(house.lot, edition=1), at)
    assert not access.can_see_exhibit(house.bidder, new, at)
    for kind in ("bill", "attachment"):
        row = document(house, kind)
        refused(
            house, Refused, "edition-not-fetched", lambda row=row: fetch(house, row, at)
        )
    fetch(house, document(house), at)
    assert access.can_see_exhibit(house.bidder, new, at + HOUR)
    fetch(house, document(house, "bill"), at + HOUR)
