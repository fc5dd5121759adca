"""What a request is about, and whose it is."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpRequest
from django.utils.translation import gettext as _

from signatures.domain.errors import Denied, NotFound
from signatures.models import User
from trading.interfaces import listing
from trading.models import Lot


def person_of(request: HttpRequest) -> User | None:
    """The person who asks; None for the public."""
    return request.user if isinstance(request.user, User) and request.user.is_active else None


def signed_in(request: HttpRequest) -> User:
    """The person who asks; raises :class:`Denied` for the public."""
    person = person_of(request)
    if person is None:
        raise Denied(
            _("Your session has ended, or you have not signed in. Nothing was done. Sign in and"
              " come back to this page."),
            code="sign-in-first",
        )
    return person


def lot_of(request: HttpRequest, code: str, number: int) -> Lot:
    """The lot that the address names, with its project; :class:`NotFound` where it is not shown."""
    project = listing.project(code, viewer=request.user)
    for lot in project.lots.all():
        if lot.number == number:
            lot.project = project
            return lot
    raise NotFound(_("The project has no lot with this number."), code="no-such-lot")


def once_of(request: HttpRequest) -> str:
    """A form's own key: sent twice it acts once."""
    return request.POST.get("once", "")[:64] or uuid4().hex
