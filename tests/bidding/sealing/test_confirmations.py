"""Bids from before an amendment: confirmed by their tenderer, or named at the freeze."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from bidding.domain import confirmations
from bidding.domain.confirmations import ConfirmBid
from bidding.domain.freezing import FreezeBids
from bidding.models import Bid, BidConfirmation, BidVersion, Freeze
from signatures.domain import guard, jcs, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Conflict, Denied, NotFound, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.sealing import rows
from tests.bidding.sealing.rows import DEADLINE, PART
from tests.factories import floor
from tests.factories.floor import START, sha
from trading.domain.amendments import AmendDocuments, Change
from trading.models import Document, Download, Message

pytestmark = pytest.mark.django_db

CLOCK = Actor.process("clock")
AMENDED = START + timedelta(hours=3)
LATER = AMENDED + timedelta(hours=1)
CHANGE = Change(clause="管材", before="DN500", after="DN600")


@pytest.fixture
def house():
    house = floor.house()
    house.publish_notice()
    house.publish_documents()
    rows.policy(house)
    house.refresh()
    return house


def newest(house) -> Document:
    return Document.objects.filter(lot=house.lot, kind="tender-document").latest("edition")


def amend(house, *, at=AMENDED, affects=True, **more):
    return house.act(
        AmendDocuments(
            lot=house.lot.pk, before=newest(house).digest, changes=(CHANGE,), affects=affects,
            title="招标文件（修改）", digest=sha(f"edition {at}"), size=9, **more,
        ),
        by=house.buyer, at=at,
    )


def fetched(document, organisation, user):
    with guard.writes("test arrangement"):
        Download.objects.create(document=document, organisation=organisation, user=user, at=LATER)


def standing(house, name="投标人"):
    """A tenderer whose complete bid is from before any amendment."""
    organisation, user = rows.bidder(house, name)
    envelope = rows.bid(house, organisation, received=PART, state="complete")
    return organisation, user, envelope.version


def confirm(house, organisation, user, version, *, at=LATER, **more):
    fields = {
        "lot": house.lot.pk, "organisation": organisation.pk, "bid": version.bid_id,
        "version": version.number, "digest": newest(house).digest, **more,
    }
    return dispatch(ConfirmBid(**fields), actor=Actor.person(user), clock=FixedClock(at))


def refused(kind, code, call):
    before = (log.size(), BidConfirmation.objects.count(), Message.objects.count())
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert (log.size(), BidConfirmation.objects.count(), Message.objects.count()) == before


def test_amendment_tells_whoever_has_a_bid_without_an_entry_that_would_count_them(house):
    organisation, _user, _version = standing(house)
    rows.bidder(house, "没有投标")
    half, _ = rows.bidder(house, "未传完")
    rows.bid(house, half)
    size = log.size()
    amend(house)
    told = Message.objects.filter(template="bid-to-confirm")
    assert {one.organisation for one in told} == {organisation}
    assert not any(one.evidence for one in told)
    entries = LedgerOpening.objects.filter(
        leaf_id__gte=size, entry__context__template="bid-to-confirm"
    )
    assert not entries.exists()


def test_amendment_that_affects_no_bid_asks_nobody(house):
    organisation, user, version = standing(house)
    amend(house, affects=False)
    assert confirmations.to_confirm(house.lot) is None
    assert not Message.objects.filter(template="bid-to-confirm").exists()
    refused(
        Refused, "nothing-to-confirm", lambda: confirm(house, organisation, user, version)
    )


def test_confirmation_leaves_a_hidden_entry_and_its_receipt(house):
    organisation, user, version = standing(house)
    amend(house)
    edition = newest(house)
    fetched(edition, organisation, user)
    assert confirmations.unconfirmed([version], edition) == [version]
    confirm(house, organisation, user, version)
    assert confirmations.unconfirmed([version], edition) == []
    opening = LedgerOpening.objects.latest("leaf_id")
    assert opening.entry["act"] == "bidding.confirm-bid"
    assert list(opening.owners) == [organisation.urn]
    assert opening.entry["digests"] == {"document": edition.digest}
    leaf = jcs.loads(bytes(LedgerEntry.objects.get(index=opening.leaf_id).data))
    assert organisation.urn not in str(leaf)


def test_bid_is_confirmed_once_and_again_under_the_next_edition(house):
    organisation, user, version = standing(house)
    amend(house)
    fetched(newest(house), organisation, user)
    confirm(house, organisation, user, version)
    refused(
        Refused, "confirmed-already", lambda: confirm(house, organisation, user, version)
    )
    amend(house, at=AMENDED + timedelta(hours=2))
    fetched(newest(house), organisation, user)
    assert confirmations.unconfirmed([version], newest(house)) == [version]
    confirm(house, organisation, user, version, at=AMENDED + timedelta(hours=3))


def test_clarification_after_an_amendment_asks_for_nothing_new(house):
    organisation, user, version = standing(house)
    amend(house)
    edition = newest(house)
    fetched(edition, organisation, user)
    confirm(house, organisation, user, version)
    amend(house, at=AMENDED + timedelta(hours=2), affects=False)
    assert confirmations.to_confirm(house.lot) == edition


def test_who_has_not_fetched_the_edition_cannot_confirm(house):
    organisation, user, version = standing(house)
    amend(house)
    refused(
        Refused, "edition-not-fetched", lambda: confirm(house, organisation, user, version)
    )


def test_another_edition_or_version_than_was_seen_is_a_conflict(house):
    organisation, user, version = standing(house)
    first = newest(house).digest
    amend(house)
    fetched(newest(house), organisation, user)
    refused(
        Conflict, "other-edition",
        lambda: confirm(house, organisation, user, version, digest=first),
    )
    version.number = 2
    refused(Conflict, "other-version", lambda: confirm(house, organisation, user, version))


def test_nobody_confirms_the_bid_of_another(house):
    organisation, user, version = standing(house)
    other, stranger, _ = standing(house, "另一家")
    amend(house)
    fetched(newest(house), organisation, user)
    fetched(newest(house), other, stranger)
    refused(NotFound, "no-such-bid", lambda: confirm(house, other, stranger, version))
    refused(
        NotFound, "no-such-bid",
        lambda: confirm(house, organisation, user, version, bid=uuid.uuid4()),
    )
    size = log.size()
    with pytest.raises(Denied):
        confirm(house, organisation, stranger, version)
    with pytest.raises(Denied):
        confirm(house, organisation, house.buyer, version)
    assert (log.size(), BidConfirmation.objects.count()) == (size, 0)


def test_withdrawn_and_incomplete_bids_are_not_confirmed(house):
    organisation, user, version = standing(house)
    amend(house)
    fetched(newest(house), organisation, user)
    with guard.writes("test arrangement"):
        BidVersion.objects.filter(pk=version.pk).update(state="receiving")
    refused(Refused, "no-bid", lambda: confirm(house, organisation, user, version))
    with guard.writes("test arrangement"):
        Bid.objects.filter(pk=version.bid_id).update(state="withdrawn")
    refused(Refused, "no-bid", lambda: confirm(house, organisation, user, version))


def test_nothing_is_confirmed_at_the_deadline(house):
    organisation, user, version = standing(house)
    amend(house)
    fetched(newest(house), organisation, user)
    refused(
        Refused, "too-late",
        lambda: confirm(house, organisation, user, version, at=DEADLINE),
    )


def test_version_registered_after_the_edition_needs_no_word(house):
    organisation, _user, version = standing(house)
    amend(house)
    with guard.writes("test arrangement"):
        BidVersion.objects.filter(pk=version.pk).update(at=LATER)
    version.refresh_from_db()
    assert confirmations.unconfirmed([version], newest(house)) == []


def test_schedule_that_stands_keeps_the_deadline(house):
    assert confirmations.keeps_deadline(house.lot)
    size = log.size()
    with pytest.raises(Refused) as caught:
        amend(house, deadline=DEADLINE + timedelta(days=7))
    assert (caught.value.code, log.size()) == ("schedule-stands", size)


def noted() -> list[dict]:
    leaves = (jcs.loads(bytes(row.data)) for row in LedgerEntry.objects.order_by("index"))
    return [
        leaf["entry"] for leaf in leaves
        if leaf.get("entry", {}).get("act") == confirmations.UNCONFIRMED
    ]


def freeze(house):
    dispatch(FreezeBids(lot=house.lot.pk), actor=CLOCK, clock=FixedClock(DEADLINE))


def test_unconfirmed_bids_stand_at_the_freeze_and_are_named(house):
    made = [standing(house, f"投标人{number}") for number in range(3)]
    amend(house)
    organisation, user, version = made[0]
    fetched(newest(house), organisation, user)
    confirm(house, organisation, user, version)
    freeze(house)
    assert Freeze.objects.get().count == 3
    (entry,) = noted()
    assert sorted(entry["context"]["bids"]) == sorted(
        str(version.bid_id) for _one, _user, version in made[1:]
    )
    assert entry["digests"] == {"document": newest(house).digest}


def test_freeze_names_nothing_where_nothing_was_amended(house):
    for number in range(3):
        standing(house, f"投标人{number}")
    freeze(house)
    assert Freeze.objects.get().count == 3
    assert noted() == []
