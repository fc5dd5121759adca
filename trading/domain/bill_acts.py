"""The bill of quantities of a lot: imported, replaced, taken away, published with the documents.

Until the tender document is published it is a draft like the attachments. Then it goes out as three
files that say the same: its canonical JSON, which the tender document names by its digest, a
workbook to reckon in, and the printed table. From then on it stays; a later edition may bring
another one, prepared in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, NotFound, Refused
from trading import access
from trading.domain import bills, dossier, notices, preparing, procedure
from trading.domain.preparing import DocumentsDraft, FormDraft
from trading.enums import DocumentKind
from trading.models import Exhibit, Lot

IMPORT = "trading.import-bill"
EXHIBIT = "bill-of-quantities"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE = "工程量清单"
#: The files of a published bill: kind of the exhibit, key in the draft, ending, media type.
FILES = (
    (EXHIBIT, "", "json", bills.MEDIA_TYPE),
    ("bill-workbook", "workbook", "xlsx", WORKBOOK),
    ("bill-print", "print", "pdf", notices.PDF),
)


def is_wanted(lot: Lot) -> bool:
    """Whether works are procured here: whatever else is tendered has no bill of quantities."""
    return procedure.of(lot).contracting.get("category") == "works"


def require_wanted(lot: Lot) -> None:
    """Refuse a bill where no works are procured."""
    if not is_wanted(lot):
        raise Refused(
            _("Only construction works have a bill of quantities (GB 50500)."),
            code="no-bill-here",
            rule="GB 50500",
        )


@dataclass(frozen=True, kw_only=True)
class File:
    """Bytes in the store, by their SHA-256 in hex."""

    digest: str
    size: int

    def plain(self) -> dict[str, Any]:
        return {"digest": dossier.check_digest(self.digest), "size": self.size}


@dataclass(frozen=True, kw_only=True)
class _BillAct(DocumentsDraft, FormDraft):
    """``before`` is the digest of the bill that was shown, empty where there was none."""

    def begin(self, scene: Scene) -> Any:
        """The lot's drafts, once the step is possible and nobody was faster."""
        lot: Lot = scene.subject
        self.proceed(scene)
        require_wanted(lot)
        row = preparing.of(lot)
        if self.before != row.bill.get("digest", ""):
            raise Conflict(
                _("The bill was changed meanwhile, by somebody else or in another tab. Nothing was"
                  " done: look at the bill as it is now."),
                code="changed-meanwhile",
            )
        return row


@command(IMPORT)
@dataclass(frozen=True, kw_only=True)
class ImportBill(_BillAct):
    """Keep a bill that was read from a workbook; it replaces the one that stood there.

    ``bill`` is its canonical JSON, ``workbook`` and ``printed`` what was made from that; all three
    are in the store. ``counts`` says how many lines each section has.
    """

    bill: File
    workbook: File
    printed: File
    counts: Mapping[str, int]

    def decide(self, scene: Scene) -> Result:
        row = self.begin(scene)
        counts = {name: int(self.counts.get(name, 0)) for name in bills.SECTIONS}
        if not counts["items"] or min(counts.values()) < 0:
            raise Malformed(_("A bill has at least one sub-item."), code="bad-bill")
        if sum(counts.values()) > bills.MAX_LINES or min(
            one.size for one in (self.bill, self.workbook, self.printed)
        ) < 1:
            raise Malformed(_("This is no bill of quantities."), code="bad-bill")
        if row.bill.get("digest") == self.bill.digest:
            raise Conflict(_("This very bill stands there already."), code="same-bill")
        row.bill = {
            **self.bill.plain(),
            "workbook": self.workbook.plain(),
            "print": self.printed.plain(),
            "counts": counts,
        }
        row.save()
        scene.enter(subject=scene.subject.urn, digests={"bill": self.bill.digest})
        return {"bill": self.bill.digest, "counts": counts}


@command("trading.remove-bill")
@dataclass(frozen=True, kw_only=True)
class RemoveBill(_BillAct):
    """Take the bill away before it was published; the one that is published is back."""

    def decide(self, scene: Scene) -> Result:
        row = self.begin(scene)
        if not row.bill:
            raise NotFound(_("There is no bill to take away."), code="no-bill")
        known = standing(scene.subject)
        if row.bill["digest"] == known.get("digest"):
            raise Refused(
                _("This bill is published and stays readable. A later edition may bring another"
                  " one."),
                code="published-bill",
            )
        row.bill = known
        row.save()
        self.enter(scene, row.bill)
        return {"bill": known.get("digest", "")}


def file_of(bill: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Digest and size of one of a bill's files (:data:`FILES`)."""
    found: Mapping[str, Any] = bill[key] if key else bill
    return found


def publish(scene: Scene, lot: Lot, bill: Mapping[str, Any], *, edition: int = 1) -> None:
    """Put the bill out with an edition of the tender document, inside the act that publishes it.
    """
    if not bill:
        return
    for kind, key, ending, media_type in FILES:
        file = file_of(bill, key)
        what = {"digest": file["digest"], "size": file["size"], "media_type": media_type}
        title = f"{TITLE}.{ending}"
        row = notices.publish(scene, lot=lot, kind=DocumentKind.BILL, title=title, **what)
        facts: dict[str, Any] = {
            "document": row.urn, "bill": bill["digest"], "edition": edition,
        }
        if kind == EXHIBIT:
            facts["counts"] = bill["counts"]
        dossier.file(
            scene, lot=lot, kind=kind, name=title, facts=facts,
            audience=access.document_readers(edition), **what,
        )


def every(lot: Lot) -> list[Exhibit]:
    """The published bills as the dossier has them, that of the first edition first."""
    return list(Exhibit.objects.filter(lot=lot, kind=EXHIBIT).order_by("filed_at", "leaf"))


def published(lot: Lot, edition: int = 0) -> Exhibit | None:
    """The published bill that holds, or held with an edition; None where there is none."""
    rows = [one for one in every(lot) if not edition or edition_of(one) <= edition]
    return rows[-1] if rows else None


def edition_of(exhibit: Exhibit) -> int:
    """The edition of the tender document with which this went out."""
    return int(exhibit.facts.get("edition", 1))


def files(bill: Exhibit) -> dict[str, Exhibit]:
    """The files of a published bill by their endings, its canonical JSON first."""
    rows = Exhibit.objects.filter(lot_id=bill.lot_id, kind__in=[one[0] for one in FILES])
    found = {
        row.kind: row for row in rows.order_by("filed_at", "leaf")
        if row.facts["bill"] == bill.digest and edition_of(row) == edition_of(bill)
    }
    return {ending: found[kind] for kind, _key, ending, _type in FILES if kind in found}


def standing(lot: Lot) -> dict[str, Any]:
    """The published bill that holds, as a preparation keeps one; empty where there is none."""
    bill = published(lot)
    if bill is None:
        return {}
    said: dict[str, Any] = {"counts": bill.facts["counts"]}
    for (_kind, key, _ending, _type), row in zip(FILES, files(bill).values(), strict=True):
        what = {"digest": row.digest, "size": row.size}
        said |= {key: what} if key else what
    return said
