"""Prequalification: documents published, applications examined and signed, results told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bidding.domain import examination
from bidding.domain.qualifying import NotifyPrequalification
from bidding.interfaces import committee_page, examination_acts, examination_page
from bidding.interfaces.examination_forms import ExamineForm, PublishForm
from bidding.interfaces.examination_page import Line, Page
from signatures.domain import clock, statements
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Malformed, SunlitError
from signatures.models import User
from trading.api import problems
from trading.domain.signed import Signed
from trading.interfaces import prepared_acts
from trading.interfaces.forms import SignatureForm
from trading.views.asked import lot_of, once_of, person_of, signed_in

PUBLISH, EXAMINE, CONCLUDE, NOTIFY = "publish", "examine", "conclude", "notify"
#: Refusals after which the statement is put together anew.
_STALE = frozenset({"stale-statement", "other-statement"})


@dataclass
class _Sent:
    """What came back with one form of the page."""

    do: str
    target: str
    form: PublishForm | ExamineForm | None
    signature: SignatureForm
    statement: str = ""
    refusal: SunlitError | None = None
    status: int = 200
    said: str = field(default="")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prequalification(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """POST ``do`` = ``publish``, ``examine`` (``step`` = ``write`` or ``sign``), ``conclude`` or
    ``notify``."""
    lot = lot_of(request, code, number)
    page = examination_page.build(lot, person_of(request), clock.now())
    sent: _Sent | None = None
    if request.method == "POST":
        person = signed_in(request)
        sent = _read(request, page)
        if _done(request, page, person, sent):
            messages.success(request, sent.said)
            return HttpResponseRedirect(request.path)
        lot.refresh_from_db()
        page = examination_page.build(lot, person, clock.now())
    return render(
        request,
        "bidding/examination.html",
        _context(request, page, sent),
        status=200 if sent is None else sent.status,
    )


def _context(request: HttpRequest, page: Page, sent: _Sent | None) -> dict[str, Any]:
    published = sent is not None and isinstance(sent.form, PublishForm)
    examined = sent.form if sent is not None and isinstance(sent.form, ExamineForm) else None
    lines = [(line, _line_form(page, line, sent)) for line in page.lines]
    drawing = committee_page.find(page.lot, person_of(request), clock.now())
    stands = any(form is examined for _each, form in lines)
    return {
        "page": page,
        "drawing": drawing,
        "draw_form": None if drawing is None else drawing.form(),
        "lot": page.lot,
        "project": page.lot.project,
        "lines": lines,
        "publish": (sent.form if published and sent is not None else _publish_form())
        if page.publish.possible
        else None,
        "sent": sent,
        "form": None if sent is None else sent.form,
        "refusal": None if sent is None else sent.refusal,
        "kept": "" if examined is None or stands else examined["reason"].value() or "",
        "once": once_of(request) if sent is not None else uuid4().hex,
    }


def _publish_form(data: Any = None) -> PublishForm:
    return PublishForm(data, auto_id="publish-%s")


def _examine_form(page: Page, target: str, data: Any = None) -> ExamineForm:
    short = target[:8] if target[:8].isalnum() else "x"
    return ExamineForm(data, criteria=page.criteria, auto_id=f"examine-{short}-%s")


def _line_form(page: Page, line: Line, sent: _Sent | None) -> ExamineForm | None:
    """The form under an application that waits for this member."""
    if not line.waits:
        return None
    target = str(line.bid.pk)
    if sent is not None and sent.target == target and isinstance(sent.form, ExamineForm):
        return sent.form
    return _examine_form(page, target)


def _read(request: HttpRequest, page: Page) -> _Sent:
    do, target = request.POST.get("do", ""), request.POST.get("application", "")
    signing = do == EXAMINE and request.POST.get("step") == "sign"
    form: PublishForm | ExamineForm | None = None
    if do == PUBLISH:
        form = _publish_form(request.POST)
    elif do == EXAMINE:
        form = _examine_form(page, target, request.POST)
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
    steps = {PUBLISH: _publish, EXAMINE: _examine, CONCLUDE: _conclude, NOTIFY: _notify}
    try:
        if sent.do not in steps:
            raise Malformed(
                _("That is no step of this page. Load it anew."), code="no-such-step"
            )
        return steps[sent.do](request, page, person, sent)
    except SunlitError as error:
        sent.status = problems.status_of(error)
        place = getattr(sent.form, "PLACES", {}).get(error.code or "")
        if sent.form is not None and place and sent.form.is_valid():
            sent.form.add_error(place, error.message)
            sent.statement = ""
        else:
            sent.refusal = error
            if error.code not in _STALE:
                sent.statement = ""
    return False


def _publish(request: HttpRequest, page: Page, person: User, sent: _Sent) -> bool:
    actor, form = Actor.person(person), sent.form
    assert isinstance(form, PublishForm)
    prepared_acts.require_role(actor, page.lot.pk)
    if not form.is_valid():
        sent.status = 400
        return False
    said = form.cleaned_data
    prepared_acts.once(
        actor,
        key=f"page:{once_of(request)}",
        asked=["prequalification", str(page.lot.pk), list(said["criteria"]), said["words"]],
        make=lambda: examination_acts.publish(
            actor, page.lot.pk, criteria=said["criteria"], words=said["words"]
        ),
    )
    sent.said = _("The prequalification documents are on offer. Whoever fetches them may apply.")
    return True


def _examine(request: HttpRequest, page: Page, person: User, sent: _Sent) -> bool:
    lot, form = page.lot, sent.form
    assert isinstance(form, ExamineForm)
    examination.require_member(lot, person)
    application = f"bid:{sent.target}"
    examination.find(lot, application)
    if not form.is_valid():
        sent.status, sent.statement = 400, ""
        return False
    reason = form.cleaned_data["reason"].replace("\r\n", "\n").strip()
    wanted = examination.says(lot, application, form.passes, reason)
    if not _signing(request, sent, wanted):
        return False
    signed = Signed(sent.statement.encode(), sent.signature.cleaned_data["signature"].read())
    act = examination.prepare(person, lot, signed)
    dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")
    sent.said = _("What you found is signed and stands.")
    return True


def _signing(request: HttpRequest, sent: _Sent, wanted: dict[str, Any]) -> bool:
    """Whether a signature over these very words came; else the statement to sign stands ready."""
    ready = statements.build(
        examination.PURPOSE, origin=settings.ORIGIN, at=clock.now(), **wanted
    ).decode()
    if request.POST.get("step") != "sign":
        sent.statement = ready
        return False
    if not _says(sent.statement, wanted):
        sent.statement = ready
        raise Malformed(
            _("The form was changed after the statement was put together. Sign the new one."),
            code="other-statement",
        )
    if not sent.signature.is_valid():
        sent.status = 400
        return False
    return True


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        said = statements.parse(
            text.encode(),
            purpose=examination.PURPOSE,
            origin=settings.ORIGIN,
            fields=examination.FIELDS,
        )
    except Malformed:
        return False
    return {name: said[name] for name in wanted} == wanted


def _conclude(request: HttpRequest, page: Page, person: User, sent: _Sent) -> bool:
    actor = Actor.person(person)
    prepared_acts.once(
        actor,
        key=f"page:{once_of(request)}",
        asked=["prequalification-report", str(page.lot.pk)],
        make=lambda: examination_acts.conclude(actor, page.lot.pk),
    )
    sent.said = _("The report is filed. The tenderee tells every applicant its result.")
    return True


def _notify(request: HttpRequest, page: Page, person: User, sent: _Sent) -> bool:
    act = NotifyPrequalification(lot=page.lot.pk)
    outcome = dispatch(act, actor=Actor.person(person), key=f"page:{once_of(request)}")
    sent.said = (
        _("Every applicant was told its own result. The qualified alone go on.")
        if outcome.result["goes_on"]
        else _("Every applicant was told its own result. Fewer qualify than the law asks for: the"
               " tender has failed and is to be repeated.")
    )
    return True
