"""Who is what to a lot, and giving roles to organisations and people."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatures.domain.errors import SunlitError
from trading.domain.projects import MAY_ASSIGN, Assign
from trading.enums import LotRole
from trading.interfaces.assigning_form import OF_PEOPLE, AssignForm, roles_to_give
from trading.models import Assignment
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place

FIELDS = {
    "already-assigned": "organisation",
    "recused": "organisation",
    "not-verified": "organisation",
    "bad-role": "role",
}
#: Whose roles are shown: evaluators and tenderers stay unnamed until the procedure names them.
SHOWN = (
    LotRole.TENDEREE, LotRole.AGENCY, LotRole.TRUSTEE, LotRole.NOTARY, LotRole.SUPERVISOR,
    LotRole.ARCHIVIST,
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def assigning(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The roles that are given, and a form for another."""
    place = Place.of(request, code, number, roles=frozenset(MAY_ASSIGN))
    place.require("trading.assign")
    sent = request.POST if request.method == "POST" else None
    form = AssignForm(sent, roles=roles_to_give(place.roles))
    refusal = frame.Refusal()
    if sent is not None:
        refusal.status = 400
        if form.is_valid():
            try:
                frame.carry_out(request, _act(place, form))
                return place.done(_("The role is given."), "assign")
            except SunlitError as error:
                fields = dict(FIELDS)
                if form.person is not None:
                    fields["already-assigned"] = fields["recused"] = "username"
                refusal.take(error, form, fields)
    rows = Assignment.objects.filter(
        lot=place.lot, role__in=SHOWN, until__isnull=True, recused_at__isnull=True
    )
    context = {
        "form": form,
        "refusal": refusal.error,
        "rows": rows.select_related("organisation", "user").order_by("since", "pk"),
    }
    return place.show("assign", context, status=refusal.status)


def _act(place: Place, form: AssignForm) -> Assign:
    asked = form.cleaned_data
    organisation = None if asked["role"] in OF_PEOPLE else UUID(asked["organisation"])
    return Assign(
        lot=place.lot.pk,
        role=asked["role"],
        user=form.person.pk if form.person is not None else None,
        organisation=organisation,
        reason=asked["reason"],
    )
