"""What an opening hall knows: its commands, what it hears of sealing, what procedures name."""

from __future__ import annotations

from bidding.domain import (
    attendance,
    hall,
    hall_acts,
    opening_records,
    printable,
    room_commands,
    sealing_events,
)
from signatures.domain import signing_documents
from trading.domain import registry


def register() -> None:
    """Make all of it known; called once, when the app is ready."""
    for name, act in (
        ("start", hall_acts.StartOpening),
        ("read-out", hall_acts.ReadOutBid),
        ("close", hall_acts.CloseOpening),
    ):
        room_commands.register(hall.KIND, name, act)
    for name, said in (
        ("object", hall_acts.ObjectOpening),
        ("answer", hall_acts.AnswerObjection),
    ):
        room_commands.register(hall.KIND, name, said, prepare=printable.read(said))
    room_commands.register(
        hall.KIND, "attend", attendance.AttendOpening, prepare=attendance.prepare_attendance
    )
    room_commands.register(
        hall.KIND, "confirm", attendance.ConfirmOpening, prepare=attendance.prepare_confirmation
    )
    registry.register_command(hall_acts.CloseOpening.name, hall_acts.CloseOpening)
    sealing_events.listen(sealing_events.FROZEN, hall.on_frozen)
    signing_documents.on_complete(opening_records.PURPOSE, opening_records.complete)
