"""Organisations at the desk: registrations and their decision, roles given and ended."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain.errors import Malformed, NotFound, SunlitError
from signatures.models import User
from trading import access
from trading.domain.organisations import (
    EndMembership,
    GrantMembership,
    RefuseOrganisation,
    VerifyOrganisation,
)
from trading.enums import MemberRole, OrganisationKind
from trading.interfaces import cursors, history
from trading.interfaces.desk_forms import EndForm, GrantForm, OrganisationSieve, RefusalForm
from trading.models import Membership, Organisation
from trading.views.doors import operators_only
from trading.views.operator import desk


def in_state(state: str) -> QuerySet[Organisation]:
    """Organisations by what was decided on their registration; all where nothing is asked."""
    rows = Organisation.objects.all()
    if state == OrganisationSieve.WAITING:
        return rows.filter(verified_at__isnull=True, refused_at__isnull=True)
    if state == OrganisationSieve.VERIFIED:
        return rows.filter(verified_at__isnull=False)
    if state == OrganisationSieve.REFUSED:
        return rows.filter(refused_at__isnull=False)
    return rows


def kinds_of(organisation: Organisation) -> str:
    """What the organisation is, in the reader's language."""
    # Translators: between the items of a short list.
    return pgettext("list", ", ").join(
        str(OrganisationKind(kind).label) for kind in organisation.kinds
    )


@require_safe
@operators_only
def listed(request: HttpRequest) -> HttpResponse:
    """Organisations, newest first, sieved by name or code and by their registration."""
    form = OrganisationSieve(request.GET or None)
    form.is_valid()
    asked = getattr(form, "cleaned_data", {})
    kept = {name: asked[name] for name in ("q", "state") if asked.get(name)}
    rows = in_state(kept.get("state", ""))
    if "q" in kept:
        q = kept["q"]
        rows = rows.filter(Q(name__icontains=q) | Q(credit_code__startswith=q.upper()))
    page = cursors.page(rows, by="registered_at", after=request.GET.get("after", ""))
    context = {
        "form": form,
        "rows": [{"organisation": row, "kinds": kinds_of(row)} for row in page.items],
        "sieved": bool(kept),
        "first": not request.GET.get("after"),
        "first_address": f"?{urlencode(kept)}",
        "next_address": f"?{urlencode({**kept, 'after': page.next})}" if page.next else "",
    }
    return desk.show(request, "organisations", "operator-organisations", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One organisation: its registration, its people, what was done; ``do`` names the deed."""
    organisation = Organisation.objects.filter(pk=pk).first()
    if organisation is None:
        raise NotFound(_("There is no such organisation."), code="no-such-organisation")
    page = _Page(request, organisation)
    if request.method != "POST":
        return page.show()
    deed = page.deeds().get(request.POST.get("do", ""))
    if deed is None:
        raise Malformed(
            _("The request could not be read. Go back, load the page anew and try again.")
        )
    return deed()


class _Page:
    """One organisation's page in the course of one request: its forms and what became of them."""

    def __init__(self, request: HttpRequest, organisation: Organisation) -> None:
        self.request = request
        self.organisation = organisation
        self.refusal_form = RefusalForm(prefix="refuse")
        self.grant_form = GrantForm(prefix="grant")
        self.end_form = EndForm(prefix="end")
        self.ending = ""

    def deeds(self) -> dict[str, Any]:
        return {
            "verify": self.verify,
            "refuse": self.refuse,
            "grant": self.grant,
            "end": self.end,
        }

    def verify(self) -> HttpResponse:
        act = VerifyOrganisation(organisation=self.organisation.pk)
        said = _("%(name)s is verified and may act.") % {"name": self.organisation.name}
        return self._after(desk.carry_out(self.request, act, said=said), None)

    def refuse(self) -> HttpResponse:
        form = self.refusal_form = RefusalForm(self.request.POST, prefix="refuse")
        if not form.is_valid():
            return self.show(form, status=400)
        act = RefuseOrganisation(
            organisation=self.organisation.pk, reason=form.cleaned_data["reason"]
        )
        said = _("The registration is refused; its people were told why.")
        return self._after(desk.carry_out(self.request, act, said=said), form)

    def grant(self) -> HttpResponse:
        form = self.grant_form = GrantForm(self.request.POST, prefix="grant")
        if not form.is_valid():
            return self.show(form, status=400)
        username = form.cleaned_data["username"].strip().lower()
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            form.add_error("username", _("Nobody has this user name; look in the list of people."))
            return self.show(form, status=400)
        act = GrantMembership(
            organisation=self.organisation.pk,
            person=person.pk,
            role=form.cleaned_data["role"],
            reason=form.cleaned_data["reason"],
        )
        said = _("%(name)s has the role from now on.") % {"name": person.get_full_name()}
        return self._after(desk.carry_out(self.request, act, said=said), form)

    def end(self) -> HttpResponse:
        form = self.end_form = EndForm(self.request.POST, prefix="end")
        self.ending = self.request.POST.get("membership", "")[:20]
        row = next((row for row in self._members() if str(row.pk) == self.ending), None)
        if row is None:
            raise NotFound(_("The person does not have this role."), code="no-such-membership")
        if not form.is_valid():
            return self.show(form, status=400)
        act = EndMembership(
            organisation=self.organisation.pk,
            person=row.user_id,
            role=row.role,
            reason=form.cleaned_data["reason"],
        )
        said = _("The role of %(name)s has ended.") % {"name": row.user.get_full_name()}
        return self._after(desk.carry_out(self.request, act, said=said), form)

    def _after(self, refusal: SunlitError | None, form: Any) -> HttpResponse:
        if refusal is None:
            return HttpResponseRedirect(self.request.path, status=303)
        return self.show(form, refusal=refusal, status=desk.status_of(refusal))

    def _members(self) -> list[Membership]:
        rows = Membership.objects.filter(organisation=self.organisation, until__isnull=True)
        return list(rows.select_related("user").order_by("since", "pk"))

    def show(
        self, form: Any = None, *, refusal: SunlitError | None = None, status: int = 200
    ) -> HttpResponse:
        person = self.request.user
        context = {
            "organisation": self.organisation,
            "kinds": kinds_of(self.organisation),
            "members": [(row, MemberRole(row.role).label) for row in self._members()],
            "own": access.acts_for(person, self.organisation.pk),
            "history": history.of(self.organisation.urn),
            "refusal_form": self.refusal_form,
            "grant_form": self.grant_form,
            "end_form": self.end_form,
            "ending": self.ending,
            "form": form,
            "refusal": refusal,
        }
        return desk.show(
            self.request, "organisation", "operator-organisations", context, status=status
        )
