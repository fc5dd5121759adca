"""The bill of quantities: read from a workbook, looked at, replaced or taken away again."""

from __future__ import annotations

import hashlib
import io

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from signatures.domain.errors import NotFound, SunlitError
from trading.domain import bill_acts, edition_parts, preparing
from trading.domain.bill_acts import RemoveBill
from trading.domain.bill_faults import BadBill
from trading.interfaces import bill_differences, bill_page, bill_workbook, prepared_bill
from trading.interfaces import files as served_files
from trading.interfaces.preparing_forms import BillForm
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place

#: Where a refusal belongs to the file that was chosen, by its code.
AT_FILE = dict.fromkeys(
    ("same-bill", "too-large", "wrong-type", "empty-file", "hostile-name"), "file"
)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def bill(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The bill that stands prepared; ``do`` imports one or takes it away."""
    place = Place.of(request, code, number)
    place.require(preparing.documents_step(place.lot))
    bill_acts.require_wanted(place.lot)
    refusal, form, bad = frame.Refusal(), BillForm(), None
    before = request.POST.get("before", "")[:64]
    if request.method == "POST":
        refusal.status = 400
        removes = request.POST.get("do") == "remove"
        form = BillForm() if removes else BillForm(request.POST, request.FILES)
        try:
            if removes:
                frame.carry_out(request, RemoveBill(lot=place.lot.pk, before=before))
                return place.done(_("The bill is taken away."), "prepare-bill")
            if form.is_valid():
                _import(place, form, before)
                return place.done(
                    _("The bill is imported. Look through it as tenderers will read it."),
                    "prepare-bill",
                )
        except BadBill as error:
            bad = error
        except SunlitError as error:
            refusal.take(error, form, AT_FILE)
    facts = preparing.of(place.lot).bill
    standing = bill_page.bill_of(facts)
    parts = edition_parts.prepared(place.lot)
    context = {
        "out": bool(facts) and facts["digest"] == parts.standing.get("digest"),
        "next": preparing.documents_step(place.lot) == preparing.AMEND,
        "differs": bill_differences.of(parts.changes()) if parts.bill and parts.standing else None,
        "form": form,
        "refusal": refusal.error,
        "bad": bad,
        "before": facts.get("digest", ""),
        "table": None if standing is None else bill_page.table(
            standing, section=request.GET.get("section", ""), page=request.GET.get("page", "")
        ),
    }
    return place.show("bill", context, status=refusal.status)


def _import(place: Place, form: BillForm, before: str) -> None:
    data = form.cleaned_data["file"].read()
    asked = [
        "bill", str(place.lot.pk), form.checked.name, hashlib.sha256(data).hexdigest(), before,
    ]
    frame.carry_out_prepared(
        place.request,
        asked,
        lambda: prepared_bill.importing(
            frame.actor(place.request), place.lot.pk, name=form.checked.name,
            stream=io.BytesIO(data), before=before,
        ),
    )


@require_safe
@signed_in
def one(request: HttpRequest, code: str, number: int, ending: str) -> HttpResponseBase:
    """The bill as it will go out, in one of its files."""
    place = Place.of(request, code, number)
    facts = preparing.of(place.lot).bill
    for _kind, key, known, media_type in bill_acts.FILES:
        if facts and ending == known:
            return served_files.served(
                digest=bill_acts.file_of(facts, key)["digest"],
                name=f"{bill_acts.TITLE}.{known}",
                media_type=media_type,
                request=request,
            )
    raise NotFound(_("There is no such file."), code="no-such-file")


@require_safe
@signed_in
def template(request: HttpRequest) -> HttpResponse:
    """The empty workbook; it holds nothing of anybody."""
    answer = HttpResponse(bill_workbook.template(), content_type=bill_acts.WORKBOOK)
    name = f"{bill_acts.TITLE}.xlsx"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
