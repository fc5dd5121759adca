"""Framework agreements 框架协议: the terms that are published with the documents.

A framework takes in several suppliers, and orders follow under the agreements with them. Its terms
stand beside the method of evaluation in the parameters that are hashed with the tender documents:
``"framework": {"priority": "price", "eliminated": 20, "most": 5, "kind": "goods", "months": 12,
"orders": "turns"}``. ``priority`` says by what responses are ranked, ``eliminated`` which share of
those that conform is left out at least (per cent), ``most`` how many are taken in at most (nothing:
no cap), ``months`` how long the agreements run, ``orders`` how a supplier is found for an order.
The limits are figures of the procedure file (Order 110 of the Ministry of Finance).
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, Refused
from trading.domain import calendar, evaluations, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.notices import evaluation_digest
from trading.domain.procedure import Figure, Procedure
from trading.domain.registry import GuardScene
from trading.models import Lot

#: The flag of a procedure, and where the terms stand in the parameters.
FLAG, FRAMEWORK = "framework-agreement", "framework"
PRICE, QUALITY = "price", "quality"
GOODS, SERVICES = "goods", "services"
DIRECT, TURNS = "direct", "turns"
PRIORITIES, KINDS, MANNERS = (PRICE, QUALITY), (GOODS, SERVICES), (DIRECT, TURNS)
#: Figures of the procedure file.
TAKEN_IN, LEFT_OUT = "suppliers-taken-in", "suppliers-eliminated"
SHARES = {PRICE: "eliminated-by-price", QUALITY: "eliminated-by-quality"}
MONTHS = {GOODS: "months-of-goods", SERVICES: "months-of-services"}
#: The date until which orders are given, chosen when the last agreement is signed.
ENDS = "agreement-ends"
#: The method of evaluation that ranks by price alone.
BY_PRICE = "lowest_evaluated_price"
STATE = "trading.state-framework"
WHOLE = 100
_FIELDS = frozenset({"priority", "eliminated", "most", "kind", "months", "orders"})


@dataclass(frozen=True)
class Terms:
    """The terms of a framework; ``eliminated`` in per cent, ``most`` None for no cap."""

    priority: str
    eliminated: int
    kind: str
    months: int
    orders: str
    most: int | None = None

    @classmethod
    def read(cls, given: object) -> Self:
        """From the parameters; raises :class:`Malformed` for what does not read."""
        if not isinstance(given, Mapping) or set(given) - _FIELDS:
            raise _bad(_("A framework has terms, and none of another name."))
        try:
            found = cls(**{str(name): value for name, value in given.items()})
        except TypeError:
            raise _bad(
                _("State priority, elimination, kind, months and how orders are given.")
            ) from None
        for value, known in (
            (found.priority, PRIORITIES), (found.kind, KINDS), (found.orders, MANNERS),
        ):
            if value not in known:
                raise _bad(
                    _("“%(value)s” is none of %(known)s.")
                    % {"value": value, "known": ", ".join(known)}
                )
        if type(found.eliminated) is not int or not 1 <= found.eliminated < WHOLE:
            raise _bad(_("The share that is eliminated is a whole number of per cent, 1 to 99."))
        if type(found.months) is not int or not 1 <= found.months <= 120:
            raise _bad(_("The agreements run for a whole number of months."))
        if found.most is not None and (type(found.most) is not int or found.most < 1):
            raise _bad(_("The most suppliers that are taken in are a whole number."))
        return found

    def as_json(self) -> dict[str, Any]:
        """The same for the parameters; no cap is left out."""
        rows = {
            "priority": self.priority, "eliminated": self.eliminated, "kind": self.kind,
            "months": self.months, "orders": self.orders,
        }
        return rows if self.most is None else {**rows, "most": self.most}

    def counted(self, conforming: int, rules: Procedure) -> int:
        """How many of so many conforming responses are taken in; may be fewer than must be."""
        least_out = rules.figures.get(LEFT_OUT)
        out = max(
            math.ceil(conforming * self.eliminated / WHOLE),
            least_out.least or 1 if least_out is not None else 1,
        )
        return max(0, min(conforming - out, self.most or conforming))


def _bad(message: str) -> Malformed:
    return Malformed(message, code="bad-framework")


def is_framework(lot: Lot) -> bool:
    """Whether the lot's procedure sets up a framework of several suppliers."""
    return procedure.of(lot).flag(FLAG)


def terms_of(lot: Lot) -> Terms | None:
    """The terms that the lot's documents state; None where none are."""
    given = lot.parameters.get(FRAMEWORK)
    return None if given is None else Terms.read(given)


def require_terms(lot: Lot) -> Terms:
    """The same; raises :class:`Refused` where none are stated."""
    found = terms_of(lot)
    if found is None:
        raise Refused(
            _("The terms of the framework are not stated."), code="framework-not-stated"
        )
    return found


def judge(parameters: Mapping[str, Any]) -> None:
    """Raise :class:`Malformed` for terms that nobody could go by."""
    if FRAMEWORK in parameters:
        Terms.read(parameters[FRAMEWORK])


def check(lot: Lot, terms: Terms) -> None:
    """Raise :class:`Refused` naming the limit that these terms do not keep."""
    figures = procedure.of(lot).figures
    share = figures.get(SHARES[terms.priority])
    if share is not None and not share.holds(terms.eliminated):
        raise _beyond(
            _("At least %(least)d per cent of those that conform are eliminated.")
            % {"least": share.least}, share, "eliminates-too-few",
        )
    months = figures.get(MONTHS[terms.kind])
    if months is not None and not months.holds(terms.months):
        raise _beyond(
            _("Agreements of this kind run for at most %(most)d months.") % {"most": months.most},
            months,
            "runs-too-long",
        )
    taken = figures.get(TAKEN_IN)
    if taken is not None and terms.most is not None and not taken.holds(terms.most):
        raise _beyond(
            _("At least %(least)d suppliers are taken in.") % {"least": taken.least},
            taken,
            "takes-too-few",
        )


def _beyond(message: str, figure: Figure, code: str) -> Refused:
    return Refused(message, code=code, rule=figure.article or None)


@command(STATE)
@dataclass(frozen=True, kw_only=True)
class StateFramework(LotAct):
    """State the terms of the framework, before the documents bind them.

    ``before`` is the digest of the parameters that the form was shown with.
    """

    terms: dict[str, Any]
    before: str

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        terms = Terms.read(self.terms)
        check(lot, terms)
        if self.before != evaluation_digest(lot):
            raise Conflict(
                _("Somebody changed the method of evaluation meanwhile. Look at it again."),
                code="changed-meanwhile",
            )
        lot.parameters = {**lot.parameters, FRAMEWORK: terms.as_json()}
        lot.save(update_fields=["parameters"])
        scene.enter(subject=lot.urn, digests={"evaluation": evaluation_digest(lot)})
        return {"evaluation": evaluation_digest(lot)}


def end_of(lot: Lot, signed: datetime) -> datetime:
    """Until when orders are given under agreements of which the first was signed then.

    The last day is the same one of its month, or that month's last; it ends at midnight.
    """
    first, months = calendar.local_day(signed), require_terms(lot).months
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    day = min(first.day, monthrange(year, month)[1])
    return calendar.moment(first.replace(year=year, month=month, day=day))


def framework_stated(scene: GuardScene) -> str | None:
    """The terms stand in what is hashed with the documents, keep the limits, and fit the method."""
    try:
        terms = terms_of(scene.lot)
        if terms is None:
            return _("State the terms of the framework first.")
        check(scene.lot, terms)
    except (Malformed, Refused) as error:
        return error.message
    stated = scene.lot.parameters
    by_price = stated.get("method") == BY_PRICE
    if by_price != (terms.priority == PRICE) or (not by_price and stated.get("price")):
        return _(
            "The terms and the method of evaluation differ: priority of the price goes by the"
            " lowest evaluated price, priority of quality by scores of quality alone."
        )
    return None


def register() -> None:
    """Make command and guard nameable; called when the app is ready."""
    registry.register_command(StateFramework.name, StateFramework)
    registry.register_guard("framework-stated", framework_stated)
    evaluations.register(judge)
