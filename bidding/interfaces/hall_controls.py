"""What somebody may do in an opening hall now, as forms; what would be refused is not offered.

The acts of ``bidding.domain.hall_acts`` and ``attendance`` decide again, whatever stands here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from bidding.domain import attendance, hall
from bidding.interfaces.hall_forms import (
    AnswerForm,
    AttendForm,
    CloseForm,
    ConfirmForm,
    ObjectForm,
    ReadOutForm,
    StartForm,
)
from bidding.interfaces.hall_page import Bidder, Page
from bidding.interfaces.room_forms import RoomForm
from signatures.models import User
from trading import access
from trading.enums import LotState
from trading.models import Lot, Organisation


@dataclass(frozen=True)
class Answerable:
    """An objection that waits, and the form that answers it."""

    number: int
    name: str
    text: str
    form: RoomForm


@dataclass(frozen=True)
class Controls:
    """One person's forms; None or empty for what they cannot do now.

    ``missing`` says what the host waits for before closing. ``attending`` and ``confirming`` are
    the organisations for which a statement can be signed.
    """

    host: bool = False
    start: RoomForm | None = None
    next: Bidder | None = None
    read_out: RoomForm | None = None
    close: RoomForm | None = None
    missing: tuple[str, ...] = ()
    answers: tuple[Answerable, ...] = ()
    attend: RoomForm | None = None
    attending: tuple[Organisation, ...] = ()
    confirm: RoomForm | None = None
    confirming: Bidder | None = None
    object: RoomForm | None = None

    @property
    def any(self) -> bool:
        """Whether there is anything to do or to wait for."""
        parts = (self.host, self.attend, self.confirm, self.object)
        return any(bool(part) for part in parts)


def build(
    page: Page, lot: Lot, person: User | None, at: datetime, given: RoomForm | None = None
) -> Controls:
    """The forms for ``person``; ``given`` is one that came back with mistakes, kept as typed."""
    running = page.room.is_open and lot.stage == hall.STAGE and lot.state == LotState.ACTIVE
    if person is None or not running:
        return Controls()
    host = not hall.HOSTS.isdisjoint(access.roles_of(person, lot, at))
    started = page.state["started"] is not None
    mine = [each for each in page.bidders if each.mine]
    bids = hall.frozen_bids(lot).filter(
        tenderer__in=[each.pk for each in access.organisations_of(person, at)]
    )
    attending = _attending(page, lot, person, at)
    confirming = next((each for each in mine if _confirmable(page, each)), None)
    following = next((each for each in page.bidders if _readable(each)), None)
    missing = _missing(page, lot) if host and started else ()
    return Controls(
        host=host,
        start=_form(StartForm, given) if host and not started else None,
        next=following if host and started else None,
        read_out=_form(ReadOutForm, given, bid=following.bid)
        if host and started and following is not None
        else None,
        close=_form(CloseForm, given) if host and started and not missing else None,
        missing=missing,
        answers=_answers(page, given) if host else (),
        attend=_form(AttendForm, given) if attending else None,
        attending=attending,
        confirm=None if confirming is None else _form(ConfirmForm, given),
        confirming=confirming,
        object=_form(ObjectForm, given) if started and bids.exists() else None,
    )


def _readable(bidder: Bidder) -> bool:
    return bidder.sheet is not None and not bidder.number and not bidder.lost


def _confirmable(page: Page, bidder: Bidder) -> bool:
    return bool(bidder.number) and bidder.here and not bidder.confirmed


def _form(kind: type[RoomForm], given: RoomForm | None, key: str = "", **initial: str) -> RoomForm:
    """The form, or the one that came back; ids are unique on the page."""
    if isinstance(given, kind) and (not key or given.data.get("objection") == key):
        return given
    return kind(initial=initial, auto_id=f"{kind.command}{key}-%s")


def _answers(page: Page, given: RoomForm | None) -> tuple[Answerable, ...]:
    return tuple(
        Answerable(
            number=each["number"],
            name=each["name"],
            text=each["text"],
            form=_form(AnswerForm, given, str(each["number"]), objection=str(each["number"])),
        )
        for each in page.objections
        if each["answer"] is None
    )


def _attending(
    page: Page, lot: Lot, person: User, at: datetime
) -> tuple[Organisation, ...]:
    """For whom this person may sign in: once a person, for those with a part in the opening."""
    if any(each["person"] == person.urn for each in page.attended):
        return ()
    mine = access.organisations_of(person, at)
    return tuple(each for each in mine if attendance.roles_in(lot.pk, each))


def _missing(page: Page, lot: Lot) -> tuple[str, ...]:
    """What stands between the hall and its close, as :class:`CloseOpening` asks it."""
    found: list[str] = []
    waiting = hall.unopened(lot)
    if waiting:
        names = _joined(bid.tenderer.name for bid in waiting)
        found.append(_("Not opened yet: %(names)s.") % {"names": names})
    unread = [each.name for each in page.bidders if not each.number and not each.lost]
    if unread:
        found.append(_("Not read out yet: %(names)s.") % {"names": _joined(unread)})
    if any(each["answer"] is None for each in page.objections):
        found.append(_("An objection waits for its answer."))
    return tuple(found)


def _joined(names: Iterable[str]) -> str:
    return _(", ").join(names)
