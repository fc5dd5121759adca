"""The second stage of a framework 第二阶段成交: orders under its agreements until they run out.

How the supplier of an order is found stands in the published terms. Directly 直接选定: the
purchaser chooses and says why. In turn 顺序轮候: each supplier once a round, in the order in which
they were taken in. No order is dearer than its agreement. When the agreements have run out, a
summary of all orders is published, and the framework is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from trading.domain import contracts, dossier, framework, messages, procedure, registry
from trading.domain.acts import LotAct
from trading.domain.notices import PDF, check_file
from trading.domain.registry import GuardScene
from trading.enums import PUBLIC, LotState
from trading.models import Contract, Exhibit, FrameworkOrder, Lot

ORDER, CLOSE = "trading.place-order", "trading.close-framework"
#: Kinds of exhibits.
ORDERED, SUMMARY = "framework-order", "framework-summary"
UNTIL = "summary-until"
LONGEST_NAME, LONGEST_SUBJECT, LONGEST_REASONS = 200, 500, 2000
_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 9


@dataclass(frozen=True)
class Wanted:
    """What an order says, checked. ``unit_price`` and ``amount`` are in CNY."""

    agreement: Contract
    purchaser: str
    subject: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    reasons: str


def agreements(lot: Lot) -> list[Contract]:
    """The agreements in force, in the order in which their suppliers were taken in.

    Each with ``ordered``, the number of its orders.
    """
    rows = Contract.objects.filter(
        award__lot=lot, award__dropped_at__isnull=True, signed_at__isnull=False
    )
    return list(
        rows.select_related("award__winner", "award__lot")
        .annotate(ordered=Count("orders"))
        .order_by("award__rank")
    )


def next_in_turn(rows: list[Contract]) -> Contract | None:
    """Whose turn it is: whoever has had the fewest orders, of those the first taken in."""
    return min(rows, key=lambda one: getattr(one, "ordered", 0), default=None)


def orders(lot: Lot) -> list[FrameworkOrder]:
    """The orders, first one first."""
    rows = FrameworkOrder.objects.filter(lot=lot).select_related("agreement__award__winner")
    return list(rows.order_by("number"))


def quantity_of(text: str) -> Decimal:
    """A quantity with at most three decimals; raises :class:`Malformed`."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value < _MOST or value != round(value, 3):
        raise Malformed(
            _("“%(text)s” is not a quantity above zero with at most three decimals.")
            % {"text": text},
            code="bad-quantity",
        )
    return value


def _text(given: str, most: int, code: str, message: str) -> str:
    text = given.strip()
    if not 1 <= len(text) <= most:
        raise Malformed(message % {"most": most}, code=code)
    return text


def wanted(
    lot: Lot,
    *,
    agreement: UUID,
    purchaser: str,
    subject: str,
    quantity: str,
    unit_price: str,
    reasons: str,
) -> Wanted:
    """An order as it may be given now.

    Raises :class:`NotFound` for an agreement that is not in force, :class:`Malformed` for what
    does not read, :class:`Refused` for another's turn (``not-its-turn``) or a price above the
    agreement's (``dearer-than-agreed``).
    """
    manner = framework.require_terms(lot).orders
    rows = agreements(lot)
    found = next((one for one in rows if one.pk == agreement), None)
    if found is None:
        raise NotFound(
            _("No agreement of this framework in force is that one."), code="unknown-agreement"
        )
    turn = next_in_turn(rows)
    if manner == framework.TURNS and turn is not None and found.pk != turn.pk:
        raise Refused(
            _("Orders go in turn, and it is the turn of %(name)s.")
            % {"name": turn.award.winner.name},
            code="not-its-turn",
            rule=_article(lot),
        )
    why = reasons.strip()
    if len(why) > LONGEST_REASONS or (manner == framework.DIRECT and not why):
        raise Malformed(
            _("Say in at most %(most)d characters why this supplier was chosen.")
            % {"most": LONGEST_REASONS},
            code="reasons-missing",
        )
    price, count = contracts.amount(unit_price), quantity_of(quantity)
    if price > found.price:
        raise Refused(
            _("The price is above the agreed one of %(agreed)s CNY.")
            % {"agreed": f"{found.price:,.2f}"},
            code="dearer-than-agreed",
            rule=_article(lot),
        )
    amount = (price * count).quantize(_CENT, rounding=ROUND_HALF_UP)
    if not 0 < amount < Decimal(10) ** 16:
        raise Malformed(_("This amount cannot be written down."), code="bad-quantity")
    return Wanted(
        agreement=found,
        purchaser=_text(
            purchaser, LONGEST_NAME, "bad-purchaser",
            _("Name the purchaser in 1 to %(most)d characters."),
        ),
        subject=_text(
            subject, LONGEST_SUBJECT, "bad-subject",
            _("Say in 1 to %(most)d characters what is ordered."),
        ),
        quantity=count,
        unit_price=price,
        amount=amount,
        reasons=why,
    )


def _article(lot: Lot) -> str | None:
    rules = procedure.of(lot)
    found = rules.commands.get(ORDER)
    return None if found is None else rules.cite(found)


def next_number(lot: Lot) -> int:
    """The number of the lot's next order."""
    last = FrameworkOrder.objects.filter(lot=lot).order_by("number").last()
    return 1 if last is None else last.number + 1


@command(ORDER)
@dataclass(frozen=True, kw_only=True)
class PlaceOrder(LotAct):
    """Give an order under one agreement; its sealed notice 成交通知书 is under ``digest``.

    ``number`` is the one that the notice prints. The notice is public, and the supplier is told.
    """

    public: ClassVar[bool] = True

    agreement: UUID
    purchaser: str
    subject: str
    quantity: str
    unit_price: str
    number: int
    title: str
    digest: str
    size: int
    reasons: str = ""
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        if self.number != next_number(lot):
            raise Refused(
                _("Another order was given meanwhile, and this notice has its number. Look at the"
                  " orders and give it again."),
                code="other-number",
            )
        asked = wanted(
            lot,
            agreement=self.agreement,
            purchaser=self.purchaser,
            subject=self.subject,
            quantity=self.quantity,
            unit_price=self.unit_price,
            reasons=self.reasons,
        )
        supplier = asked.agreement.award.winner
        row = FrameworkOrder.objects.create(
            lot=lot,
            number=self.number,
            agreement=asked.agreement,
            purchaser=asked.purchaser,
            subject=asked.subject,
            quantity=asked.quantity,
            unit_price=asked.unit_price,
            amount=asked.amount,
            manner=framework.require_terms(lot).orders,
            reasons=asked.reasons,
            ordered_at=scene.now,
            ordered_by=scene.actor.urn,
        )
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=ORDERED,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts=facts(row),
            audience=[PUBLIC],
            seal=self.seal,
        )
        scene.enter(
            subject=row.urn,
            digests={"notice": self.digest},
            context={
                "lot": lot.urn,
                "agreement": asked.agreement.urn,
                "supplier": supplier.urn,
                "amount": str(row.amount),
                "manner": row.manner,
            },
            receipt_for=(supplier.urn, lot.project.tenderee.urn),
        )
        messages.send(
            scene,
            to=[supplier],
            template="framework-ordered",
            lot=lot,
            context={
                "number": str(row.number), "purchaser": row.purchaser, "subject": row.subject,
                "amount": f"{row.amount:,.2f}",
            },
            evidence=True,
        )
        return {"order": str(row.pk), "number": row.number, "exhibit": str(exhibit.pk)}


def facts(row: FrameworkOrder) -> dict[str, Any]:
    """An order as its exhibit has it."""
    return {
        "order": row.urn,
        "number": row.number,
        "agreement": row.agreement.urn,
        "award": row.agreement.award.urn,
        "supplier": row.agreement.award.winner.urn,
        "purchaser": row.purchaser,
        "subject": row.subject,
        "quantity": str(row.quantity),
        "unit-price": str(row.unit_price),
        "amount": str(row.amount),
        "manner": row.manner,
        "reasons": row.reasons,
    }


def digest(lot: Lot) -> str:
    """SHA-256 (hex) over the orders: what a summary of them was made for."""
    return jcs.digest({"orders": [facts(row) for row in orders(lot)]}).hex()


@command(CLOSE)
@dataclass(frozen=True, kw_only=True)
class CloseFramework(LotAct):
    """Publish the summary of all orders once the agreements have run out; under ``digest``.

    ``orders`` is :func:`digest` of those that it prints. Later than the procedure wants it is done
    all the same, and recorded as late.
    """

    public: ClassVar[bool] = True

    title: str
    digest: str
    size: int
    orders: str
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        if self.orders != digest(lot):
            raise Refused(
                _("The summary was made for other orders. Make it again."), code="other-orders"
            )
        rows, due = orders(lot), lot.dates.get(UNTIL)
        late = [UNTIL] if due and scene.now > jcs.parse_timestamp(due) else []
        total = str(sum((row.amount for row in rows), Decimal(0)))
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=SUMMARY,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={"orders": [row.urn for row in rows], "amount": total, "late": late},
            audience=[PUBLIC],
            seal=self.seal,
        )
        scene.enter(
            subject=lot.urn,
            digests={"summary": self.digest, "orders": self.orders},
            context={"orders": len(rows), "amount": total, "late": late},
        )
        messages.send(
            scene,
            to=[one.award.winner for one in agreements(lot)],
            template="framework-closed",
            lot=lot,
            context={"count": str(len(rows))},
        )
        return {"exhibit": str(exhibit.pk), "orders": len(rows), "late": late}


def framework_closed(scene: GuardScene) -> str | None:
    """The summary of the orders is published; a lot that ended before has none."""
    ended = scene.lot.state != LotState.ACTIVE
    if ended or Exhibit.objects.filter(lot=scene.lot, kind=SUMMARY).exists():
        return None
    return _("The framework still runs: the summary of its orders is not published yet.")


def register() -> None:
    """Make commands and guard nameable; called when the app is ready."""
    registry.register_command(PlaceOrder.name, PlaceOrder)
    registry.register_command(CloseFramework.name, CloseFramework)
    registry.register_guard("framework-closed", framework_closed)
