"""Objections, challenges and complaints: written, then signed; answered and decided alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.domain import clock
from signatures.domain.act import Act, Actor, dispatch
from signatures.domain.errors import Malformed, NotFound, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain import (
    grievance_conditions,
    grievance_drafts,
    grievance_filing,
    grievance_steps,
    grievance_words,
    grievances,
    procedure,
)
from trading.domain.grievance_steps import act_of
from trading.domain.signed import Signed
from trading.enums import GrievanceKind
from trading.interfaces import grievance_page
from trading.interfaces.forms import SignatureForm
from trading.interfaces.grievance_forms import FileForm, StepForm
from trading.interfaces.grievance_page import Line, Page
from trading.views.asked import lot_of, once_of, person_of, signed_in

#: Refusals after which the statement is put together anew.
_STALE = frozenset({"stale-statement", "other-statement"})
FILE = "file"


@dataclass
class _Sent:
    """What came back with one form: its words, perhaps its statement and signature."""

    do: str
    target: str
    form: FileForm | StepForm
    signature: SignatureForm
    statement: str = ""
    refusal: SunlitError | None = None
    status: int = 200
    said: str = field(default="")

    @property
    def key(self) -> str:
        """Which form of the page it is."""
        return self.do if self.do == FILE else f"{self.target}:{self.do}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def grievances_of(
    request: HttpRequest, code: str, number: int, *, complains: bool = False
) -> HttpResponse:
    """POST ``do`` = ``file`` or a step's name, ``step`` = ``write`` (the statement) or ``sign``."""
    lot = lot_of(request, code, number)
    if not grievance_page.knows(procedure.of(lot), complains=complains):
        raise NotFound(_("The procedure of this lot has no such page."), code="no-such-page")
    page = grievance_page.build(
        lot, complains=complains, viewer=person_of(request), at=clock.now()
    )
    sent: _Sent | None = None
    if request.method == "POST":
        person = signed_in(request)
        sent = _read(request, page)
        if _done(request, page, person, sent):
            messages.success(request, sent.said)
            return HttpResponseRedirect(request.path)
        page = grievance_page.build(lot, complains=complains, viewer=person, at=clock.now())
    return render(
        request, "trading/grievances.html", _context(request, page, sent),
        status=200 if sent is None else sent.status,
    )  # fmt: skip


def _context(request: HttpRequest, page: Page, sent: _Sent | None) -> dict[str, Any]:
    lines = [(line, _step_forms(line, sent)) for line in page.lines]
    stands = {FILE} if page.subjects else set()
    stands |= {f"{line.pk}:{kind}" for line, forms in lines for kind, _title, _form in forms}
    return {
        "page": page,
        "lot": page.lot,
        "project": page.lot.project,
        "lines": lines,
        "file": _file_form(page, sent),
        "sent": sent,
        "form": sent.form if sent is not None else None,
        "refusal": None if sent is None else sent.refusal,
        "kept": "" if sent is None or sent.key in stands else _typed(sent),
        "once": once_of(request) if sent is not None else uuid4().hex,
        "objections_title": grievance_page.title_of(procedure.of(page.lot), complains=False),
        "complaints_known": grievance_page.knows(procedure.of(page.lot), complains=True),
    }


def _typed(sent: _Sent) -> str:
    """Words whose form stands nowhere any more, so that what was typed is not lost."""
    words = [sent.form[name].value() for name in sent.form.fields if name in (
        "facts", "requests", "text", "ordered", "notice",
    )]
    return "\n\n".join(str(text) for text in words if text)


def _new_file(page: Page, data: Any = None) -> FileForm:
    return FileForm(
        data,
        complains=page.complains,
        abouts=[(each.about, each.label) for each in page.subjects],
        organisations=[(str(each.pk), each.name) for each in page.organisations],
        objections=[
            (row.urn, f"{GrievanceKind(row.kind).label} {row.number}")
            for row in page.objections
        ],
        known=page.asks_known,
        interest=page.asks_interest,
        auto_id="file-%s",
    )


def _file_form(page: Page, sent: _Sent | None) -> FileForm | None:
    if not page.subjects:
        return None
    if sent is not None and isinstance(sent.form, FileForm):
        return sent.form
    return _new_file(page)


def _step_forms(line: Line, sent: _Sent | None) -> list[tuple[str, str, StepForm]]:
    found = []
    for kind, title in line.steps:
        if sent is not None and sent.key == f"{line.pk}:{kind}" and isinstance(
            sent.form, StepForm
        ):
            found.append((kind, title, sent.form))
        else:
            found.append(
                (kind, title, StepForm(kind=kind, auto_id=f"{kind}-{line.pk[:8]}-%s"))
            )
    return found


def _read(request: HttpRequest, page: Page) -> _Sent:
    do, target = request.POST.get("do", ""), request.POST.get("grievance", "")
    signing = request.POST.get("step") == "sign"
    form: FileForm | StepForm
    if do == FILE:
        form = _new_file(page, request.POST)
    else:
        short = target[:8] if target[:8].isalnum() else "x"
        form = StepForm(request.POST, kind=do, auto_id=f"{do[:10]}-{short}-%s")
    return _Sent(
        do=do,
        target=target,
        form=form,
        signature=SignatureForm(
            request.POST if signing else None, request.FILES if signing else None
        ),
        statement=request.POST.get("statement", "") if signing else "",
    )


def _done(request: HttpRequest, page: Page, person: User, sent: _Sent) -> bool:
    """Take one step with what came; whether it is done."""
    try:
        if isinstance(sent.form, FileForm):
            return _file(request, page, person, sent, sent.form)
        return _step(request, page, person, sent, sent.form)
    except SunlitError as error:
        sent.status = problems.status_of(error)
        place = sent.form.PLACES.get(error.code or "")
        if place in sent.form.fields and sent.form.is_valid():
            sent.form.add_error(place, error.message)
            sent.statement = ""
        else:
            sent.refusal = error
            if error.code not in _STALE:
                sent.statement = ""
    return False


def _file(
    request: HttpRequest, page: Page, person: User, sent: _Sent, form: FileForm
) -> bool:
    lot = page.lot
    if not page.subjects:
        raise page.refusal or Malformed(
            _("Nothing can be filed here now by you."), code="nothing-to-file"
        )
    if not form.is_valid():
        sent.status, sent.statement = 400, ""
        return False
    draft = form.draft()
    grievance_conditions.require_fileable(lot, draft, person=person, now=clock.now())
    wanted = draft.says(lot)
    ready = grievance_drafts.statement(lot, draft, at=clock.now()).decode()
    if not _signing(request, sent, grievance_drafts.PURPOSE, wanted, ready):
        return False
    _perform(request, person, grievance_filing.prepare(person, lot.pk, _signed(sent)))
    sent.said = (
        _("It is filed. The lot stands still until it is answered.")
        if any(each.pauses and each.about == draft.about for each in page.subjects)
        else _("It is filed.")
    )
    return True


def _step(
    request: HttpRequest, page: Page, person: User, sent: _Sent, form: StepForm
) -> bool:
    row = grievances.find(page.lot, _identifier(sent.target), person, clock.now())
    row.lot = page.lot
    if sent.do not in grievance_steps.STEPS:
        raise Malformed(_("That is no step of this page. Load it anew."), code="no-such-step")
    grievances.require_open(row)
    if not form.is_valid():
        sent.status, sent.statement = 400, ""
        return False
    words = form.words()
    act_of(row, sent.do).require_possible(row, words, person=person, now=clock.now())
    ready = grievance_words.statement(row, sent.do, words, at=clock.now()).decode()
    wanted = grievance_words.says(row, sent.do, words)
    if not _signing(request, sent, grievance_words.PURPOSE, wanted, ready):
        return False
    act = grievance_steps.prepare(person, page.lot.pk, row.pk, sent.do, _signed(sent))
    _perform(request, person, act)
    sent.said = _("Done. It stands in the dossier, and whoever it concerns was told.")
    return True


def _signing(
    request: HttpRequest, sent: _Sent, purpose: str, wanted: dict[str, Any], ready: str
) -> bool:
    """Whether a signature over these very words came; else the statement to sign stands ready."""
    if request.POST.get("step") != "sign":
        sent.statement = ready
        return False
    if not grievances.says(sent.statement, purpose, wanted):
        sent.statement = ready
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )
    if not sent.signature.is_valid():
        sent.status = 400
        return False
    return True


def _signed(sent: _Sent) -> Signed:
    return Signed(sent.statement.encode(), sent.signature.cleaned_data["signature"].read())


def _perform(request: HttpRequest, person: User, act: Act) -> None:
    dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed(
            _("That is no step of this page. Load it anew."), code="no-such-step"
        ) from None
