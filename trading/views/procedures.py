"""The procedures and their law: all, one, what one says otherwise than another, and a lot's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from signatures.domain.errors import NotFound
from trading.domain import procedure
from trading.domain.procedure import Procedure
from trading.interfaces import procedure_changes_page, procedure_page
from trading.interfaces.procedure_changes import compare
from trading.views import asked


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """All procedures in force, by category."""
    return render(request, "trading/procedures.html", {"groups": procedure_page.groups()})


@require_safe
def one(request: HttpRequest, name: str) -> HttpResponse:
    """The edition in force of one procedure."""
    rules = _in_force(name)
    context = {"page": procedure_page.build(rules), "others": procedure_page.others(rules)}
    return render(request, "trading/procedure.html", context)


@require_safe
def changes(request: HttpRequest, name: str, other: str) -> HttpResponse:
    """What the procedure ``name`` says otherwise than ``other``."""
    after, before = _in_force(name), _in_force(other)
    context = {
        "after": procedure_page.head(after),
        "before": procedure_page.head(before),
        "differences": procedure_changes_page.build(
            compare(before, after),
            before=before.name_for_people(),
            after=after.name_for_people(),
        ),
    }
    return render(request, "trading/procedure_changes.html", context)


@require_safe
def of_lot(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The edition that a lot keeps, and what the edition in force says otherwise."""
    lot = asked.lot_of(request, code, number)
    rules = procedure.of(lot)
    frozen = "digest" in lot.procedure
    today = procedure.load(rules.name) if rules.name in procedure.names() else None
    context = {
        "lot": lot,
        "project": lot.project,
        "frozen": frozen,
        "page": procedure_page.build(rules),
        "today": None if today is None else procedure_page.head(today),
        "differences": _since(rules, today) if frozen and today is not None else None,
    }
    return render(request, "trading/procedure.html", context)


def _since(rules: Procedure, today: Procedure) -> procedure_changes_page.Page:
    return procedure_changes_page.build(
        compare(rules, today),
        before=_("This lot, version %(version)s") % {"version": rules.version},
        after=_("In force today, version %(version)s") % {"version": today.version},
    )


def _in_force(name: str) -> Procedure:
    if name not in procedure.names():
        raise NotFound(
            _("There is no procedure of this name. Look for it in the list."),
            code="no-such-procedure",
        )
    return procedure.load(name)
