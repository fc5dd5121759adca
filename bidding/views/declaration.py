"""Declaring whether anything ties a member to the parties: written, then signed."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain import conflicts
from bidding.interfaces import evaluation_course
from bidding.interfaces.declaration_form import DeclarationForm
from bidding.interfaces.evaluation_course import LEFT, Invitation
from bidding.views.asked import lot_of, person_of
from signatures.domain import clock, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Denied, Malformed, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain.signed import Signed
from trading.interfaces.forms import SignatureForm
from trading.models import Lot

#: Refusals after which the statement is put together anew.
_STALE = frozenset({"stale-statement", "other-statement"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def declaration(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The declaration's page; what was typed stays when it is refused."""
    lot = lot_of(request, code, number)
    person, found = _invited(request, lot)
    again = found.seat.declared_at is not None
    sent = request.POST if request.method == "POST" else None
    form = DeclarationForm(sent, again=again)
    signing = sent is not None and sent.get("step") == "sign"
    signature = SignatureForm(sent if signing else None, request.FILES if signing else None)
    refusal, status, statement = None, 200, ""
    if sent is not None:
        statement = sent.get("statement", "") if signing else ""
        if not form.is_valid():
            status, statement = 400, ""
        elif not signing:
            statement = _statement(form, lot, found)
        elif not signature.is_valid():
            status = 400
        else:
            try:
                _require_same(statement, form, lot, found)
                signed = Signed(statement.encode(), signature.cleaned_data["signature"].read())
                act = conflicts.prepare(person, lot.pk, signed)
                once = form.once[:64]
                dispatch(act, actor=Actor.person(person), key=f"page:{once}")
                messages.success(request, _("Your declaration is on the record."))
                return HttpResponseRedirect(_room(lot))
            except SunlitError as error:
                refusal, status = error, problems.status_of(error)
                if error.code in _STALE:
                    statement = _statement(form, lot, found)
    context = {
        "lot": lot,
        "project": lot.project,
        "invitation": found,
        "again": again,
        "form": form,
        "signature": signature,
        "statement": statement,
        "refusal": refusal,
        "here": _room(lot),
    }
    return render(request, "bidding/declaration.html", context, status=status)


# --- inside --------------------------------------------------------------------------------------


def _room(lot: Lot) -> str:
    return reverse("evaluation", args=[lot.project.code, lot.number])


def _invited(request: HttpRequest, lot: Lot) -> tuple[User, Invitation]:
    """The person and their invitation; the act decides again."""
    person = person_of(request)
    if person is None:
        raise Denied(_("Sign in first."), code="sign-in-first")
    found = evaluation_course.invitation(lot, person)
    if found is None or found.standing == LEFT:
        raise Denied(_("You do not sit on this committee."), code="no-seat")
    return person, found


def _statement(form: DeclarationForm, lot: Lot, found: Invitation) -> str:
    return statements.build(
        conflicts.PURPOSE, origin=settings.ORIGIN, at=clock.now(), **_fields(form, lot, found)
    ).decode()


def _fields(form: DeclarationForm, lot: Lot, found: Invitation) -> dict[str, object]:
    return {
        "lot": lot.urn,
        "committee": found.seat.committee.urn,
        "conflict": form.has_conflict,
        "reason": form.cleaned_data["reason"],
    }


def _require_same(statement: str, form: DeclarationForm, lot: Lot, found: Invitation) -> None:
    """What is signed is what stands in the form, so that nobody signs something else unread."""
    wanted = _fields(form, lot, found)
    try:
        said = statements.parse(
            statement.encode(),
            purpose=conflicts.PURPOSE,
            origin=settings.ORIGIN,
            fields=conflicts.FIELDS,
        )
    except Malformed:
        said = {}
    if {name: said.get(name) for name in wanted} != wanted:
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )
