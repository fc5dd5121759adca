"""Asking for a package and filing it; holds. What is slow happens between the two acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from archive.domain import collection, volume
from archive.models import ArchivePackage, Hold
from signatures.domain import jcs, queue
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Conflict, Malformed, NotFound, Refused
from trading.domain import dossier, registry
from trading.domain.acts import LotAct
from trading.enums import LotRole
from trading.models import Exhibit, Lot

FIRST_VERSION = 1


def package_of(lot: UUID) -> ArchivePackage:
    """The lot's newest package; raises :class:`NotFound`."""
    row = (
        ArchivePackage.objects.filter(lot_id=lot)
        .select_related("lot__project")
        .order_by("version")
        .last()
    )
    if row is None:
        raise NotFound(_("This lot has no package in the archive yet."), code="no-package")
    return row


@command("archive.build-package")
@dataclass(frozen=True, kw_only=True)
class BuildPackage(LotAct):
    """Ask for the lot's package. It is built by the queue and then filed by an act of its own.

    The entry is the last one that the package's part of the ledger must cover. Asking again while
    nothing is filed has it built again; only one is ever filed. Result: ``{code, version}``.
    """

    public: ClassVar[bool] = True

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        _refuse_second(lot)
        self.proceed(scene)
        context = {"code": volume.code_of(lot), "version": FIRST_VERSION}
        pending = scene.enter(subject=lot.urn, context=context, urgent=True)
        asker = scene.actor.user
        if asker is None:
            raise Refused(_("A package is asked for by a person."), code="wrong-role")

        def build(leaf: int) -> None:
            queue.enqueue(
                "archive.tasks.build_package", lot=str(lot.pk), asker=str(asker.pk), after=leaf
            )

        pending.placed.append(build)
        return context


def _refuse_second(lot: Lot) -> None:
    if ArchivePackage.objects.filter(lot=lot, version=FIRST_VERSION).exists():
        raise Conflict(_("The lot's package is filed already."), code="filed-already")


@command("archive.file-package")
@dataclass(frozen=True, kw_only=True)
class FilePackage(LotAct):
    """File a finished package and archive the lot; its files lie in the store.

    ``state`` is the dossier's (:func:`archive.domain.collection.state_of`) when the package was
    built: whatever has been filed since asks for another building. ``size`` is in bytes,
    ``checkpoint`` the size of the ledger under which its entries are proven.
    Result: ``{package, code, version, digest}``.
    """

    public: ClassVar[bool] = True

    code: str
    version: int
    digest: str
    layout: str
    evidence: str
    index: str
    size: int
    files: int
    checkpoint: int
    state: str
    outcome: str
    records: int
    gaps: int
    built: datetime

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        for each in (self.digest, self.layout, self.evidence, self.index):
            dossier.check_digest(each)
        _refuse_second(lot)
        if collection.state_of(Exhibit.objects.filter(lot=lot)) != self.state:
            raise Conflict(
                _("Records were filed while the package was built. Build it again."),
                code="dossier-changed",
            )
        if (self.code, self.version) != (volume.code_of(lot), FIRST_VERSION):
            raise Malformed(_("The package bears another lot's code."), code="wrong-code")
        self.proceed(scene)
        row = ArchivePackage.objects.create(
            lot=lot,
            version=self.version,
            code=self.code,
            digest=self.digest,
            layout=self.layout,
            evidence=self.evidence,
            index_digest=self.index,
            size=self.size,
            files=self.files,
            checkpoint=self.checkpoint,
            summary={"outcome": self.outcome, "records": self.records, "gaps": self.gaps},
            built_at=self.built,
            filed_at=scene.now,
        )
        pending = scene.enter(
            subject=lot.urn,
            digests={
                "package": self.digest,
                "layout": self.layout,
                "evidence": self.evidence,
                "index": self.index,
            },
            context={
                "package": row.urn,
                "code": self.code,
                "version": self.version,
                "size": self.size,
                "files": self.files,
                "checkpoint": self.checkpoint,
                "built": jcs.timestamp(self.built),
            },
            urgent=True,
        )
        pending.placed.append(lambda leaf: _note_leaf(row, leaf))
        return {
            "package": str(row.pk),
            "code": row.code,
            "version": row.version,
            "digest": row.digest,
        }


def _note_leaf(row: ArchivePackage, leaf: int) -> None:
    ArchivePackage.objects.filter(pk=row.pk, leaf__isnull=True).update(leaf=leaf)


@dataclass(frozen=True, kw_only=True)
class _HoldAct(LotAct):
    """Holds are no step of a procedure: they outlast it."""

    public: ClassVar[bool] = False
    roles: ClassVar[frozenset[str] | None] = frozenset(
        {LotRole.ARCHIVIST.value, LotRole.SUPERVISOR.value}
    )


@command("archive.place-hold")
@dataclass(frozen=True, kw_only=True)
class PlaceHold(_HoldAct):
    """Keep everything of the lot, whatever its term: an objection, a lawsuit, an inquiry."""

    reason: str

    def decide(self, scene: Scene) -> Result:
        if not 1 <= len(self.reason.strip()) <= 200:
            raise Malformed(_("Give the reason in 1 to 200 characters."), code="bad-reason")
        row = Hold.objects.create(
            lot=scene.subject,
            reason=self.reason.strip(),
            placed_by=scene.actor.urn,
            placed_at=scene.now,
        )
        scene.enter(subject=scene.subject.urn, context={"hold": row.urn})
        return {"hold": str(row.pk)}


@command("archive.lift-hold")
@dataclass(frozen=True, kw_only=True)
class LiftHold(_HoldAct):
    """End a hold; the term then counts again."""

    hold: UUID

    def decide(self, scene: Scene) -> Result:
        row = Hold.objects.filter(pk=self.hold, lot=scene.subject).first()
        if row is None:
            raise NotFound(_("There is no such hold on this lot."), code="no-such-hold")
        if row.lifted_at is not None:
            raise Refused(_("This hold was lifted already."), code="lifted-already")
        row.lifted_by, row.lifted_at = scene.actor.urn, scene.now
        row.save(update_fields=["lifted_by", "lifted_at"])
        scene.enter(subject=scene.subject.urn, context={"hold": row.urn})
        return {"hold": str(row.pk)}


def register() -> None:
    """Let procedure files name the acts; called when the app is ready."""
    for act in (BuildPackage, FilePackage):
        registry.register_command(act.name, act)
