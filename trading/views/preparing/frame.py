"""What the pages of a lot's preparation share: whose they are, their frame, how an act is done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _

from signatures.domain import clock, jcs
from signatures.domain.act import Act, Actor, Outcome, answered, dispatch
from signatures.domain.errors import Denied, NotFound, SunlitError
from signatures.models import User
from trading import access
from trading.api import problems
from trading.domain import lifecycle, procedure
from trading.domain.procedure import Procedure
from trading.enums import LotRole
from trading.interfaces import listing
from trading.models import Lot, Project

#: Who prepares a tender.
PREPARERS = frozenset({LotRole.TENDEREE.value, LotRole.AGENCY.value})


@dataclass(frozen=True)
class Place:
    """A lot with who looks at it; ``roles`` is what they are to it."""

    request: HttpRequest
    person: User
    project: Project
    lots: list[Lot]
    lot: Lot
    rules: Procedure
    roles: frozenset[str]

    @classmethod
    def of(
        cls, request: HttpRequest, code: str, number: int, *, roles: frozenset[str] = PREPARERS
    ) -> Place:
        """The lot at this address for somebody with one of ``roles``; :class:`Denied` else."""
        person = request.user
        if not isinstance(person, User):
            raise Denied(_("Sign in first."), code="sign-in-first")
        project = listing.project(code, viewer=person)
        lots = list(project.lots.all())
        lot = next((one for one in lots if one.number == number), None)
        if lot is None:
            raise NotFound(_("The project has no lot with this number."), code="no-such-lot")
        lot.project = project
        held = access.roles_of(person, lot, clock.now())
        if held.isdisjoint(roles):
            raise Denied(
                _("Only the tenderee and its agency prepare a tender."), code="wrong-role"
            )
        return cls(request, person, project, lots, lot, procedure.of(lot), held)

    def address(self, name: str, *more: Any) -> str:
        """The address of another page about this lot."""
        return reverse(name, args=[self.project.code, self.lot.number, *more])

    def require(self, command: str) -> None:
        """Raise the refusal of a step that is not possible now, before anything is typed for it.

        A page asks on GET alone: what was sent is decided by its act, and the form is kept.
        """
        if self.request.method != "POST":
            lifecycle.check(self.lot, command, actor_roles=self.roles, now=clock.now())

    def show(self, page: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """One page about this lot."""
        full = {
            "project": self.project,
            "lot": self.lot,
            "lots": self.lots,
            "rules": self.rules,
            "preparation_address": self.address("prepare"),
            "once": once(self.request),
            **context,
        }
        return render(self.request, f"trading/preparing/{page}.html", full, status=status)

    def done(self, said: str, name: str = "prepare") -> HttpResponse:
        """Word of what was done, and on to another page: nothing is sent again by a reload."""
        tell(self.request, said)
        return HttpResponseRedirect(self.address(name), status=303)


def tell(request: HttpRequest, said: str) -> None:
    """Leave word of what was done for the next page."""
    messages.success(request, said)


def once(request: HttpRequest) -> str:
    """A form's own key: sent twice it acts once."""
    return request.POST.get("once", "")[:64] or uuid4().hex


def key_of(request: HttpRequest) -> str:
    """The key of the acts of one form."""
    return f"page:{once(request)}"


def carry_out(request: HttpRequest, act: Act) -> Outcome:
    """Dispatch an act of this person under the form's own key."""
    return dispatch(act, actor=actor(request), key=key_of(request))


def carry_out_prepared(
    request: HttpRequest, asked: list[Any], prepare: Callable[[], Act]
) -> Outcome:
    """The same for an act that takes slow work first; a second click is answered without it."""
    who, key = actor(request), key_of(request)
    wanted = hashlib.sha256(jcs.dumps(asked)).hexdigest()
    before = answered(actor=who, key=key, request=wanted)
    if before is not None:
        return before
    return dispatch(prepare(), actor=who, key=key, request=wanted)


@dataclass
class Before:
    """What stood there when a form was shown, by its digest; the form carries it along.

    ``fields`` gives by name what stands there now.
    """

    standing: str
    fields: dict[str, Any]
    digest: str

    @classmethod
    def of(cls, request: HttpRequest, standing: str, fields: dict[str, Any]) -> Before:
        return cls(standing, fields, request.POST.get("before", "")[:64] or standing)

    def meant(self, form: BaseForm, error: SunlitError) -> None:
        """Somebody was faster: show what they kept beside what was typed. Having been told, the
        next attempt means it."""
        if error.code != "changed-meanwhile":
            return
        self.digest = self.standing
        typed = {name: _plain(value) for name, value in form.cleaned_data.items()}
        for name, value in self.fields.items():
            if name in typed and typed[name] != value:
                shown = _("nothing") if value in (None, "") else localize(value)
                form.add_error(name, _("Kept meanwhile: %(value)s") % {"value": shown})


def _plain(value: Any) -> Any:
    """A text as it is kept; browsers end lines in their own way."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User):
        raise Denied(_("Sign in first."), code="sign-in-first")
    return Actor.person(request.user)


@dataclass
class Refusal:
    """Where a refusal belongs: at a field of the form, or at the head of the page."""

    error: SunlitError | None = None
    status: int = 200

    def at_head(self, error: SunlitError) -> None:
        """Put it at the head of the page."""
        self.error, self.status = error, problems.status_of(error)

    def take(self, error: SunlitError, form: BaseForm, fields: dict[str, str]) -> None:
        """Put it at the field that ``fields`` names by the refusal's code, else at the head."""
        self.status = problems.status_of(error)
        field = fields.get(error.code or "")
        if field in form.fields:
            form.add_error(field, error.message)
        else:
            self.error = error
