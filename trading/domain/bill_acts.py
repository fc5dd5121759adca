"""The bill of quantities of a lot: imported, replaced, taken away, published with the documents.

Until the tender document is published it is a draft like the attachments. Then it goes out as three
files that say the same: its canonical JSON, which the tender document names by its digest, a
workbook to reckon in, and the printed table. From then on it stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, NotFound, Refused
from trading.domain import bills, dossier, notices, preparing, procedure
from trading.domain.preparing import DOCUMENTS, FormDraft
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
class _BillAct(FormDraft):
    """``before`` is the digest of the bill that was shown, empty where there was none."""

    step: ClassVar[str] = DOCUMENTS

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
    """Take the bill away before it was published."""

    def decide(self, scene: Scene) -> Result:
        row = self.begin(scene)
        if not row.bill:
            raise NotFound(_("There is no bill to take away."), code="no-bill")
        row.bill = {}
        row.save()
        self.enter(scene, row.bill)
        return {"bill": ""}


def file_of(bill: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Digest and size of one of a bill's files (:data:`FILES`)."""
    found: Mapping[str, Any] = bill[key] if key else bill
    return found


def publish(
    scene: Scene, lot: Lot, bill: Mapping[str, Any], *, audience: Sequence[str]
) -> None:
    """Put the bill out with the tender document, inside the act that publishes that."""
    if not bill:
        return
    for kind, key, ending, media_type in FILES:
        file = file_of(bill, key)
        what = {"digest": file["digest"], "size": file["size"], "media_type": media_type}
        title = f"{TITLE}.{ending}"
        row = notices.publish(scene, lot=lot, kind=DocumentKind.BILL, title=title, **what)
        facts: dict[str, Any] = {"document": row.urn, "bill": bill["digest"]}
        if kind == EXHIBIT:
            facts["counts"] = bill["counts"]
        dossier.file(
            scene, lot=lot, kind=kind, name=title, facts=facts, audience=audience, **what
        )


def published(lot: Lot) -> Exhibit | None:
    """The published bill as the dossier has it, if there is one."""
    return Exhibit.objects.filter(lot=lot, kind=EXHIBIT).order_by("-filed_at").first()
