"""People at the desk: found by name, with their roles and the certificates they sign in with."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain.errors import NotFound, SunlitError
from signatures.models import User
from trading.domain.people import WithdrawCertificate
from trading.enums import MemberRole
from trading.interfaces import cursors, history
from trading.interfaces.desk_forms import PersonSieve
from trading.models import Membership
from trading.views.doors import operators_only
from trading.views.operator import desk

_OPEN = Membership.objects.filter(until__isnull=True).select_related("organisation")


@require_safe
@operators_only
def listed(request: HttpRequest) -> HttpResponse:
    """People, newest first, sieved by their name, user name or organisation."""
    form = PersonSieve(request.GET or None)
    form.is_valid()
    q = getattr(form, "cleaned_data", {}).get("q", "")
    rows = User.objects.prefetch_related(
        Prefetch("memberships", queryset=_OPEN.order_by("since", "pk"), to_attr="open_roles")
    )
    if q:
        working = Membership.objects.filter(
            user=OuterRef("pk"), until__isnull=True, organisation__name__icontains=q
        )
        rows = rows.filter(
            Q(full_name__icontains=q) | Q(username__icontains=q) | Q(Exists(working))
        )
    page = cursors.page(rows, by="date_joined", after=request.GET.get("after", ""))
    kept = {"q": q} if q else {}
    context = {
        "form": form,
        "rows": [
            (person, [(row, MemberRole(row.role).label) for row in person.open_roles])
            for person in page.items
        ],
        "sieved": bool(q),
        "first": not request.GET.get("after"),
        "first_address": f"?{urlencode(kept)}",
        "next_address": f"?{urlencode({**kept, 'after': page.next})}" if page.next else "",
    }
    return desk.show(request, "people", "operator-people", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One person: roles that run and that have ended, certificates; a POST withdraws one."""
    person = User.objects.filter(pk=pk).first()
    if person is None:
        raise NotFound(_("There is no such person."), code="no-such-person")
    refusal: SunlitError | None = None
    if request.method == "POST":
        act = WithdrawCertificate(
            person=person.pk, fingerprint=request.POST.get("certificate", "")[:64]
        )
        said = _("The certificate is withdrawn: nobody signs in with it any more.")
        refusal = desk.carry_out(request, act, said=said)
        if refusal is None:
            return HttpResponseRedirect(request.path, status=303)
    roles = Membership.objects.filter(user=person).select_related("organisation")
    context = {
        "person": person,
        "roles": [(row, MemberRole(row.role).label) for row in roles.order_by("-since", "-pk")],
        "certificates": list(person.certificates.order_by("-bound_at", "-pk")),
        "history": history.of(person.urn),
        "refusal": refusal,
    }
    status = 200 if refusal is None else desk.status_of(refusal)
    return desk.show(request, "person", "operator-people", context, status=status)
