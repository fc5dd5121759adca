"""Sealed bids: versions, envelopes, where they came from, and the shares that open them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bidding.enums import BidState, Outcome, VersionState
from bidding.models.statements import StatementRow
from signatures.models import Entity
from trading.models import Document, Lot, Organisation


class Bid(Entity):
    """One tenderer's bid in one round of a lot. Its id is chosen on the tenderer's device.

    ``fault`` and ``reason`` say why a revoked or unopened bid came to that (design, "Opening").
    """

    urn_kind = "bid"

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="bids")
    round = models.PositiveSmallIntegerField(default=1)
    tenderer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="bids")
    state = models.CharField(
        _("state"), max_length=12, choices=BidState.choices, default=BidState.LIVE
    )
    since = models.DateTimeField(_("in this state since"))
    fault = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("bid")
        verbose_name_plural = _("bids")
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "round", "tenderer"],
                condition=~Q(state=BidState.WITHDRAWN),
                name="one_bid_per_tenderer",
            ),
        ]
        indexes = [models.Index(fields=["lot", "state"], name="bid_lot_state")]


class BidVersion(StatementRow):
    """One version of a bid: the signed statement that commits to its envelopes.

    ``number`` counts up. ``at`` is when it was registered, ``completed_at`` when its last part
    was in, ``completed_leaf`` the ledger entry that says so.
    """

    urn_kind = "bid-version"

    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveBigIntegerField()
    state = models.CharField(
        _("state"), max_length=12, choices=VersionState.choices, default=VersionState.RECEIVING
    )
    completed_at = models.DateTimeField(null=True)
    completed_leaf = models.BigIntegerField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("version of a bid")
        verbose_name_plural = _("versions of bids")
        constraints = [
            models.UniqueConstraint(fields=["bid", "number"], name="bid_versions_count_up"),
            models.UniqueConstraint(
                fields=["bid"],
                condition=Q(state=VersionState.COMPLETE),
                name="one_complete_version",
            ),
            models.UniqueConstraint(
                fields=["bid"],
                condition=Q(state=VersionState.RECEIVING),
                name="one_version_on_its_way",
            ),
        ]


class BidConfirmation(models.Model):
    """A tenderer's word that a version stands under a later edition of the tender document."""

    version = models.ForeignKey(
        BidVersion, on_delete=models.PROTECT, related_name="confirmations"
    )
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="bid_confirmations"
    )
    at = models.DateTimeField(_("confirmed at"))

    class Meta:
        verbose_name = _("confirmation of a bid")
        verbose_name_plural = _("confirmations of bids")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "document"], name="one_confirmation_an_edition"
            ),
        ]


class Envelope(Entity):
    """One sealed envelope: its committed head and leaf hashes, and how much of it is here.

    ``head`` is H ‖ W, ``leaves`` the concatenated leaf hashes of its parts of 1 MiB; ``received``
    counts the bytes of the body that are checked and synced. The body lies on disk
    (``bidding.domain.bodies``), never here.
    """

    urn_kind = "envelope"

    version = models.ForeignKey(BidVersion, on_delete=models.PROTECT, related_name="envelopes")
    slot = models.PositiveSmallIntegerField()
    head = models.BinaryField()
    leaves = models.BinaryField()
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.SEALED)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("envelope")
        verbose_name_plural = _("envelopes")
        constraints = [
            models.UniqueConstraint(fields=["version", "slot"], name="one_envelope_a_slot"),
            models.CheckConstraint(
                condition=Q(received__lte=F("size")), name="no_more_than_was_committed"
            ),
        ]

    @property
    def is_complete(self) -> bool:
        return self.received == self.size


class UploadTrace(models.Model):
    """Where the parts of an envelope came from: pseudonyms of this lot, never addresses."""

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="traces")
    network = models.CharField(max_length=32)
    device = models.CharField(max_length=32, blank=True)
    client = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    size = models.PositiveBigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["envelope", "network", "device", "client"], name="one_trace_an_origin"
            ),
        ]


class Share(StatementRow):
    """A released share of an envelope, encrypted to the opening service.

    ``index`` counts trustees in the policy's order; n + 1 is the tenderer's own.
    """

    urn_kind = "share"

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="shares")
    index = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [
            models.UniqueConstraint(fields=["envelope", "index"], name="one_share_a_holder"),
        ]


class Complaint(StatementRow):
    """A trustee's word that its wrap in an envelope is bad, and what the disclosed key showed.

    ``verdict`` is empty until the key is disclosed, then ``tenderer`` or ``trustee``: at fault.
    """

    urn_kind = "complaint"

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="complaints")
    index = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=12, blank=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.UniqueConstraint(fields=["envelope", "index"], name="one_complaint_a_trustee"),
        ]
