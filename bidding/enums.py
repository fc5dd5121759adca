"""The closed lists of sealed bidding: what becomes of a bid, a version, an envelope."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BidState(models.TextChoices):
    """Where a bid stands. Only a live one may be replaced or withdrawn, only a frozen one opens."""

    LIVE = "live", _("being submitted")
    WITHDRAWN = "withdrawn", _("withdrawn before the deadline")
    LAPSED = "lapsed", _("not complete at the deadline")
    FROZEN = "frozen", _("accepted")
    REVOKED = "revoked", _("revoked: not opened by the tenderer's own fault")
    UNOPENED = "unopened", _("counts as withdrawn: not opened by the fault of others")


class VersionState(models.TextChoices):
    """Where one version of a bid stands; the complete one is the bid."""

    RECEIVING = "receiving", _("being uploaded")
    COMPLETE = "complete", _("complete")
    REPLACED = "replaced", _("replaced by a later version")
    ABANDONED = "abandoned", _("given up before it was complete")
    WITHDRAWN = "withdrawn", _("withdrawn")


#: Versions whose ciphertext is erased.
DEAD = frozenset({VersionState.REPLACED, VersionState.ABANDONED, VersionState.WITHDRAWN})


class Outcome(models.TextChoices):
    """What came of an envelope at the opening."""

    SEALED = "sealed", _("sealed")
    OPENED = "opened", _("opened")
    REFUSED = "refused", _("did not open")


class GuaranteeState(models.TextChoices):
    """Where a guarantee stands. Before the opening nobody but its parties knows of it."""

    HELD = "held", pgettext_lazy("guarantee", "held")
    UNSOUND = "unsound", pgettext_lazy("guarantee", "not a security")
    CLAIMED = "claimed", pgettext_lazy("guarantee", "claimed")
    PAID = "paid", pgettext_lazy("guarantee", "paid")
    RELEASED = "released", pgettext_lazy("guarantee", "released")
    EXPIRED = "expired", pgettext_lazy("guarantee", "expired")


class GuaranteeWord(models.TextChoices):
    """What a signed message says of a guarantee."""

    CLAIM = "claim", pgettext_lazy("word of a guarantee", "claimed")
    PAID = "paid", pgettext_lazy("word of a guarantee", "paid")
    REFUSED = "refused", pgettext_lazy("word of a guarantee", "claim refused")
    RELEASE = "release", pgettext_lazy("word of a guarantee", "released")
