"""A step that a procedure file brings along: it moves the lot as the file says, no more."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import NotFound, SunlitError
from trading.domain import procedure
from trading.domain.acts import Advance
from trading.views.asked import lot_of
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def step(request: HttpRequest, code: str, number: int, name: str) -> HttpResponse:
    """What the step does, and a button; the page says so where it is not possible now."""
    rules = procedure.of(lot_of(request, code, number))
    command = rules.commands.get(name)
    if command is None or command.act != Advance.name:
        raise NotFound(_("A lot has no such step."), code="no-such-step")
    place = Place.of(request, code, number, roles=command.roles)
    place.require(name)
    refusal = frame.Refusal()
    if request.method == "POST":
        try:
            frame.carry_out(request, Advance(lot=place.lot.pk, command_name=name))
            return place.done(_("It is done: %(step)s.") % {"step": rules.title("commands", name)},
                              "lot")
        except SunlitError as error:
            refusal.at_head(error)
    context = {
        "refusal": refusal.error,
        "title": rules.title("commands", name),
        "lead": _("The lot goes on to “%(stage)s”. This cannot be taken back.")
        % {"stage": rules.title("stages", command.to)}
        if command.to
        else _("It is entered into the ledger. This cannot be taken back."),
        "rule": command.article,
        "button": rules.title("commands", name),
    }
    return place.show("form", context, status=refusal.status)
