"""What an opened envelope leaves in the dossier, and who may see it.

========================= ============================= =======================================
kind                      of                            audience
========================= ============================= =======================================
``opening-sheet``         slot 1, ``sheet.json``        everybody with a part in the lot, except
                                                        the committee while it scores blind
``bid-price``             slot 4, ``price.json``        everybody with a part, committee included
``bid-document``          every other file              by slot: slots 2 and 4 the committee too
``bid-manifest``          the signed list of files      supervision, archive, the tenderer itself
``prequalification-…``    the files of an application   the panel, supervision, archive
``trace``                 where uploads came from       supervision only
========================= ============================= =======================================

Facts of slot 3 name the envelope and not the bid or the tenderer; the manifest's facts lead from
the envelope to both. The committee reads slot 3 under codes only (``bidding.domain.evaluation``):
these exhibits' names are the tenderers' own, and when they were filed says whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.domain import consortia, guarantees, sealed_rounds, sealing_events, shares
from bidding.domain.consortium_checks import FoundConsortium
from bidding.domain.contents import PRICE_SLOT, SHEET_SLOT, Reading
from bidding.domain.enclosed import Unreadable
from bidding.domain.guarantee_checks import Found
from bidding.enums import Outcome
from bidding.kit.checks.judge import BLIND_SLOT
from bidding.kit.consortium import FILE_NAME as AGREEMENT_NAME
from bidding.kit.guarantee import FILE_NAME
from bidding.models import BidVersion, Envelope
from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Actor, Result, Scene, command
from signatures.domain.errors import Conflict, Denied
from trading.domain import dossier
from trading.domain.acts import LotAct, lock_lot
from trading.enums import LotRole
from trading.models import Lot

APPLICATION = "prequalification-application"
SHEET, PRICE, DOCUMENT = "opening-sheet", "bid-price", "bid-document"
MANIFEST, TRACE = "bid-manifest", "trace"
GUARANTEE, CONSORTIUM = "guarantee", "consortium"

_WATCH = frozenset({LotRole.SUPERVISOR, LotRole.INSPECTOR})
_RECORD = _WATCH | {LotRole.ARCHIVIST}
_HOSTS = frozenset({LotRole.TENDEREE, LotRole.AGENCY})
_PARTIES = _RECORD | _HOSTS | {LotRole.TENDERER, LotRole.TRUSTEE, LotRole.NOTARY}
_COMMITTEE = frozenset({LotRole.EVALUATOR})
#: Who may see the files of a slot that are not read out.
_DOCUMENTS = {
    1: _RECORD | _HOSTS,
    2: _RECORD | _COMMITTEE,
    3: _RECORD,
    4: _RECORD | _COMMITTEE | _HOSTS,
}


@dataclass(frozen=True, kw_only=True)
class OpenedFile:
    """A file of an envelope, in the store already; ``number`` counts in the manifest's order."""

    number: int
    name: str
    media_type: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The stored account of where a version's uploads came from."""

    sha256: str
    size: int


def put_trace(version: BidVersion) -> Trace:
    """Write down where the parts of a version came from, and put it into the store."""
    data = jcs.dumps(
        {
            "bid": version.bid.urn,
            "version": version.number,
            "registered_at": jcs.timestamp(version.at),
            "completed_at": _moment(version.completed_at),
            "envelopes": [_traces(one) for one in version.envelopes.order_by("slot")],
        }
    )
    kept = store.put(data)
    return Trace(sha256=kept.sha256, size=kept.size)


def _traces(envelope: Envelope) -> dict[str, Any]:
    return {
        "slot": envelope.slot,
        "size": envelope.size,
        "origins": [
            {
                "network": one.network,
                "device": one.device,
                "client": one.client,
                "first_at": jcs.timestamp(one.first_at),
                "last_at": jcs.timestamp(one.last_at),
                "bytes": one.size,
                "parts": one.parts,
            }
            for one in envelope.traces.order_by("first_at", "pk")
        ],
    }


def _moment(at: Any) -> str | None:
    return None if at is None else jcs.timestamp(at)


def _readers(row: Envelope) -> frozenset[str]:
    """Who may see the sheet or the price: what is read out everybody, a final offer few.

    What a supplier offers after a negotiation is told to no other one (GPL 38, M74 31).
    """
    bid = row.version.bid
    if bid.round > sealed_rounds.main(bid.lot):
        return _RECORD | _HOSTS | _COMMITTEE | {str(bid.tenderer.urn)}
    return _PARTIES if row.slot == SHEET_SLOT else _PARTIES | _COMMITTEE


@command("bidding.file-opened")
@dataclass(frozen=True, kw_only=True)
class FileOpened(LotAct):
    """File what was in an envelope; the sheet and the price are read out where people wait."""

    envelope: UUID
    files: tuple[OpenedFile, ...]
    manifest: str
    manifest_size: int
    signature: str
    reading: Reading | None = None
    trace: Trace | None = None
    guarantee: Found | Unreadable | None = field(default=None, metadata={"request": False})
    consortium: FoundConsortium | Unreadable | None = field(
        default=None, metadata={"request": False}
    )

    def permit(self, actor: Actor) -> None:
        if actor.urn != "process:worker":
            raise Denied(_("Only the opening service files opened bids."))

    def lock(self) -> Lot:
        return lock_lot(self.lot, share=True)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row = shares.lock_envelope(self.envelope, self.lot)
        if row.outcome != Outcome.SEALED:
            raise Conflict(_("This envelope is settled already."), code="already-opened")
        shares.require_openable(scene, row)
        row.outcome, row.settled_at = Outcome.OPENED, scene.now
        row.save(update_fields=["outcome", "settled_at"])
        version = row.version
        whose = {"bid": version.bid.urn, "tenderer": version.bid.tenderer.urn}
        self._file_manifest(scene, lot, row, whose)
        for file in self.files:
            self._file(scene, lot, row, file, whose)
        if self.trace is not None:
            dossier.file(
                scene,
                lot=lot,
                kind=TRACE,
                name="trace.json",
                digest=self.trace.sha256,
                size=self.trace.size,
                media_type="application/json",
                facts={**whose, "version": version.number},
                audience=_WATCH,
            )
        scene.enter(
            subject=version.bid.urn,
            digests={"manifest": self.manifest, "manifest-signature": self.signature},
            context={"slot": row.slot, "version": version.number, "files": len(self.files)},
            receipt_for=(version.bid.tenderer.urn,),
        )
        self._tell(scene, lot, row)
        if isinstance(self.guarantee, Found):
            guarantees.hold(scene, lot, row, self.guarantee)
        if isinstance(self.consortium, FoundConsortium):
            consortia.hold(scene, lot, row, self.consortium)
        return {"envelope": str(row.pk), "slot": row.slot, "files": len(self.files)}

    def _file_manifest(
        self, scene: Scene, lot: Lot, row: Envelope, whose: dict[str, Any]
    ) -> None:
        version = row.version
        dossier.file(
            scene,
            lot=lot,
            kind=MANIFEST,
            name=f"manifest-{row.slot}.json",
            digest=self.manifest,
            size=self.manifest_size,
            media_type="application/json",
            facts={
                **whose,
                "version": version.number,
                "slot": row.slot,
                "envelope": row.urn,
                "statement": version.statement,
                "certificate": version.certificate,
                "files": [file.sha256 for file in self.files],
            },
            seal={"signature": self.signature, "assessment": version.assessment},
            audience=_RECORD | {version.bid.tenderer.urn},
        )

    def _file(
        self, scene: Scene, lot: Lot, row: Envelope, file: OpenedFile, whose: dict[str, Any]
    ) -> None:
        facts: dict[str, Any] = {
            "envelope": row.urn, "slot": row.slot, "number": file.number, "name": file.name
        }
        if row.slot != BLIND_SLOT:
            facts.update(whose)
        kind, audience = DOCUMENT, frozenset[str](_DOCUMENTS[row.slot])
        if row.version.bid.round < sealed_rounds.main(lot):
            kind = APPLICATION
        if file.name == FILE_NAME and self.guarantee is not None:
            kind = GUARANTEE
            audience |= _HOSTS | {row.version.bid.tenderer.urn}
            facts |= self._guarantee_facts(self.guarantee)
            if "guarantor" in facts:
                audience |= {facts["guarantor"]}
        if file.name == AGREEMENT_NAME and self.consortium is not None:
            kind = CONSORTIUM
            audience |= _HOSTS | {row.version.bid.tenderer.urn}
            facts |= self._consortium_facts(self.consortium)
        read = self.reading is not None and file.name == self.reading.name
        if read and self.reading is not None:
            kind = SHEET if row.slot == SHEET_SLOT else PRICE
            audience = _readers(row)
            facts[kind] = self.reading.facts or None
            if self.reading.problem:
                facts["problem"] = self.reading.problem
        dossier.file(
            scene,
            lot=lot,
            kind=kind,
            name=file.name[:200],
            digest=file.sha256,
            size=file.size,
            media_type=file.media_type
            if len(file.media_type) <= 100
            else "application/octet-stream",
            facts=facts,
            seal={"manifest": self.manifest},
            audience=audience,
        )

    def _guarantee_facts(self, found: Found | Unreadable) -> dict[str, Any]:
        """What the checks of a guarantee found, for the committee and the archive."""
        if isinstance(found, Unreadable):
            return {"problem": found.problem}
        given = found.guarantee
        facts: dict[str, Any] = {
            "guarantee": {
                "number": given.number,
                "guarantor": given.guarantor.as_json(),
                "amount": f"{given.amount:.2f}",
                "valid-from": given.valid_from.isoformat(),
                "valid-until": given.valid_until.isoformat(),
            },
            "sound": found.is_sound,
            "findings": [{"check": check, "holds": holds} for check, holds in found.findings],
        }
        if found.guarantor is not None:
            facts["guarantor"] = f"org:{found.guarantor}"
        return facts

    def _consortium_facts(
        self, found: FoundConsortium | Unreadable
    ) -> dict[str, Any]:
        """What the checks of a consortium's agreement found."""
        if isinstance(found, Unreadable):
            return {"problem": found.problem}
        return {
            "members": list(found.members),
            "findings": [{"check": check, "holds": holds} for check, holds in found.findings],
        }

    def _tell(self, scene: Scene, lot: Lot, row: Envelope) -> None:
        """The hall learns that an envelope is open, and what is to be read out of it."""
        bid = row.version.bid
        data = {"bid": str(bid.pk), "slot": row.slot}
        sealing_events.tell(scene, lot, sealing_events.OPENED, {**data, "files": len(self.files)})
        if self.reading is None:
            return
        kind = sealing_events.PRICE if row.slot == PRICE_SLOT else sealing_events.SHEET
        sealing_events.tell(
            scene,
            lot,
            kind,
            {
                **data,
                "tenderer": bid.tenderer.urn,
                "name": bid.tenderer.name,
                "facts": self.reading.facts or None,
                "problem": self.reading.problem,
                "digest": self._read_digest(self.reading),
            },
        )

    def _read_digest(self, reading: Reading) -> str:
        """The SHA-256 of the file that is read out; empty where there is none."""
        return next((file.sha256 for file in self.files if file.name == reading.name), "")
