"""A lot stands still, goes on, or ends before its time; each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from signatures.domain.act import Act
from signatures.domain.errors import NotFound, SunlitError
from trading.domain import suspensions
from trading.enums import LotRole
from trading.interfaces.preparing_forms import HaltForm
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place

WHO = frozenset({*frame.PREPARERS, LotRole.SUPERVISOR.value})


@dataclass(frozen=True)
class Halt:
    """One of the three: its act, and what is said before and after."""

    act: Callable[[UUID, str], Act]
    lead: Promise
    done: Promise


HALTS = {
    "suspend": Halt(
        act=lambda lot, reason: suspensions.Suspend(lot=lot, reason=reason),
        lead=gettext_lazy(
            "No date runs while the lot stands still. When it is resumed, what lay ahead moves by "
            "as many whole days. Tenderers are told at once."
        ),
        done=gettext_lazy("The lot stands still; its tenderers were told why."),
    ),
    "resume": Halt(
        act=lambda lot, reason: suspensions.Resume(lot=lot, reason=reason),
        lead=gettext_lazy(
            "Every date that lay ahead moves by as many whole days as the lot stood still, and on "
            "to a working day."
        ),
        done=gettext_lazy("The lot goes on; its dates have moved."),
    ),
    "terminate": Halt(
        act=lambda lot, reason: suspensions.Terminate(lot=lot, reason=reason),
        lead=gettext_lazy(
            "The tender ends here without a result. This cannot be undone; bids that were handed "
            "in stay sealed."
        ),
        done=gettext_lazy("The tender is ended; its tenderers were told why."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def halt(request: HttpRequest, code: str, number: int, what: str) -> HttpResponse:
    """The reason, asked for; the page says so where the step is not possible now."""
    wanted = HALTS.get(what)
    if wanted is None:
        raise NotFound(_("A lot has no such step."), code="no-such-step")
    place = Place.of(request, code, number, roles=WHO)
    place.require(f"trading.{what}")
    form = HaltForm(request.POST if request.method == "POST" else None)
    refusal = frame.Refusal()
    if request.method == "POST":
        refusal.status = 400
        if form.is_valid():
            try:
                frame.carry_out(request, wanted.act(place.lot.pk, form.cleaned_data["reason"]))
                return place.done(str(wanted.done), "lot")
            except SunlitError as error:
                refusal.take(error, form, {"bad-reason": "reason"})
    command = place.rules.commands[f"trading.{what}"]
    context = {
        "form": form,
        "refusal": refusal.error,
        "title": place.rules.title("commands", command.name),
        "lead": wanted.lead,
        "rule": command.article,
        "button": place.rules.title("commands", command.name),
    }
    return place.show("form", context, status=refusal.status)
