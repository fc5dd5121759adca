"""The floor's own guards: conditions that a procedure file may name before a command.

Each reads the lot's row or its dossier, and answers None or a sentence that says what is missing.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from trading.domain import registry
from trading.domain.registry import GuardScene
from trading.models import Exhibit


def estimate_stated(scene: GuardScene) -> str | None:
    """The lot has an estimate; the limits of securities are shares of it."""
    if scene.lot.estimate is None:
        return _("State the estimate of the lot first.")
    return None


def estimate_at_most(scene: GuardScene) -> str | None:
    """The lot's estimate is at most ``amount`` CNY: what is worth more goes by other rules."""
    most, estimate = scene.parameters["amount"], scene.lot.estimate
    if estimate is None or estimate > most:
        return _("This procedure is for lots of at most %(most)s CNY by the estimate.") % {
            "most": f"{most:,}"
        }
    return None


def method_stated(scene: GuardScene) -> str | None:
    """The method of evaluation and its parameters are stated before anybody bids."""
    if not scene.lot.parameters.get("method"):
        return _("State the method of evaluation and its parameters first.")
    return None


def exhibit_filed(scene: GuardScene) -> str | None:
    """At least one exhibit of ``kind`` is in the dossier; ``count`` asks for more."""
    kind, count = scene.parameters["kind"], scene.parameters.get("count", 1)
    if Exhibit.objects.filter(lot=scene.lot, kind=kind).count() < count:
        return _("The dossier lacks what has to be filed first: %(kind)s.") % {"kind": kind}
    return None


def exhibit_absent(scene: GuardScene) -> str | None:
    """No exhibit of ``kind`` is in the dossier: the command is done once."""
    kind = scene.parameters["kind"]
    if Exhibit.objects.filter(lot=scene.lot, kind=kind).exists():
        return _("This was done already: the dossier holds %(kind)s.") % {"kind": kind}
    return None


def register() -> None:
    """Make the guards nameable; called when the app is ready."""
    registry.register_guard("estimate-stated", estimate_stated)
    registry.register_guard("estimate-at-most", estimate_at_most)
    registry.register_guard("method-stated", method_stated)
    registry.register_guard("exhibit-filed", exhibit_filed)
    registry.register_guard("exhibit-absent", exhibit_absent)
