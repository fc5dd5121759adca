"""The performance of a contract: both sides' signed entries, confirmed or disputed by the other.

Tenderee and contractor each enter what happened, when, with an amount and a file where there are
any: ``sunlit.performance/1``. The other side answers with ``sunlit.performance-answer/1``. An
acceptance 验收 is such an entry with a result; confirmed by the other side it is the acceptance
certificate, and ``works-accepted`` holds where it says that the works were accepted.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import calendar, contracts, dossier, messages, registry
from trading.domain.acts import LotAct
from trading.domain.registry import GuardScene
from trading.domain.signed import Accepted, Signed, accept
from trading.enums import EntryKind, LotState
from trading.models import Contract, Lot, Organisation, PerformanceEntry

ENTER, ANSWER = "trading.enter-performance", "trading.answer-performance"
PURPOSE, ANSWER_PURPOSE = "sunlit.performance/1", "sunlit.performance-answer/1"
FIELDS = frozenset(
    {"lot", "contract", "side", "kind", "on", "text", "amount", "passed", "file"}
)
ANSWER_FIELDS = frozenset({"lot", "entry", "digest", "confirmed", "text"})
ENTRY, ACCEPTANCE = "performance-entry", "acceptance"
LONGEST = 2000
READERS = (*contracts.READERS,)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What an entry says; ``file`` is ``{name, sha256, size}`` of a stored file, or nothing."""

    kind: EntryKind
    on: date
    text: str
    amount: Decimal | None = None
    passed: bool | None = None
    file: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Entry:
        """From a statement; raises :class:`Malformed` for what does not make sense."""
        if said["kind"] not in EntryKind.values:
            raise Malformed(_("There is no such kind of entry."), code="bad-kind")
        kind = EntryKind(said["kind"])
        try:
            on = date.fromisoformat(said["on"])
        except (TypeError, ValueError):
            raise Malformed(
                _("Say on which day it happened, as 2026-05-04."), code="bad-date"
            ) from None
        text = said["text"].strip() if isinstance(said["text"], str) else ""
        if not 1 <= len(text) <= LONGEST:
            raise Malformed(
                _("Say what happened in 1 to %(most)d characters.") % {"most": LONGEST},
                code="bad-text",
            )
        amount = None if said["amount"] is None else contracts.amount(str(said["amount"]))
        if kind is EntryKind.PAYMENT and amount is None:
            raise Malformed(_("A payment has an amount."), code="bad-amount")
        if (kind is EntryKind.ACCEPTANCE) != (type(said["passed"]) is bool):
            raise Malformed(
                _("An acceptance says whether the works are accepted; nothing else does."),
                code="bad-result",
            )
        return cls(
            kind=kind, on=on, text=text, amount=amount, passed=said["passed"],
            file=_file(said["file"]),
        )


def _file(given: object) -> Mapping[str, Any] | None:
    if given is None:
        return None
    if (
        not isinstance(given, Mapping)
        or set(given) != {"name", "sha256", "size"}
        or not isinstance(given["name"], str)
        or not 1 <= len(given["name"]) <= 200
        or type(given["size"]) is not int
    ):
        raise Malformed(_("A file has a name, its digest and its size."), code="bad-file")
    return given


def decoded(text: str) -> bytes:
    """A file as it travels in base64; raises :class:`Malformed`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(_("Send the base64 of the bytes."), code="bad-base64") from None


def party_of(contract: Contract, user: User | None, at: Any = None) -> Organisation | None:
    """The side of the contract for which this person acts."""
    sides = (contract.award.lot.project.tenderee, contract.award.winner)
    return next((one for one in sides if access.acts_for(user, one.pk, at)), None)


def other_side(contract: Contract, side: Organisation) -> Organisation:
    """The side that answers."""
    tenderee, winner = contract.award.lot.project.tenderee, contract.award.winner
    return winner if side.pk == tenderee.pk else tenderee


def _party(scene: Scene, contract: Contract) -> Organisation:
    found = party_of(contract, scene.actor.user, scene.now)
    if found is None:
        raise Denied(_("You are no party to this contract."), code="wrong-organisation")
    return found


def prepare_entry(
    person: User, lot: UUID, signed: Signed, *, file: bytes | None = None
) -> EnterPerformance:
    """The act of a signed entry and of the very file that it names; checks all without a lock."""
    accepted = accept(person, signed, purpose=PURPOSE, fields=FIELDS)
    named = Entry.read(accepted.value).file
    kept = None if file is None else store.put(file)
    given = None if kept is None else (kept.sha256, kept.size)
    if given != (None if named is None else (named["sha256"], named["size"])):
        raise Malformed(
            _("The file is not the one that the statement names."), code="other-file"
        )
    return EnterPerformance(lot=lot, signed=accepted, size=len(signed.statement))


def prepare_answer(person: User, lot: UUID, entry: UUID, signed: Signed) -> AnswerPerformance:
    """The act of a signed answer."""
    accepted = accept(person, signed, purpose=ANSWER_PURPOSE, fields=ANSWER_FIELDS)
    return AnswerPerformance(lot=lot, entry=entry, signed=accepted, size=len(signed.statement))


@command(ENTER)
@dataclass(frozen=True, kw_only=True)
class EnterPerformance(LotAct):
    """Enter what happened in the performance of the contract; the other side is told."""

    signed: Accepted
    size: int

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        contract = contracts.contract_of(lot)
        side = _party(scene, contract)
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        said = self.signed.value
        if (said["lot"], said["contract"], said["side"]) != (lot.urn, contract.urn, side.urn):
            raise Refused(
                _("The statement is about another contract, or for the other side."),
                code="other-contract",
            )
        entry = Entry.read(said)
        self._check_day(contract, entry, scene)
        if entry.kind is EntryKind.ACCEPTANCE:
            _require_open_acceptance(contract)
        row = PerformanceEntry.objects.create(
            contract=contract,
            by=side,
            kind=entry.kind,
            happened_on=entry.on,
            text=entry.text,
            amount=entry.amount,
            passed=entry.passed,
            file=dict(entry.file or {}),
            digests=self.signed.digests(),
            entered_at=scene.now,
        )
        self._file(scene, lot, row)
        scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "contract": contract.urn, "kind": entry.kind.value},
            receipt_for=(side.urn, other_side(contract, side).urn),
        )
        messages.send(
            scene,
            to=[other_side(contract, side)],
            template="performance-entered",
            lot=lot,
            context={"name": side.name},
        )
        return {"entry": str(row.pk), "urn": row.urn}

    def _check_day(self, contract: Contract, entry: Entry, scene: Scene) -> None:
        signed = contract.signed_at
        first = None if signed is None else calendar.local_day(signed)
        today = calendar.local_day(scene.now)
        if first is None or not first <= entry.on <= today:
            raise Refused(
                _("It happened between the day of the contract (%(first)s) and today.")
                % {"first": first.isoformat() if first else "—"},
                code="bad-date",
            )

    def _file(self, scene: Scene, lot: Lot, row: PerformanceEntry) -> None:
        audience = [*READERS, row.contract.award.winner.urn]
        facts = {"entry": row.urn, "kind": row.kind, "by": row.by.urn}
        dossier.file(
            scene,
            lot=lot,
            kind=ENTRY,
            name=f"performance-{row.happened_on.isoformat()}.json",
            digest=self.signed.statement,
            size=self.size,
            media_type="application/json",
            facts={**facts, "amount": None if row.amount is None else str(row.amount)},
            audience=audience,
        )
        if row.file:
            dossier.file(
                scene,
                lot=lot,
                kind="performance-file",
                name=row.file["name"],
                digest=row.file["sha256"],
                size=row.file["size"],
                media_type="application/octet-stream",
                facts=facts,
                audience=audience,
            )


def _require_open_acceptance(contract: Contract) -> None:
    rows = contract.entries.filter(kind=EntryKind.ACCEPTANCE)
    if rows.filter(confirmed=True, passed=True).exists():
        raise Refused(_("The works were accepted already."), code="accepted-already")
    if rows.filter(answered_at__isnull=True).exists():
        raise Refused(
            _("An acceptance waits for the other side's answer."), code="acceptance-waits"
        )


@command(ANSWER)
@dataclass(frozen=True, kw_only=True)
class AnswerPerformance(LotAct):
    """Confirm the other side's entry, or dispute it and say why; once, signed."""

    entry: UUID
    signed: Accepted
    size: int

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        contract = contracts.contract_of(lot)
        side = _party(scene, contract)
        row = contract.entries.select_related("by").filter(pk=self.entry).first()
        if row is None:
            raise NotFound(_("There is no such entry."), code="unknown-entry")
        self.proceed(scene)
        self.signed.require_bound(scene.actor)
        if row.by_id == side.pk:
            raise Denied(_("The other side answers this entry."), code="own-entry")
        if row.answered_at is not None:
            raise Refused(
                _("This entry was answered already, and the answer stands."),
                code="answered-already",
            )
        said = self.signed.value
        if (said["lot"], said["entry"], said["digest"]) != (
            lot.urn, row.urn, row.digests["statement"],
        ):
            raise Refused(_("The statement is about another entry."), code="other-entry")
        text = said["text"].strip() if isinstance(said["text"], str) else ""
        if type(said["confirmed"]) is not bool or len(text) > LONGEST:
            raise Malformed(_("An answer confirms or disputes."), code="bad-answer")
        if not said["confirmed"] and not text:
            raise Malformed(_("Say why you dispute it."), code="reasons-missing")
        row.confirmed, row.answer, row.answered_at = said["confirmed"], text, scene.now
        row.answer_digests = self.signed.digests()
        row.save(update_fields=["confirmed", "answer", "answered_at", "answer_digests"])
        if row.kind == EntryKind.ACCEPTANCE and row.confirmed:
            self._accepted(scene, lot, row)
        scene.enter(
            subject=row.urn,
            digests=self.signed.digests(),
            context={"lot": lot.urn, "confirmed": row.confirmed},
            receipt_for=(side.urn, row.by.urn),
        )
        messages.send(
            scene,
            to=[row.by],
            template="performance-confirmed" if row.confirmed else "performance-disputed",
            lot=lot,
            context={"name": side.name, "reason": text},
        )
        return {"entry": str(row.pk), "confirmed": row.confirmed}

    def _accepted(self, scene: Scene, lot: Lot, row: PerformanceEntry) -> None:
        """What both sides signed is the acceptance, whatever its result."""
        dossier.file(
            scene,
            lot=lot,
            kind=ACCEPTANCE,
            name=f"acceptance-{row.happened_on.isoformat()}.json",
            digest=self.signed.statement,
            size=self.size,
            media_type="application/json",
            facts={
                "entry": row.urn,
                "passed": row.passed,
                "on": row.happened_on.isoformat(),
                "text": row.text,
                "statements": [row.digests, row.answer_digests],
            },
            audience=[*READERS, row.contract.award.winner.urn],
        )


def entries(lot: Lot) -> list[PerformanceEntry]:
    """What both sides noted, oldest first."""
    rows = PerformanceEntry.objects.filter(contract__award__lot=lot).select_related("by")
    return list(rows.order_by("entered_at", "pk"))


def accepted_on(lot: Lot) -> date | None:
    """The day of the acceptance that both sides signed with the result that it is accepted."""
    row = PerformanceEntry.objects.filter(
        contract__award__lot=lot, kind=EntryKind.ACCEPTANCE, passed=True, confirmed=True
    ).first()
    return None if row is None else row.happened_on


def works_accepted(scene: GuardScene) -> str | None:
    """Both sides have signed that the works are accepted; a lot that ended before has none."""
    ended = scene.lot.state != LotState.ACTIVE
    if ended or accepted_on(scene.lot):
        return None
    return _("The works are not accepted by both sides yet.")


def register() -> None:
    """Make the commands and the guard nameable; called when the app is ready."""
    registry.register_command(EnterPerformance.name, EnterPerformance)
    registry.register_command(AnswerPerformance.name, AnswerPerformance)
    registry.register_guard("works-accepted", works_accepted)
