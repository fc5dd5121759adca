"""A room's stream: opened, appended to and closed inside acts, vouched for by the ledger.

Everything that happens in a room is an event, appended in the transaction of the act that caused
it and delivered only after its commit (``bidding.domain.hub``). Lock order: the lot's row before
the room's.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bidding.domain import chain, hub, room_rows
from bidding.domain.room_kinds import ALL, NOBODY, Event, find, is_audience
from bidding.models import Room, RoomEvent
from signatures.domain.act import Scene
from signatures.domain.errors import NotFound, Refused

#: A live room's head stands in the ledger at least once a minute; the clock ticks in between.
LEDGER_EVERY = timedelta(seconds=45)
LEDGER_ACT = "bidding.ledger-room"

#: Tells every hub that audiences of this room changed; nobody sees it.
AUDIENCES_CHANGED = "audiences-changed"


def get(room: UUID) -> Room:
    """The room, unlocked; raises :class:`NotFound`."""
    found = room_rows.read(room)
    if found is None:
        raise NotFound(_("There is no such room."), code="no-such-room")
    return found


def live(lot: UUID, kind: str) -> Room | None:
    """The lot's open room of this kind, unlocked."""
    return Room.objects.filter(lot_id=lot, kind=kind, closed_at__isnull=True).first()


def lock(room: UUID) -> Room:
    """The room with its row locked until the end of the transaction; raises :class:`NotFound`."""
    found = room_rows.read(room, lock=True)
    if found is None:
        raise NotFound(_("There is no such room."), code="no-such-room")
    return _hold(found)


def open_room(scene: Scene, *, kind: str, lot: UUID, data: dict[str, Any] | None = None) -> Room:
    """Open a room and append its first event, ``opened``.

    Raises :class:`Refused` where the lot has an open room of this kind already.
    """
    find(kind)
    if live(lot, kind) is not None:
        raise Refused(
            _("This lot has an open room of this kind already."), code="room-already-open"
        )
    room = _hold(Room.objects.create(kind=kind, lot_id=lot, opened_at=scene.now))
    emit(scene, room, "opened", data or {})
    return room


def close_room(scene: Scene, room: Room, data: dict[str, Any] | None = None) -> Room:
    """Append the last event, ``closed``, close the room and put its head into the ledger.

    Returns the room as locked here.
    """
    room = _locked(room)
    require_open(room)
    emit(scene, room, "closed", data or {})
    room.closed_at = scene.now
    Room.objects.filter(pk=room.pk).update(closed_at=scene.now)
    ledger_head(scene, room)
    return room


def require_open(room: Room) -> None:
    """Raise :class:`Refused` unless the room is open."""
    if not room.is_open:
        raise Refused(_("This room is closed; its record can still be read."), code="room-closed")


def emit(
    scene: Scene,
    room: Room,
    kind: str,
    data: dict[str, Any],
    audience: str = ALL,
    *,
    by: str | None = None,
) -> Event:
    """Append one event to the room's stream, in the act's own transaction.

    ``data`` is JSON without floats (amounts and times are strings); it is shown to everybody in
    ``audience`` as it stands. ``by`` is the URN shown as the actor, where it must not be the
    person's own (a blind score). ``room`` is updated in place, so several events may follow one
    another. Sockets get the event after the commit, never before.
    """
    if not is_audience(audience):
        raise RuntimeError(f"{audience} is no audience.")
    head = _locked(room)
    salt = secrets.token_bytes(chain.SALT_SIZE)
    event = Event(
        seq=head.seq + 1,
        at=scene.now,
        kind=kind,
        audience=audience,
        actor=scene.actor.urn if by is None else by,
        data=data,
    )
    value = chain.link(head.pk, bytes(head.chain), record(event, salt))
    room_rows.append(head, event, salt=salt, chain=value)
    room.seq, room.chain = event.seq, value
    _wake(scene, head.pk)
    return event


def enter_stage(scene: Scene, room: Room, stage: str, audience: str = ALL) -> Event:
    """Move the room to its next stage: an event ``stage``, and the head goes into the ledger."""
    head = _locked(room)
    event = emit(scene, head, "stage", {"stage": stage, "ended": head.stage}, audience)
    Room.objects.filter(pk=head.pk).update(stage=stage)
    ledger_head(scene, head)
    for name in ("seq", "chain", "ledgered_seq", "ledgered_at"):
        setattr(room, name, getattr(head, name))
    head.stage = room.stage = stage
    return event


def audiences_changed(scene: Scene, room: Room) -> Event:
    """Say that somebody's rights in this room changed.

    Every hub asks again what each socket may see before it delivers any later event.
    """
    return emit(scene, room, AUDIENCES_CHANGED, {}, NOBODY)


def ledger_head(scene: Scene, room: Room) -> None:
    """Put the head of the room's chain into the ledger: a public leaf, which reveals nothing."""
    scene.enter(
        subject=room.urn,
        act=LEDGER_ACT,
        public=True,
        digests={"chain": bytes(room.chain).hex()},
        context={"kind": room.kind, "lot": str(room.lot_id), "seq": room.seq},
    )
    room.ledgered_seq, room.ledgered_at = room.seq, scene.now
    Room.objects.filter(pk=room.pk).update(ledgered_seq=room.seq, ledgered_at=scene.now)


# --- reading ------------------------------------------------------------------------------------


def head(room: UUID) -> tuple[int, bytes]:
    """``(seq, chain)``: the number of the last event, and the chain's value there."""
    found = Room.objects.filter(pk=room).values_list("seq", "chain").first()
    if found is None:
        raise NotFound(_("There is no such room."), code="no-such-room")
    return found[0], bytes(found[1])


def events(
    room: UUID, *, after: int = 0, until: int | None = None, audiences: frozenset[str] | None = None
) -> Iterator[Event]:
    """The events with ``after < seq <= until``, only those of ``audiences`` where given."""
    rows = RoomEvent.objects.filter(room_id=room, seq__gt=after).order_by("seq")
    if until is not None:
        rows = rows.filter(seq__lte=until)
    if audiences is not None:
        rows = rows.filter(audience__in=sorted(audiences))
    for row in rows.values_list("seq", "at", "kind", "audience", "actor", "data"):
        yield Event(*row)


def transcript(room: UUID) -> list[dict[str, Any]]:
    """The whole stream as the archive keeps it: records with their salt and chain in hex.

    ``chain.follow`` checks it. It holds every event, whatever its audience.
    """
    rows = RoomEvent.objects.filter(room_id=room).order_by("seq")
    return [
        {
            **chain.record(
                seq=row.seq,
                at=row.at,
                kind=row.kind,
                audience=row.audience,
                actor=row.actor,
                data=row.data,
                salt=bytes(row.salt),
            ),
            "chain": bytes(row.chain).hex(),
        }
        for row in rows.iterator(chunk_size=1000)
    ]


def record(event: Event, salt: bytes) -> dict[str, Any]:
    """The event as the chain hashes it."""
    return chain.record(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        audience=event.audience,
        actor=event.actor,
        data=event.data,
        salt=salt,
    )


# --- inside -------------------------------------------------------------------------------------


def _hold(room: Room) -> Room:
    """Remember on the instance which transaction block holds its row's lock."""
    blocks = transaction.get_connection().atomic_blocks
    room._held_by = blocks[-1] if blocks else None  # type: ignore[attr-defined]
    return room


def _locked(room: Room) -> Room:
    """``room`` itself when this transaction holds its lock, else the row, freshly locked."""
    holder = getattr(room, "_held_by", None)
    if any(block is holder for block in transaction.get_connection().atomic_blocks):
        return room
    return lock(room.pk)


def _wake(scene: Scene, room: UUID) -> None:
    """Once an act and room: have the hubs told when the act stands."""
    call = hub.Announcement(room)
    if call not in scene.afterwards:
        hub.notify_on_commit(room)
        scene.after(call)
