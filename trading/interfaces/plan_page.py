"""A lot's plan as its page tells it: what the catalogue asks and why, how the approval stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import clock, jcs
from signatures.domain.act import Actor
from signatures.domain.errors import SunlitError
from signatures.models import User
from trading.domain import catalogue, dossier, exceptions, plans, procedure
from trading.domain.catalogue import Judgement, Matter, Verdict
from trading.domain.catalogue_file import PLATFORM, REFERENCE
from trading.domain.plan_acts import DecidePlan
from trading.domain.planning import DryRun
from trading.domain.plans import Standing
from trading.interfaces.timeline import Badge
from trading.models import Exhibit, Lot, Plan


@dataclass(frozen=True)
class Line:
    """One rule of the catalogue: what it is, what of it is not kept, by which article."""

    title: str
    message: str
    article: str
    confirmed: bool
    badge: Badge


def lines(judgement: Judgement) -> list[Line]:
    """The rules that speak of a lot, the mandatory ones first."""
    return [_line(one) for one in judgement.verdicts]


def _line(one: Verdict) -> Line:
    if one.kept:
        badge = Badge("done", _("Kept"))
    elif one.blocks:
        badge = Badge("bad", _("Blocks the notice"))
    else:
        badge = Badge("todo", _("Warns"))
    return Line(
        title=catalogue.load().title("rules", one.rule.name),
        message=one.message,
        article=one.rule.article,
        confirmed=one.rule.confirmed,
        badge=badge,
    )


def of_new(
    category: str, rules: str, estimates: list[Decimal | None]
) -> tuple[list[Line], bool]:
    """What the catalogue says of a project that is not registered yet, by what is taken for
    granted in its category; whether all its amounts are known."""
    known = catalogue.load()
    amounts = [one for one in estimates if one is not None]
    matter = Matter(
        category=category,
        procedure=rules,
        object=known.usual.get(category, ""),
        funds=known.funds[0],
        amount=sum(amounts, Decimal(0)) if amounts else None,
    )
    return lines(catalogue.judge(known, matter)), len(amounts) == len(estimates)


def badge(standing: Standing) -> Badge:
    """How far the approval came, in a word."""
    return {
        Standing.DRAFT: Badge("todo", _("Not submitted")),
        Standing.WAITING: Badge("now", _("Waits for supervision")),
        Standing.APPROVED: Badge("done", _("Approved")),
        Standing.RETURNED: Badge("bad", _("Sent back")),
        Standing.CHANGED: Badge("bad", _("Changed since it was submitted")),
    }[standing]


def asked(judgement: Judgement) -> str:
    """What the ground asks for besides being named."""
    if judgement.approval == PLATFORM:
        return _("Supervision approves the plan here before the notice.")
    if judgement.approval == REFERENCE:
        return _("An approval that was given elsewhere is named here.")
    return _("No approval is asked for.")


def task(lot: Lot) -> tuple[str, Badge]:
    """The plan among the tasks of the preparation: its note and how it stands."""
    plan = plans.of(lot)
    judgement = plans.judge(lot, plan)
    if judgement.blocking:
        return judgement.blocking[0].message, Badge("bad", _("To be mended"))
    if judgement.on_platform:
        standing = plans.standing(lot, plan)
        note = plan.reason if standing is Standing.RETURNED else asked(judgement)
        return note, badge(standing)
    note = catalogue.load().title("objects", plan.object) if plan.object else asked(judgement)
    if judgement.warnings:
        note = _("Warnings: %(count)d. You say why when you publish.") % {
            "count": len(judgement.warnings)
        }
    return note, Badge("done", _("Done"))


def missing(lot: Lot) -> list[str]:
    """What of the plan stands in the way of the notice."""
    plan = plans.of(lot)
    judgement = plans.judge(lot, plan)
    found = [one.message for one in judgement.blocking]
    if not found and judgement.on_platform and (
        plans.standing(lot, plan) is not Standing.APPROVED
    ):
        found.append(_("Have the plan approved: %(standing)s.") % {
            "standing": badge(plans.standing(lot, plan)).word
        })
    return found


def initial(plan: Plan) -> dict[str, Any]:
    """What the plan's form begins with."""
    return {
        "object": plan.object,
        "funds": plan.funds,
        "ground": plan.ground,
        **{name: plan.approval.get(name, "") for name in catalogue.REFERENCE},
    }


def words(plan: Plan) -> dict[str, str]:
    """The plan's own names in words."""
    known = catalogue.load()
    return {
        section: known.title(table, getattr(plan, section)) if getattr(plan, section) else ""
        for section, table in (("object", "objects"), ("funds", "funds"), ("ground", "grounds"))
    }


# --- what takes bytes in the store first ------------------------------------------------------


def decision(lot: Lot, *, plan: str, approve: bool, reason: str) -> DecidePlan:
    """The act by which supervision decides; the record of it is put into the store."""
    reason = reason.replace("\r\n", "\n").strip()
    said = jcs.dumps(plans.statement(lot, plans.of(lot), approve=approve, reason=reason))
    kept = store.put(said)
    return DecidePlan(
        lot=lot.pk, plan=plan, approve=approve, reason=reason, record=kept.sha256
    )


def decision_by(lot: Lot, actor: Actor) -> None:
    """Refuse whoever may not decide on the lot's plan, before a form of theirs is judged."""
    DecidePlan(lot=lot.pk, plan="", approve=False).rehearse(actor, now=clock.now())


def warned(lot: Lot, run: DryRun | None) -> tuple[exceptions.Warned, ...]:
    """What warns of the lot's notice with the dates of ``run``."""
    return exceptions.warnings(run, plans.judge(lot))


def excepted(
    lot: Lot, run: DryRun | None, reasons: Mapping[str, str], person: User
) -> dict[str, Any]:
    """What the notice's act is given about its warnings; the record is put into the store.

    Where reasons do not fit the warnings there is no record, and the act says what is wrong.
    """
    found = warned(lot, run)
    try:
        exceptions.require_reasons(found, reasons)
    except SunlitError:
        return {"exceptions": dict(reasons)}
    if not found:
        return {}
    kept = store.put(jcs.dumps(exceptions.statement(lot, found, reasons, person.urn)))
    return {"exceptions": dict(reasons), "exceptions_digest": kept.sha256}


@dataclass(frozen=True)
class Excepted:
    """One warning that a notice went out with, and why."""

    title: str
    article: str
    reason: str
    by: str
    at: datetime


def record(lot: Lot, *, viewer: User | None, at: datetime) -> list[Excepted]:
    """What the lot's notice was excepted from, for whoever may read it."""
    found = dossier.exhibits(lot, viewer=viewer, at=at, kind=exceptions.KIND)
    return [
        Excepted(
            title=_rule_title(lot, each["rule"]),
            article=each["article"],
            reason=each["reason"],
            by=_name(exhibit.facts["by"]),
            at=exhibit.filed_at,
        )
        for exhibit in found
        for each in exhibit.facts["exceptions"]
    ]


def decisions(lot: Lot, *, viewer: User | None, at: datetime) -> list[Exhibit]:
    """Every decision on the lot's plan, for whoever may read it."""
    return dossier.exhibits(lot, viewer=viewer, at=at, kind=plans.DECISION)


def _rule_title(lot: Lot, name: str) -> str:
    kind, _colon, rule = name.partition(":")
    if kind == exceptions.CATALOGUE:
        return catalogue.load().title("rules", rule)
    return procedure.of(lot).title("days", rule)


def _name(urn: str) -> str:
    person = User.objects.filter(pk=urn.partition(":")[2]).first()
    return (person.full_name or person.username) if person is not None else urn
