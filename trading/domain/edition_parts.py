"""What a later edition of the tender document brings beside its clauses: attachments, a bill.

They are prepared by the acts of the first edition and go out in the act that publishes the edition,
which names them by digest. What is published already stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain.act import Scene
from signatures.domain.errors import Conflict, Refused
from trading.domain import bill_acts, bill_changes, bills, documents, grounds, preparing
from trading.domain.bill_changes import LineChange
from trading.models import Lot


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What stands prepared for the next edition, as a preparation keeps it.

    ``bill`` is empty where the published one (``standing``) stays; ``files`` are the new ones among
    ``every``, all that hold with the edition.
    """

    bill: dict[str, Any]
    standing: dict[str, Any]
    files: tuple[dict[str, Any], ...]
    every: tuple[dict[str, Any], ...]

    def holding(self) -> list[dict[str, Any]]:
        """The attachments that hold now, as published: those that the next edition may replace."""
        new = {one["digest"] for one in self.files}
        return [
            one.get("instead_of", one)
            for one in self.every if one["digest"] not in new or "instead_of" in one
        ]

    @property
    def bill_digest(self) -> str:
        """The digest of the new bill; empty where there is none."""
        return str(self.bill.get("digest", ""))

    @property
    def files_digest(self) -> str:
        """The digest over the new attachments in order; empty where there are none."""
        return preparing.files_digest(list(self.files)) if self.files else ""

    def changes(self) -> tuple[LineChange, ...]:
        """What the new bill says otherwise than the one that is published; its bytes are read."""
        return compared(str(self.standing.get("digest", "")), self.bill_digest)

    def facts(self) -> dict[str, Any]:
        """What the edition's exhibit says of them."""
        holds = self.bill or self.standing
        said: dict[str, Any] = {}
        if self.every:
            said["attachments"] = [one["digest"] for one in self.every]
        if holds:
            said["bill"] = holds["digest"]
        if self.files:
            said["files"] = [_file_facts(one) for one in self.files]
        if self.bill:
            said["bill-changes"] = {
                "before": self.standing.get("digest", ""),
                **bill_changes.counts(self.changes()),
            }
        return said

    def require(self, lot: Lot, *, bill: str, attachments: str, affects: bool) -> None:
        """Refuse an edition that names other ones, or a new bill as if it affected no bid."""
        if bill and bill == self.standing.get("digest"):
            raise Conflict(
                _("This very bill is published already. Leave it out, or import another one."),
                code="same-bill",
            )
        if bill != self.bill_digest:
            raise Refused(
                _("The bill of quantities is not the one that stands prepared for this edition."
                  " Look at it as it is now."),
                code="other-bill",
                rule=grounds.by_step(lot, preparing.AMEND),
            )
        if attachments != self.files_digest:
            raise Refused(
                _("The attachments are not those that stand prepared for this edition. Look at them"
                  " as they are now."),
                code="other-attachments",
                rule=grounds.by_step(lot, preparing.AMEND),
            )
        if bill:
            bill_acts.require_wanted(lot)
            if not affects:
                raise Refused(
                    _("A new bill of quantities always affects bids: they are priced by it."),
                    code="bill-affects",
                    rule=grounds.by_step(lot, preparing.AMEND),
                )


def _file_facts(file: dict[str, Any]) -> dict[str, Any]:
    instead = file.get("instead_of")
    return {
        "title": file["title"],
        "digest": file["digest"],
        **({"instead-of": instead["digest"]} if instead else {}),
    }


def prepared(lot: Lot) -> Parts:
    """What would go out with the next edition, as it stands prepared now."""
    row, holds = preparing.of(lot), bill_acts.standing(lot)
    out = set(preparing.published_files(lot))
    return Parts(
        bill=row.bill if row.bill.get("digest", "") != holds.get("digest", "") else {},
        standing=holds,
        files=tuple(one for one in row.files if one["digest"] not in out),
        every=tuple(row.files),
    )


def compared(before: str, after: str) -> tuple[LineChange, ...]:
    """What the bill ``after`` says otherwise than ``before``, by their digests; the latter may be
    empty."""
    return bill_changes.compare(
        bills.read(store.read(before)) if before else None, bills.read(store.read(after))
    )


def publish(scene: Scene, lot: Lot, parts: Parts, *, edition: int) -> None:
    """Put them out, inside the act that publishes the edition; what was prepared is then what
    holds."""
    if not parts.files and not parts.bill:
        return
    for file in parts.files:
        documents.attach(scene, lot, file, edition=edition)
    bill_acts.publish(scene, lot, parts.bill, edition=edition)
    row = preparing.of(lot)
    row.files = [
        {name: value for name, value in one.items() if name != "instead_of"} for one in row.files
    ]
    row.save()
