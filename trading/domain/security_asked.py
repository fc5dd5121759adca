"""What the tender documents ask of a bid security: its amount, and how long it holds.

It is stated before the documents are published and hashed with them, beside the method of
evaluation: ``"security": {"amount": "200000.00", "days": 90}``, the amount in CNY, the days counted
from the deadline for as long as bids hold (TBR 26). Where nothing is stated, none is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, Refused
from trading.domain import calendar, contracts, evaluations, preparing, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.notices import evaluation_digest
from trading.models import Lot

#: Where it stands in the parameters that are hashed with the documents.
SECURITY = "security"
#: The procedure's limit, in per cent of the estimate.
FIGURE = "bid-security"
MOST_DAYS = 730


@dataclass(frozen=True)
class Asked:
    """``amount`` in CNY; ``days`` from the deadline on through which a guarantee must hold."""

    amount: Decimal
    days: int

    @classmethod
    def read(cls, given: object) -> Asked:
        """From the parameters; raises :class:`Malformed`."""
        if not isinstance(given, Mapping) or set(given) != {"amount", "days"}:
            raise Malformed(
                _("A bid security has an amount and the days for which it holds."),
                code="bad-security",
            )
        days = given["days"]
        if type(days) is not int or not 1 <= days <= MOST_DAYS:
            raise Malformed(
                _("A bid security holds for 1 to %(most)d days from the deadline.")
                % {"most": MOST_DAYS},
                code="bad-days",
            )
        return cls(amount=contracts.amount(str(given["amount"])), days=days)

    def as_json(self) -> dict[str, Any]:
        """As it stands in the parameters."""
        return {"amount": f"{self.amount:.2f}", "days": self.days}


def of(lot: Lot) -> Asked | None:
    """What the lot's documents ask; None where they ask for no bid security."""
    given = lot.parameters.get(SECURITY)
    return None if given is None else Asked.read(given)


def is_known(lot: Lot) -> bool:
    """Whether the lot's procedure knows a bid security at all."""
    return FIGURE in procedure.of(lot).figures


def last_day(lot: Lot) -> date | None:
    """The day through which a bid security must hold; None where none is asked or no deadline is
    set."""
    asked, deadline = of(lot), lot.dates.get("deadline")
    if asked is None or deadline is None:
        return None
    return calendar.local_day(jcs.parse_timestamp(deadline)) + timedelta(days=asked.days)


def judge(parameters: Mapping[str, Any]) -> None:
    """Raise :class:`Malformed` for a bid security that nobody could give."""
    if SECURITY in parameters:
        Asked.read(parameters[SECURITY])


@command("trading.state-security")
@dataclass(frozen=True, kw_only=True)
class StateSecurity(LotAct):
    """State the bid security that the documents ask for; empty, they ask for none.

    ``before`` is the digest of the parameters that the form was shown with. More than the law
    allows is refused (TBR 26, GPR 33).
    """

    step: ClassVar[str] = preparing.DOCUMENTS

    asked: dict[str, Any] | None
    before: str = ""

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        if self.asked is not None:
            self._check(lot, Asked.read(self.asked))
        if self.before and self.before != evaluation_digest(lot):
            raise Conflict(
                _("This was changed meanwhile, by somebody else or in another tab. Yours is not"
                  " kept yet: compare, then keep yours."),
                code="changed-meanwhile",
            )
        kept = {name: one for name, one in lot.parameters.items() if name != SECURITY}
        if self.asked is not None:
            kept[SECURITY] = Asked.read(self.asked).as_json()
        lot.parameters = kept
        lot.save(update_fields=["parameters"])
        scene.enter(subject=lot.urn, digests={"evaluation": evaluation_digest(lot)})
        return {"evaluation": evaluation_digest(lot)}

    def _check(self, lot: Lot, asked: Asked) -> None:
        figure = procedure.of(lot).figures.get(FIGURE)
        if figure is None:
            raise Refused(
                _("The rules of this procedure know no bid security."), code="no-bid-security"
            )
        if figure.most is None or lot.estimate is None:
            return
        most = lot.estimate * figure.most / 100
        if asked.amount > most:
            raise Refused(
                _("A security of this kind is at most %(most)s.") % {"most": f"{most:,.2f}"},
                code="security-too-high",
                rule=figure.article,
            )


def register() -> None:
    """Make the command nameable and judge what is hashed with the documents; called when the app is
    ready."""
    registry.register_command(StateSecurity.name, StateSecurity)
    evaluations.register(judge)
