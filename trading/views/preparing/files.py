"""The files that go out with the tender document: added, looked at, taken away again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from signatures import store
from signatures.domain.errors import NotFound, SunlitError
from trading.domain import edition_parts, preparing
from trading.domain.preparing import MAX_FILES, AttachFile, DetachFile
from trading.interfaces import files as served_files
from trading.interfaces.preparing_forms import ATTACHABLE, FileForm
from trading.views.doors import signed_in
from trading.views.preparing import frame
from trading.views.preparing.frame import Place


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def files(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The attachments; ``do`` adds one or takes one away."""
    place = Place.of(request, code, number)
    place.require(preparing.documents_step(place.lot))
    refusal = frame.Refusal()
    published = edition_parts.prepared(place.lot).holding()
    form = FileForm(published=published)
    if request.method == "POST":
        refusal.status = 400
        if request.POST.get("do") == "remove":
            act = DetachFile(lot=place.lot.pk, file=request.POST.get("file", "")[:36])
            try:
                frame.carry_out(request, act)
                return place.done(_("The attachment is taken away."), "prepare-files")
            except SunlitError as error:
                refusal.take(error, form, {})
        else:
            form = FileForm(request.POST, request.FILES, published=published)
            if form.is_valid():
                try:
                    _attach(place, form)
                    return place.done(_("The file is attached."), "prepare-files")
                except SunlitError as error:
                    refusal.take(
                        error, form,
                        {
                            "attached-already": "file", "too-large": "file",
                            "no-such-file": "replaces",
                        },
                    )
    context = {
        "form": form,
        "refusal": refusal.error,
        "files": preparing.of(place.lot).files,
        "out": {one["digest"] for one in published},
        "next": preparing.documents_step(place.lot) == preparing.AMEND,
        "kinds": ", ".join(ATTACHABLE),
        "most": MAX_FILES,
    }
    return place.show("files", context, status=refusal.status)


def _attach(place: Place, form: FileForm) -> None:
    checked = form.checked
    title, replaces = form.cleaned_data["title"].strip(), form.cleaned_data.get("replaces", "")
    if not title.lower().endswith(f".{checked.extension}"):
        title = f"{title}.{checked.extension}"  # under this name it is saved by who fetches it

    def prepare() -> AttachFile:
        act = AttachFile(
            lot=place.lot.pk, title=title, digest="", size=0, media_type=checked.mime,
            replaces=replaces,
        )
        act.permit(frame.actor(place.request))
        kept = store.put(form.cleaned_data["file"].file)
        return AttachFile(
            lot=place.lot.pk, title=title, digest=kept.sha256, size=kept.size,
            media_type=checked.mime, replaces=replaces,
        )

    asked = ["attach", str(place.lot.pk), title, checked.name, checked.size, replaces]
    frame.carry_out_prepared(place.request, asked, prepare)


@require_safe
@signed_in
def one(request: HttpRequest, code: str, number: int, digest: str) -> HttpResponseBase:
    """One attachment as it will go out."""
    place = Place.of(request, code, number)
    for file in preparing.of(place.lot).files:
        if file["digest"] == digest:
            return served_files.served(
                digest=digest, name=file["title"], media_type=file["media_type"], request=request
            )
    raise NotFound(_("There is no such attachment."), code="no-such-file")
