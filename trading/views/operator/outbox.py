"""What leaves the platform by e-mail and text message: sent, waiting, given up."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import Malformed, SunlitError
from trading import access
from trading.domain.failed_work import RetryDelivery
from trading.domain.messages import MAX_ATTEMPTS, text_for
from trading.enums import DeliveryState
from trading.interfaces import cursors
from trading.interfaces.desk_forms import OutboxSieve
from trading.models import Delivery
from trading.views.doors import operators_only
from trading.views.operator import desk

_SHAPES = {DeliveryState.SENT: "good", DeliveryState.WAITING: "todo", DeliveryState.FAILED: "bad"}


@dataclass(frozen=True)
class Line:
    """One delivery as the desk may see it: of a lot's messages neither text nor addressee."""

    delivery: Delivery
    shape: str
    address: str
    person: str
    subject: str


def counts() -> dict[str, int]:
    """How many deliveries stand how, by :class:`DeliveryState`."""
    rows = Delivery.objects.order_by().values_list("state").annotate(number=Count("pk"))
    return dict(rows)


def masked(address: str) -> str:
    """``w***@example.com``, ``***0000``: enough to see what is wrong with an address."""
    name, at, host = address.partition("@")
    return f"{name[:1]}***@{host}" if at else f"***{address[-4:]}"


def line(row: Delivery) -> Line:
    """One delivery; :func:`trading.access.shows_addressee` says how much of it."""
    message = row.message
    shown = access.shows_addressee(message)
    return Line(
        delivery=row,
        shape=_SHAPES[DeliveryState(row.state)],
        address=row.address if shown else masked(row.address),
        person=message.user.get_full_name() if shown else "",
        subject=text_for(message, get_language() or "")["subject"] if shown else "",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def outbox(request: HttpRequest) -> HttpResponse:
    """Deliveries, newest first; a POST has one that was given up tried anew."""
    refusal: SunlitError | None = None
    if request.method == "POST":
        asked = request.POST.get("delivery", "")
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
            raise Malformed(_("Say which delivery is to be tried again."))
        act = RetryDelivery(delivery=int(asked))
        refusal = desk.carry_out(request, act, said=_("The delivery is on its way again."))
        if refusal is None:
            return HttpResponseRedirect(request.path, status=303)
    form = OutboxSieve(request.GET or None)
    form.is_valid()
    state = getattr(form, "cleaned_data", {}).get("state", "")
    rows = Delivery.objects.select_related("message", "message__user").order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    after = request.GET.get("after", "")
    if after:
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise Malformed(
                _("This page address is damaged. Begin the list anew."), code="bad-cursor"
            )
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[: cursors.SIZE + 1])
    shown = found[: cursors.SIZE]
    kept = {"state": state} if state else {}
    number = counts()
    context = {
        "rows": [line(row) for row in shown],
        "sent": number.get(DeliveryState.SENT, 0),
        "waiting": number.get(DeliveryState.WAITING, 0),
        "failed": number.get(DeliveryState.FAILED, 0),
        "attempts": MAX_ATTEMPTS,
        "form": form,
        "sieved": bool(state),
        "refusal": refusal,
        "first": not after,
        "first_address": f"?{urlencode(kept)}",
        "next_address": f"?{urlencode({**kept, 'after': shown[-1].pk})}"
        if len(found) > cursors.SIZE
        else "",
    }
    status = 200 if refusal is None else desk.status_of(refusal)
    return desk.show(request, "outbox", "operator-outbox", context, status=status)
