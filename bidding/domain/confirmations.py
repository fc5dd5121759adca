"""Bids from before an amendment: confirmed as they are, or replaced by a new version.

Nothing makes an unconfirmed bid void: the amendment is part of the documents by law (TBL 23), so
it binds every bid. At the deadline the record names the bids whose tenderer did not say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import policies, schedules, sealed_rounds
from bidding.domain.submission import TendererAct
from bidding.enums import BidState, VersionState
from bidding.models import Bid, BidConfirmation, BidVersion
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, NotFound, Refused
from trading.domain import amendments, grounds, messages
from trading.models import Document, Download, Exhibit, Lot, Organisation

CONFIRM = "bidding.confirm-bid"
NOT_FETCHED = grounds.declare("edition-not-fetched", step=CONFIRM)
#: The entry that names the unconfirmed bids of a frozen set.
UNCONFIRMED = "bidding.note-unconfirmed"


def to_confirm(lot: Lot) -> Document | None:
    """The last edition that affects bids, if there is one: bids from before it are confirmed."""
    rows = Exhibit.objects.filter(lot=lot, kind=amendments.KIND).order_by("-filed_at", "-leaf")
    for row in rows:
        if row.facts.get("affects"):
            return Document.objects.filter(
                pk=str(row.facts["document"]).removeprefix("document:")
            ).first()
    return None


def unconfirmed(versions: Iterable[BidVersion], edition: Document | None) -> list[BidVersion]:
    """Those that were registered before the edition and not confirmed since."""
    if edition is None:
        return []
    older = [version for version in versions if version.at < edition.published_at]
    confirmed = set(
        BidConfirmation.objects.filter(document=edition, version__in=older).values_list(
            "version_id", flat=True
        )
    )
    return [version for version in older if version.pk not in confirmed]


def has_fetched(edition: Document, tenderer: Organisation) -> bool:
    """Whether a fetch of this edition is recorded for the tenderer."""
    return bool(Download.objects.filter(document=edition, organisation=tenderer).exists())


@command(CONFIRM)
@dataclass(frozen=True, kw_only=True)
class ConfirmBid(TendererAct):
    """A tenderer's word that its bid stands under the edition with this digest, which it fetched.

    The entry is hidden; the tenderer holds its receipt.
    """

    organisation: UUID
    bid: UUID
    version: int
    digest: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        tenderer, _policy = self.require_open(scene)
        version = self._standing(lot, tenderer)
        edition = to_confirm(lot)
        if edition is None:
            raise Refused(
                _("No edition of the tender document asks for a confirmation."),
                code="nothing-to-confirm",
            )
        if edition.digest != self.digest:
            raise Conflict(
                _("Another edition was published meanwhile. Read it, then confirm your bid."),
                code="other-edition",
            )
        if not unconfirmed([version], edition):
            raise Refused(
                _("This bid stands under edition %(edition)d already.")
                % {"edition": edition.edition},
                code="confirmed-already",
            )
        if not has_fetched(edition, tenderer):
            raise Refused(
                _("Fetch edition %(edition)d first: only who has read it confirms a bid under it.")
                % {"edition": edition.edition},
                code="edition-not-fetched",
                rule=NOT_FETCHED.of(lot),
            )
        BidConfirmation.objects.create(version=version, document=edition, at=scene.now)
        scene.enter(
            subject=version.bid.urn,
            digests={"document": edition.digest},
            context={"lot": lot.urn, "version": version.number, "document": edition.urn},
            receipt_for=(tenderer.urn,),
        )
        return {"bid": str(version.bid_id), "version": version.number, "edition": edition.edition}

    def _standing(self, lot: Lot, tenderer: Organisation) -> BidVersion:
        """The complete version that counts; raises where it is not the one that was seen."""
        bid = Bid.objects.filter(pk=self.bid, lot=lot, tenderer=tenderer).first()
        if bid is None:
            raise NotFound(_("There is no such bid, or it is not yours."), code="no-such-bid")
        row = bid.versions.filter(state=VersionState.COMPLETE).first()
        if bid.state != BidState.LIVE or row is None:
            raise Refused(_("No complete bid stands that could be confirmed."), code="no-bid")
        if row.number != self.version:
            raise Conflict(
                _("Version %(number)d of your bid counts by now. Look at it, then confirm.")
                % {"number": row.number},
                code="other-version",
            )
        return row


def note_unconfirmed(scene: Scene, lot: Lot, versions: list[BidVersion]) -> list[str]:
    """At the freeze: put down which frozen bids were not confirmed; they stand all the same."""
    edition = to_confirm(lot)
    found = [str(version.bid_id) for version in unconfirmed(versions, edition)]
    if found and edition is not None:
        scene.enter(
            subject=lot.urn,
            act=UNCONFIRMED,
            digests={"document": edition.digest},
            context={"document": edition.urn, "edition": edition.edition, "bids": found},
        )
    return found


def keeps_deadline(lot: Lot) -> bool:
    """Whether a signed schedule says when this lot closes."""
    policy = policies.find(lot)
    return policy is not None and schedules.governing(policy) is not None


def tell(scene: Scene, lot: Lot, document: Document, affects: bool) -> None:
    """Tell whoever has a bid that it waits for a confirmation. No entry: it would count bids."""
    if not affects:
        return
    held = sealed_rounds.bids(lot).filter(
        state=BidState.LIVE, versions__state=VersionState.COMPLETE
    )
    rows = Organisation.objects.filter(pk__in=held.values("tenderer")).order_by("pk")
    context: dict[str, Any] = {"edition": str(document.edition)}
    messages.send(scene, to=list(rows), template="bid-to-confirm", lot=lot, context=context)


def register() -> None:
    """Listen to later editions; called when the app is ready."""
    amendments.keep_deadline(keeps_deadline)
    amendments.listen(tell)
