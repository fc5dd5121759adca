"""Opening a draw: its record is published before anybody commits, once for one event."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from trading import access
from trading.domain import drawing_parties, drawing_purposes, messages
from trading.domain.acts import lock_lot
from trading.domain.draw_record import Record, check_record
from trading.domain.draws import phase_digests
from trading.domain.signed import Accepted
from trading.enums import DrawPhase
from trading.models import Draw, Lot

OPEN_ACT = "trading.open-draw"
REDRAW = "sunlit.redraw/1"
REDRAW_FIELDS = frozenset({"before", "reason"})
#: How long the parties of a phase may be given, in seconds.
SHORTEST, LONGEST = 60, 30 * 86400
USUAL = 86400
#: Below this many parties that are not at fault a void draw is not simply repeated.
REMAINING = 2
MAXIMUM_REASON = 2000
OPEN = (DrawPhase.RECORD, DrawPhase.COMMITMENTS, DrawPhase.REVEALS)


def new_id() -> str:
    """A fresh draw's URN, which is the ``id`` of its record."""
    return f"{Draw.urn_kind}:{uuid4()}"


def purpose_of(purpose: str, before: Draw | None = None) -> str:
    """The ``purpose`` that a record must hold; that of a repetition names the draw before it."""
    return purpose if before is None else f"{purpose}; repeats {before.urn}"


def alias(salt: bytes, real: str) -> str:
    """SHA-256("SUNLIT-ALIAS-1|" ‖ salt ‖ id) in hex: a candidate's name where it stays secret."""
    return hashlib.sha256(b"SUNLIT-ALIAS-1|" + salt + real.encode()).hexdigest()


def make_aliases(real: Iterable[str]) -> dict[str, dict[str, str]]:
    """Aliases with fresh salts, ``{alias: {"id", "salt"}}``, as :func:`open_draw` keeps them."""
    found = {}
    for each in real:
        salt = secrets.token_bytes(32)
        found[alias(salt, each)] = {"id": each, "salt": salt.hex()}
    return found


def real_id(draw: Draw, candidate: str) -> str:
    """Who a candidate of this draw is: what its alias hides, else the id itself."""
    known = draw.aliases.get(candidate)
    return candidate if known is None else str(known["id"])


@command(OPEN_ACT)
@dataclass(frozen=True, kw_only=True)
class OpenDraw(Act):
    """Open a draw on a lot, by whom its purpose allows.

    ``before`` names the draw of the same event that is repeated, ``reason`` is the signed
    ``sunlit.redraw/1`` that says why. Result: ``{"draw": uuid, "urn", "number", "record":
    digest}``.
    """

    public: ClassVar[bool] = True

    lot: UUID
    purpose: str
    record: dict[str, Any]
    commit_seconds: int = USUAL
    reveal_seconds: int = USUAL
    before: UUID | None = None
    reason: Accepted | None = None

    def permit(self, actor: Actor) -> None:
        openers = drawing_purposes.find(self.purpose).openers
        if access.actor_roles(actor, self.lot).isdisjoint(openers):
            raise Denied(
                _("You may not open a draw for “%(purpose)s” on this lot.")
                % {"purpose": self.purpose},
                code="wrong-role",
            )

    def lock(self) -> Lot:
        return lock_lot(self.lot, share=True)

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        draw = open_draw(
            scene,
            purpose=self.purpose,
            subject=lot.urn,
            lot=lot,
            record=self.record,
            commit_seconds=self.commit_seconds,
            reveal_seconds=self.reveal_seconds,
            before=find_draw(self.before) if self.before is not None else None,
            reason=self.reason,
        )
        return opened(draw)


def opened(draw: Draw) -> Result:
    """What an act that opened a draw answers."""
    return {
        "draw": str(draw.pk),
        "urn": draw.urn,
        "number": draw.number,
        "record": draw.record_digest,
    }


def find_draw(identifier: UUID) -> Draw:
    """The draw, unlocked; raises :class:`NotFound`."""
    row = Draw.objects.select_related("lot", "before").filter(pk=identifier).first()
    if row is None:
        raise NotFound(_("There is no such draw."), code="unknown-draw")
    return row


def open_draw(
    scene: Scene,
    *,
    purpose: str,
    subject: str,
    record: dict[str, Any],
    lot: Lot | None = None,
    commit_seconds: int = USUAL,
    reveal_seconds: int = USUAL,
    before: Draw | None = None,
    reason: Accepted | None = None,
    aliases: dict[str, dict[str, str]] | None = None,
) -> Draw:
    """Publish a draw's record, inside an act that has locked ``subject`` and checked the actor.

    ``record`` is of version SUNLIT-DRAW-1 with ``id`` from :func:`new_id` and ``purpose`` from
    :func:`purpose_of`; ``subject`` is the URN of what is drawn for. Raises :class:`Malformed`
    (``DrawError``) for a record that is not right and :class:`Refused` for parties without
    opposed interests, a second draw of the event without its reason, or what the purpose's own
    check says.
    """
    wanted = drawing_purposes.find(purpose)
    checked = check_record(record)
    identifier = _identifier(checked)
    _check_times(commit_seconds, reveal_seconds)
    number = _check_repetition(scene, checked, purpose, subject, before, reason)
    if checked.purpose != purpose_of(purpose, before):
        raise Malformed(
            _("The record's purpose must be “%(purpose)s”.")
            % {"purpose": purpose_of(purpose, before)},
            code="wrong-purpose",
        )
    drawing_parties.check(checked.parties, at=scene.now)
    _check_aliases(checked, aliases or {})
    draw = Draw(
        pk=identifier,
        purpose=purpose,
        subject=subject,
        number=number,
        lot=lot,
        record=record,
        record_digest=checked.digest.hex(),
        aliases=aliases or {},
        phase=DrawPhase.RECORD,
        opened_by=scene.actor.urn,
        opened_at=scene.now,
        commit_seconds=commit_seconds,
        reveal_seconds=reveal_seconds,
        before=before,
        reason=reason.value["reason"] if reason is not None else "",
        reason_digests=reason.digests() if reason is not None else {},
    )
    if wanted.check is not None:
        wanted.check(scene, draw)
    draw.save(force_insert=True)
    enter_phase(
        scene,
        draw,
        "record",
        act=OPEN_ACT,
        digests=phase_digests("record", record),
        context={
            "purpose": purpose,
            "subject": subject,
            "number": number,
            "before": None if before is None else before.urn,
            "reason": draw.reason_digests.get("statement"),
            "commit-seconds": commit_seconds,
            "reveal-seconds": reveal_seconds,
        },
    )
    announce(scene, draw, "draw-opened", minutes=str(commit_seconds // 60))
    return draw


def enter_phase(
    scene: Scene,
    draw: Draw,
    phase: str,
    *,
    digests: dict[str, str],
    act: str = "",
    context: dict[str, Any] | None = None,
) -> None:
    """Put the plain leaf down that closes a phase; the draw remembers where it stands."""

    def place(leaf: int) -> None:
        draw.leaves = {**draw.leaves, phase: leaf}
        draw.save(update_fields=["leaves"])

    pending = scene.enter(
        subject=draw.urn, act=act, public=True, digests=digests, context=context, urgent=True
    )
    pending.placed.append(place)


def announce(scene: Scene, draw: Draw, template: str, **values: str) -> None:
    """Tell the draw's parties, with evidence."""
    messages.send(
        scene,
        to=drawing_parties.organisations(draw.record["parties"]),
        template=template,
        context={"draw": draw.urn, "purpose": draw.purpose, "number": str(draw.number), **values},
        evidence=True,
    )


def _identifier(record: Record) -> UUID:
    kind, _colon, text = record.id.partition(":")
    identifier: UUID | None = None
    with suppress(ValueError):
        identifier = UUID(text)
    if kind != Draw.urn_kind or identifier is None or str(identifier) != text:
        raise Malformed(
            _("The record's id must be draw: and a UUID of your own making."), code="bad-draw-id"
        )
    if Draw.objects.filter(pk=identifier).exists():
        raise Conflict(_("There is a draw with this id already."), code="draw-exists")
    return identifier


def _check_times(*seconds: int) -> None:
    if not all(type(each) is int and SHORTEST <= each <= LONGEST for each in seconds):
        raise Malformed(
            _("Parties get from %(least)d seconds to %(most)d days for each phase.")
            % {"least": SHORTEST, "most": LONGEST // 86400},
            code="bad-duration",
        )


def _check_aliases(record: Record, aliases: dict[str, dict[str, str]]) -> None:
    ids = {name for each in record.candidates for name in (each.id, each.organisation)}
    for name, hidden in aliases.items():
        if name not in ids or alias(bytes.fromhex(hidden["salt"]), hidden["id"]) != name:
            raise Malformed(_("An alias is none of a candidate of the record."), code="bad-alias")


def _check_repetition(
    scene: Scene,
    record: Record,
    purpose: str,
    subject: str,
    before: Draw | None,
    reason: Accepted | None,
) -> int:
    """The number of the new draw; a second one names the first, and says why, signed.

    After a void draw the silent parties are left out, the others stay, and the void draw's own
    leaf is the reason; where fewer than two remain it counts as failed.
    """
    earlier = list(Draw.objects.filter(purpose=purpose, subject=subject).order_by("number"))
    last = earlier[-1] if earlier else None
    if last is None:
        if before is not None or reason is not None:
            raise Refused(_("This is the first draw; it repeats none."), code="no-draw-before")
        return 1
    if last.phase in OPEN:
        raise Refused(
            _("The draw %(draw)s for this is not over yet.") % {"draw": last.urn},
            code="draw-under-way",
        )
    if before is None or before.pk != last.pk:
        raise Refused(
            _("This was drawn before. A repetition names the draw %(draw)s.") % {"draw": last.urn},
            code="drawn-already",
        )
    silent = {party for one in earlier for party in one.at_fault}
    if silent & set(record.parties):
        raise Refused(
            _("Whoever made a draw void is left out of its repetition: %(parties)s.")
            % {"parties": ", ".join(sorted(silent & set(record.parties)))},
            code="party-at-fault",
        )
    remaining = set(last.record["parties"]) - silent
    if last.phase == DrawPhase.VOID and len(remaining) >= REMAINING:
        if not remaining <= set(record.parties):
            raise Refused(
                _("The parties that were not at fault stay in the repetition: %(parties)s.")
                % {"parties": ", ".join(sorted(remaining))},
                code="party-missing",
            )
        return last.number + 1
    _check_reason(scene, last, reason)
    return last.number + 1


def _check_reason(scene: Scene, before: Draw, reason: Accepted | None) -> None:
    if reason is None:
        raise Refused(
            _("A second draw needs a signed reason (%(purpose)s).") % {"purpose": REDRAW},
            code="reason-missing",
        )
    reason.require_bound(scene.actor)
    text = reason.value.get("reason")
    if reason.value["purpose"] != REDRAW or reason.value.get("before") != before.urn:
        raise Refused(_("The signed reason is about another draw."), code="wrong-reason")
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= MAXIMUM_REASON:
        raise Malformed(
            _("A reason has 1 to %(most)d characters.") % {"most": MAXIMUM_REASON},
            code="bad-reason",
        )
