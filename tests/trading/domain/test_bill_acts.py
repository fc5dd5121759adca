"""A bill of quantities kept, replaced, taken away, published; who may not, and what then stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signatures import store
from signatures.domain import log
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from tests.factories import floor
from tests.factories.floor import START, sha
from tests.trading import billed
from trading import access
from trading.domain import bill_acts, bills, preparing
from trading.domain.bill_acts import File, RemoveBill
from trading.domain.documents import PublishDocuments, RecordDownload
from trading.domain.notices import evaluation_digest
from trading.models import Document, Exhibit, Preparation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def house(settings, tmp_path):
    settings.STORE = tmp_path / "store"
    return floor.house()


def imported(house, **more):
    house.act(billed.importing(house.lot, **more), by=house.buyer)
    return preparing.of(house.lot).bill


def publish(house, bill, at=START + HOUR):
    house.act(
        PublishDocuments(
            lot=house.lot.pk, title="招标文件", digest=sha("documents"), size=2000,
            evaluation=evaluation_digest(house.lot), bill=bill,
        ),
        by=house.buyer, at=at,
    )


def refused(kind, code, call):
    """Nothing is kept of what was refused, and nothing entered into the ledger."""
    before, size = Preparation.objects.values_list("bill", flat=True).first(), log.size()
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert Preparation.objects.values_list("bill", flat=True).first() == before
    assert log.size() == size


def test_bill_is_kept_with_its_counts_and_only_a_digest_is_entered(house):
    bill = imported(house)
    assert bill["digest"] == sha(billed.BILL.canonical().decode())
    assert bill["counts"] == {"items": 3, "measures": 1, "other": 1, "fees": 1}
    assert not Document.objects.filter(lot=house.lot).exists()


def test_bill_is_replaced_by_who_saw_the_one_that_stands(house):
    first = imported(house)["digest"]
    other = replace(billed.BILL, fees=())
    for before in ("", "0" * 64):
        act = billed.importing(house.lot, other, before=before)
        refused(Conflict, "changed-meanwhile", lambda act=act: house.act(act, by=house.buyer))
    assert imported(house, bill=other, before=first)["counts"]["fees"] == 0


def test_same_bill_again_is_refused(house):
    first = imported(house)["digest"]
    act = billed.importing(house.lot, before=first)
    refused(Conflict, "same-bill", lambda: house.act(act, by=house.buyer))


def test_double_click_imports_once(house):
    act, size = billed.importing(house.lot), log.size()
    one, two = (house.act(act, by=house.buyer, key="once") for _ in range(2))
    assert one.result == two.result and log.size() > size


def test_bill_is_taken_away_once(house):
    act = RemoveBill(lot=house.lot.pk, before=imported(house)["digest"])
    house.act(act, by=house.buyer)
    assert preparing.of(house.lot).bill == {}
    refused(Conflict, "changed-meanwhile", lambda: house.act(act, by=house.buyer))
    none = RemoveBill(lot=house.lot.pk)
    refused(NotFound, "no-bill", lambda: house.act(none, by=house.buyer))


@pytest.mark.parametrize(
    "more",
    [
        {"counts": {}}, {"counts": {"items": 0, "fees": 3}}, {"counts": {"items": 2, "fees": -1}},
        {"counts": {"items": bills.MAX_LINES + 1}},
        {"bill": File(digest="x", size=1)}, {"printed": File(digest=sha("x"), size=0)},
    ],
)  # fmt: skip
def test_what_is_no_bill_is_not_kept(house, more):
    act = replace(billed.importing(house.lot), **more)
    with pytest.raises(Malformed):
        house.act(act, by=house.buyer)
    assert not Preparation.objects.exists()


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_bill_is_the_tenderees_and_its_agencys(house, who):
    act = billed.importing(house.lot)
    refused(Denied, "wrong-role", lambda: house.act(act, by=getattr(house, who)))


def test_only_works_have_a_bill(house):
    act = billed.importing(billed.elsewhere(house, "procurement", "procurement"))
    refused(Refused, "no-bill-here", lambda: house.act(act, by=house.buyer))


def test_bill_goes_out_with_the_document_that_names_it_and_then_stays(house):
    house.publish_notice()
    bill = imported(house)
    publish(house, bill["digest"])
    rows = Document.objects.filter(lot=house.lot, kind="bill").order_by("edition")
    assert [row.title for row in rows] == [f"工程量清单.{one}" for one in ("json", "xlsx", "pdf")]
    exhibit = bill_acts.published(house.lot)
    assert bills.read(store.read(exhibit.digest)) == billed.BILL
    named = Exhibit.objects.get(lot=house.lot, kind="tender-document").facts["bill"]
    assert named == exhibit.digest == exhibit.facts["bill"]
    act = RemoveBill(lot=house.lot.pk, before=bill["digest"])
    with pytest.raises(Refused) as caught:
        house.act(act, by=house.buyer, at=START + 2 * HOUR)
    assert caught.value.code == "published-bill"
    assert bill_acts.published(house.lot) == exhibit


@pytest.mark.parametrize("named", ["", sha("another")])
def test_document_that_names_another_bill_or_none_is_refused(house, named):
    house.publish_notice()
    imported(house)
    refused(Refused, "other-bill", lambda: publish(house, named))
    assert not Document.objects.filter(lot=house.lot).exclude(kind="notice").exists()


def test_document_that_names_a_bill_where_there_is_none_is_refused(house):
    house.publish_notice()
    refused(Refused, "other-bill", lambda: publish(house, sha("a bill")))


def test_tenderer_reads_the_bill_once_it_has_fetched_the_document(house):
    house.publish_notice()
    publish(house, imported(house)["digest"])
    exhibit, at = bill_acts.published(house.lot), START + 3 * HOUR
    assert not access.can_see_exhibit(None, exhibit, at)
    assert not access.can_see_exhibit(house.bidder, exhibit, at)
    row = Document.objects.get(lot=house.lot, kind="tender-document")
    fetch = RecordDownload(lot=house.lot.pk, document=row.pk, organisation=house.tenderer.pk)
    house.act(fetch, by=house.bidder, at=START + 2 * HOUR)
    assert access.can_see_exhibit(house.bidder, exhibit, at)
    assert not access.can_see_exhibit(None, exhibit, at)
