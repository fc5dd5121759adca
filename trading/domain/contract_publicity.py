"""What becomes of a signed contract where the law wants it known: published, and filed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from trading.domain import contracts, dossier, messages, registry, reports
from trading.domain.acts import LotAct
from trading.domain.contracts import CONTRACT
from trading.enums import PUBLIC
from trading.models import Exhibit, Lot

PUBLISHED, FILED = "contract-notice", "contract-filing"


@dataclass(frozen=True, kw_only=True)
class _Contract(LotAct):
    """Put the signed contract, as it lies in the dossier, before further eyes; once.

    The agreements of a framework go together.

    ``kind`` is the exhibit's, ``until`` the date by which the procedure wants it; later it is done
    all the same, and recorded as late.
    """

    kind: ClassVar[str]
    until: ClassVar[str]
    audience: ClassVar[tuple[str, ...]]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        due = lot.dates.get(self.until)
        late = [self.until] if due and scene.now > jcs.parse_timestamp(due) else []
        filed = [self._file(scene, lot, one, late) for one in dossier.every(lot, CONTRACT)]
        self.tell(scene, lot, filed[-1])
        return {"exhibit": str(filed[-1].pk), "late": late}

    def _file(self, scene: Scene, lot: Lot, signed: Exhibit, late: list[str]) -> Exhibit:
        exhibit = dossier.file(
            scene,
            lot=lot,
            kind=self.kind,
            name=signed.name,
            digest=signed.digest,
            size=signed.size,
            media_type=signed.media_type,
            facts={**signed.facts, "exhibit": signed.urn, "late": late},
            audience=self.audience,
            seal=signed.seal,
        )
        scene.enter(
            subject=lot.urn,
            digests={"contract": signed.digest},
            context={"contract": signed.facts["contract"], "late": late},
            receipt_for=(lot.project.tenderee.urn,),
        )
        return exhibit

    def tell(self, scene: Scene, lot: Lot, exhibit: Exhibit) -> None:
        """Tell those whom it is done for."""


@command("trading.publish-contract")
@dataclass(frozen=True, kw_only=True)
class PublishContract(_Contract):
    """Publish the contract for everybody (GPR 50)."""

    public: ClassVar[bool] = True
    kind: ClassVar[str] = PUBLISHED
    until: ClassVar[str] = "contract-published-until"
    audience: ClassVar[tuple[str, ...]] = (PUBLIC,)


@command("trading.file-contract")
@dataclass(frozen=True, kw_only=True)
class FileContract(_Contract):
    """File the contract with the body that supervises (GPL 47)."""

    kind: ClassVar[str] = FILED
    until: ClassVar[str] = "contract-filed-until"
    audience: ClassVar[tuple[str, ...]] = contracts.READERS

    def tell(self, scene: Scene, lot: Lot, exhibit: Exhibit) -> None:
        messages.send(
            scene,
            to=reports.supervisors(lot),
            template="contract-filed",
            lot=lot,
            evidence=True,
        )


def register() -> None:
    """Make the commands nameable; called when the app is ready."""
    registry.register_command(PublishContract.name, PublishContract)
    registry.register_command(FileContract.name, FileContract)
