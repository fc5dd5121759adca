"""What the guards of a procedure ask for, in words; an unknown one goes by its own name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from trading.domain.invitations import GUARD, LEAST
from trading.domain.procedure import GuardUse
from trading.enums import DocumentKind
from trading.interfaces.kinds import kind_label

_Label = Callable[[Mapping[str, Any]], str]


def _kind(kind: str) -> str:
    """An exhibit's kind; tender documents are called by their own, fuller name."""
    if kind in DocumentKind.values:
        return str(DocumentKind(kind).label)
    return kind_label(kind)


def _filed(asked: Mapping[str, Any]) -> str:
    count = asked.get("count", 1)
    if count == 1:
        return _("the dossier holds: %(kind)s") % {"kind": _kind(asked["kind"])}
    return _("the dossier holds at least %(count)d of: %(kind)s") % {
        "kind": _kind(asked["kind"]),
        "count": count,
    }


def _absent(asked: Mapping[str, Any]) -> str:
    return _("the dossier does not yet hold: %(kind)s") % {"kind": _kind(asked["kind"])}


def _accepted(asked: Mapping[str, Any]) -> str:
    return _("at least %(count)d invited tenderers have accepted") % {
        "count": asked.get("count", LEAST)
    }


_LABELS: dict[str, _Label] = {
    "estimate-stated": lambda asked: _("the estimate of the lot is stated"),
    "estimate-at-most": lambda asked: _("the estimate is at most %(most)s CNY")
    % {"most": f"{asked.get('amount', 0):,}"},
    "method-stated": lambda asked: _("the method of evaluation and its parameters are stated"),
    "exhibit-filed": _filed,
    "exhibit-absent": _absent,
    GUARD: _accepted,
    "plan-approved": lambda asked: _("the plan is approved, where its ground asks for it"),
    "plan-waits": lambda asked: _("a submitted plan waits for its decision"),
    "question-waits": lambda asked: _("a question waits for its answer"),
    "floor-stated": lambda asked: _("the format of the floor is stated, its deposit high enough"),
    "objections-answered": lambda asked: _("every objection has been answered"),
    "award-method-stated": lambda asked: _("the method of the award is stated"),
    "panel-named": lambda asked: _("the award panel is named, where votes decide"),
    "award-decided": lambda asked: _("the decision among the candidates is signed"),
    "framework-stated": lambda asked: _("the terms of the framework are stated and hold"),
    "framework-closed": lambda asked: _("the summary of the framework's orders is published"),
    "works-accepted": lambda asked: _("both sides have signed that the works are accepted"),
    "visit-announced": lambda asked: _("a visit of the site is announced"),
    "security-recorded": lambda asked: _("a security is recorded"),
    "objection-waits": lambda asked: _("an objection waits for its answer"),
    "complaint-waits": lambda asked: _("a complaint waits for its decision"),
    "no-suspension-in-force": lambda asked: _("supervision has not suspended the lot"),
    "complaints-decided": lambda asked: _("every complaint has been decided"),
    "times-still-move": lambda asked: _("the deadline lies ahead, or later times are owed"),
    "more-time-asked": lambda asked: _("over a third of the committee ask for more time"),
}


def guard_label(use: GuardUse) -> str:
    """The condition for people, in their language."""
    label = _LABELS.get(use.name)
    if label is not None:
        return label(use.parameters)
    asked = ", ".join(f"{key} {value}" for key, value in use.parameters.items())
    return f"{use.name} ({asked})" if asked else use.name
