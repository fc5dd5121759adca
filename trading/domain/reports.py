"""What the tenderee reports afterwards: in writing to the supervisor, and on performance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from trading.domain import award as awards
from trading.domain import dossier, messages, registry
from trading.domain.acts import LotAct
from trading.domain.notices import PDF, check_file
from trading.enums import LotRole, OrganisationKind
from trading.models import Assignment, Lot, Organisation

WRITTEN_REPORT = "written-report"
PERFORMANCE = "performance"
READERS = (
    LotRole.TENDEREE,
    LotRole.AGENCY,
    LotRole.SUPERVISOR,
    LotRole.INSPECTOR,
    LotRole.ARCHIVIST,
)


@command("trading.file-written-report")
@dataclass(frozen=True, kw_only=True)
class FileWrittenReport(LotAct):
    """File the sealed report on the tender; its bytes are in the store under ``digest``.

    After fifteen days from the award it is taken all the same, and recorded as late (TBL 47).
    """

    title: str
    digest: str
    size: int
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        self.proceed(scene)
        award = awards.award_of(lot)
        overdue = scene.now > jcs.parse_timestamp(lot.dates["written-report-until"])
        late = ["written-report-after-award"] if overdue else []
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=WRITTEN_REPORT,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={"award": award.urn, "winner": award.winner.urn, "late": late},
            audience=READERS,
            seal=self.seal,
        )
        scene.enter(
            subject=lot.urn,
            digests={"report": self.digest},
            context={"award": award.urn, "late": late},
            receipt_for=(lot.project.tenderee.urn,),
        )
        messages.send(
            scene,
            to=supervisors(lot),
            template="written-report-filed",
            lot=lot,
            evidence=True,
        )
        return {"exhibit": str(exhibit.pk), "late": late}


def supervisors(lot: Lot) -> list[Organisation]:
    """The supervisors assigned to the lot; where there are none, every verified one."""
    assigned = Assignment.objects.filter(
        lot=lot, role=LotRole.SUPERVISOR, until__isnull=True, organisation__isnull=False
    )
    rows = Organisation.objects.filter(pk__in=assigned.values("organisation_id"))
    if not rows.exists():
        rows = Organisation.objects.filter(verified_at__isnull=False)
    return [
        one for one in rows.order_by("pk") if OrganisationKind.SUPERVISOR.value in one.kinds
    ]


@command("trading.report-performance")
@dataclass(frozen=True, kw_only=True)
class ReportPerformance(LotAct):
    """Record that the contract is being performed; the report is in the store under ``digest``."""

    title: str
    digest: str
    size: int
    media_type: str = PDF
    seal: dict[str, Any] = field(default_factory=dict)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        check_file(self.title, self.size)
        move = self.proceed(scene)
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=PERFORMANCE,
            name=self.title,
            digest=self.digest,
            size=self.size,
            media_type=self.media_type,
            facts={"award": awards.award_of(lot).urn},
            audience=READERS,
            seal=self.seal,
        )
        scene.enter(
            subject=lot.urn,
            digests={"performance": self.digest},
            receipt_for=(lot.project.tenderee.urn,),
        )
        return {"exhibit": str(exhibit.pk), "stage": move.after.stage}


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(FileWrittenReport.name, FileWrittenReport)
    registry.register_command(ReportPerformance.name, ReportPerformance)
