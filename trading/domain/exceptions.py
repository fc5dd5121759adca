"""Warnings of a notice, and the reasons for which it went out all the same.

What is not mandatory warns: a rule of days, or one of the catalogue. Whoever publishes says why,
for each; the record of it is an exhibit of its own for the parties, supervision and the archive.
What is mandatory is never excepted: it blocks before anybody is asked for a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.act import Scene
from signatures.domain.errors import Conflict, Malformed, Refused
from trading.domain import catalogue, dossier, plans
from trading.domain.catalogue import Judgement
from trading.domain.planning import DryRun
from trading.models import Exhibit, Lot
from trading.models.plan import MAX_REASON

KIND = "publication-exceptions"
DAYS, CATALOGUE = "days", "catalogue"


@dataclass(frozen=True)
class Warned:
    """One rule that is not kept and need not be: ``name`` is ``days:<rule>`` or
    ``catalogue:<rule>``, ``title`` what it is called and ``message`` what is not kept."""

    name: str
    article: str
    title: str
    message: str


def warnings(run: DryRun | None, judgement: Judgement) -> tuple[Warned, ...]:
    """Everything that warns: of the dates, and of the catalogue."""
    known = catalogue.load()
    of_days = [
        Warned(f"{DAYS}:{one.rule.name}", one.rule.article, "", one.message)
        for one in (run.warnings if run is not None else ())
    ]
    of_catalogue = [
        Warned(
            f"{CATALOGUE}:{one.rule.name}",
            one.rule.article,
            known.title("rules", one.rule.name),
            one.message,
        )
        for one in judgement.warnings
    ]
    return (*of_days, *of_catalogue)


def require_reasons(warned: Iterable[Warned], reasons: Mapping[str, str]) -> None:
    """A reason of 1 to 500 characters for each warning and for nothing else, or a refusal."""
    warned = tuple(warned)
    known = {one.name for one in warned}
    for name in reasons:
        if name not in known:
            raise Malformed(
                _("Nothing warns of “%(name)s”; there is nothing to give a reason for.")
                % {"name": name},
                code="no-such-warning",
            )
    missing = [one for one in warned if not reasons.get(one.name, "").strip()]
    if missing:
        raise Refused(
            "\n".join(
                _("%(message)s Say why it goes out all the same.") % {"message": one.message}
                for one in missing
            ),
            code="reason-missing",
            rule="; ".join(dict.fromkeys(one.article for one in missing)),
        )
    for reason in reasons.values():
        if len(reason.strip()) > MAX_REASON:
            raise Malformed(
                _("Give the reason in 1 to %(most)d characters.") % {"most": MAX_REASON},
                code="bad-reason",
            )


def statement(
    lot: Lot, warned: Iterable[Warned], reasons: Mapping[str, str], by: str
) -> dict[str, Any]:
    """What was excepted, by whom and why, as the dossier keeps it; ``by`` is the actor's URN."""
    return {
        "type": "sunlit.publication-exceptions/1",
        "lot": lot.urn,
        "by": by,
        "exceptions": [
            {"rule": one.name, "article": one.article, "reason": reasons[one.name].strip()}
            for one in warned
        ],
    }


def file(
    scene: Scene, lot: Lot, warned: tuple[Warned, ...], reasons: Mapping[str, str], digest: str
) -> Exhibit | None:
    """File the record, whose bytes are in the store under ``digest``; nothing where nothing warns.
    """
    if not warned:
        return None
    said = statement(lot, warned, reasons, scene.actor.urn)
    if jcs.digest(said).hex() != digest:
        raise Conflict(
            _("What warns has changed since the reasons were given. Look at it again."),
            code="changed-meanwhile",
        )
    return dossier.file(
        scene,
        lot=lot,
        kind=KIND,
        name="publication-exceptions.json",
        digest=digest,
        size=len(jcs.dumps(said)),
        media_type="application/json",
        facts={"by": said["by"], "exceptions": said["exceptions"]},
        audience=plans.READERS,
    )
