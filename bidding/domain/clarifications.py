"""A committee asks a tenderer about its bid: in writing, once, with a time to answer (TBR 52).

The chair asks on the committee's behalf. While scoring is blind the committee knows the bid by its
code and the tenderer learns neither the code nor who asks; no receipt, no message and no exhibit
of the tenderer's names either. The answer is in ``bidding.domain.clarification_answers``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from bidding.domain import evaluation, filing, rooms
from bidding.domain.evaluation_acts import (
    enter_locked,
    require_chair,
    require_seat,
    require_unreported,
)
from bidding.enums import BidState
from bidding.models import Bid, BidCode, Clarification, Envelope, Evaluation, Room
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from trading.domain import grounds, messages, planning, questions
from trading.domain.acts import LotAct
from trading.models import Exhibit, Lot

ASK = "bidding.ask-clarification"
BLIND = grounds.declare("questions-without-names", step=ASK)
ASKED, ANSWERED, LAPSED, MOVED = (
    "clarification-asked",
    "clarification-answered",
    "clarification-lapsed",
    "clarification-moved",
)
#: Minutes that a tenderer gets to answer, and characters of what is asked.
SHORTEST, LONGEST = 10, 2 * 24 * 60
POINT, QUESTION = 200, 2000
#: What else of a bid the committee may ask about once it knows whose it is.
_NAMED_SLOTS = frozenset({2, 4})
#: A document whose own name is not on record.
NAMELESS = "技术文件 / technical document"


# --- what may be asked about ---------------------------------------------------------------------


@dataclass(frozen=True)
class Askable:
    """A document of a bid that the committee reads, and the bid's code."""

    code: str
    exhibit: Exhibit


def askable(row: Evaluation) -> list[Askable]:
    """The documents that may be asked about now, by code: blind ones, and once the technical
    result is fixed also what was opened of qualification and price."""
    lot, coded = row.committee.lot, evaluation.coded(row.committee)
    out = evaluation.rejected_codes(row)
    going_on = {
        code: bid for code, bid in coded.items()
        if code not in out and bid.state == BidState.FROZEN
    }  # fmt: skip
    kinds = [evaluation.DOCUMENT]
    if row.frozen_at is not None:
        kinds += [filing.DOCUMENT, filing.PRICE]
    codes = {bid.urn: code for code, bid in going_on.items()}
    found = []
    for exhibit in Exhibit.objects.filter(lot=lot, kind__in=kinds).order_by("filed_at", "pk"):
        facts = exhibit.facts
        if exhibit.kind == evaluation.DOCUMENT:
            code = str(facts.get("code"))
        elif facts.get("slot") in _NAMED_SLOTS:
            code = codes.get(str(facts.get("bid")), "")
        else:
            continue
        if code in going_on:
            found.append(Askable(code, exhibit))
    return sorted(found, key=lambda each: (each.code, each.exhibit.kind != evaluation.DOCUMENT))


def own_names(rows: Sequence[Clarification]) -> dict[UUID, str]:
    """By question, its document's name as the tenderer gave it: the committee's own name tells the
    code."""
    blind = [row for row in rows if row.document.kind == evaluation.DOCUMENT]
    given: dict[tuple[UUID, str], str] = {}
    if blind:
        envelopes = Envelope.objects.filter(
            version__bid__in={row.bid_id for row in blind}, slot=evaluation.TECHNICAL_SLOT
        )
        bids = {each.urn: each.version.bid_id for each in envelopes.select_related("version")}
        originals = Exhibit.objects.filter(
            lot__in={row.document.lot_id for row in blind},
            kind=filing.DOCUMENT,
            digest__in={row.document.digest for row in blind},
        )
        for each in originals:
            bid = bids.get(str(each.facts.get("envelope")))
            if bid is not None:
                given.setdefault((bid, each.digest), each.name)
    return {
        row.pk: given.get((row.bid_id, row.document.digest), NAMELESS)
        if row.document.kind == evaluation.DOCUMENT
        else row.document.name
        for row in rows
    }


def own_name(row: Clarification) -> str:
    """The name of one question's document, as :func:`own_names` gives it."""
    return own_names([row])[row.pk]


# --- finding -------------------------------------------------------------------------------------


def named(row: Clarification) -> dict[str, Any]:
    """What every event in the room says of a question: its id, its bid's code, its number."""
    code = BidCode.objects.get(bid=row.bid).code
    return {"clarification": str(row.pk), "bid": code, "number": row.number}


def rule(lot: Lot) -> str:
    """By which article a committee asks and a tenderer answers."""
    return grounds.by_step(lot, ASK)


def of_lot(lot: Lot) -> list[Clarification]:
    """Every question of the lot's evaluation with its bid and tenderer, oldest first."""
    rows = Clarification.objects.filter(evaluation__committee__lot=lot)
    return list(
        rows.select_related("bid__tenderer", "document__lot").order_by("asked_at", "bid", "number")
    )


def require_settled(row: Evaluation) -> None:
    """No answer is awaited any more; raises :class:`Refused`. The report holds them all."""
    waiting = Clarification.objects.filter(
        evaluation=row, answered_at__isnull=True, lapsed_at__isnull=True
    )
    last = waiting.order_by("-until").first()
    if last is not None:
        raise Refused(
            _("A tenderer has until %(until)s to answer the committee's question. The report is"
              " laid out after that.") % {"until": planning.shown(last.until)},
            code="clarification-awaited",
            rule=rule(row.committee.lot),
        )


# --- asking --------------------------------------------------------------------------------------


@command(ASK)
@dataclass(frozen=True, kw_only=True)
class AskClarification(LotAct):
    """The chair asks, on the committee's behalf, about something unclear in a bid.

    ``document`` is one of :func:`askable`, which tells the bid; ``point`` says where in it;
    ``minutes`` is the time to answer, 10 to 2880. Neither text may tell a code, a member or a
    tenderer. Result: ``{"clarification", "bid": code, "number", "until", "seq"}``.
    """

    share: ClassVar[bool] = True

    document: UUID
    point: str
    question: str
    minutes: int

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        row, room = self._open(scene, lot)
        asked = next(
            (each for each in askable(row) if each.exhibit.pk == self.document), None
        )
        if asked is None:
            raise NotFound(
                _("The committee reads no such document of a bid that is still evaluated."),
                code="no-such-document",
            )
        point, question = self._words(row)
        if type(self.minutes) is not int or not SHORTEST <= self.minutes <= LONGEST:
            raise Malformed(
                _("The time to answer is %(least)d minutes to %(most)d hours.")
                % {"least": SHORTEST, "most": LONGEST // 60},
                code="bad-minutes",
            )
        bid = evaluation.coded(row.committee)[asked.code]
        made = self._make(scene, row, bid, asked, point, question)
        self._tell(scene, lot, room, made, asked)
        return {
            "clarification": str(made.pk),
            "bid": asked.code,
            "number": made.number,
            "until": jcs.timestamp(made.until),
            "seq": room.seq,
        }

    def _open(self, scene: Scene, lot: Lot) -> tuple[Evaluation, Room]:
        """The evaluation and its room, locked, when the chair may ask."""
        row, room = enter_locked(lot)
        require_seat(row.committee, scene.actor)
        require_chair(room, scene.actor)
        require_unreported(row)
        return row, room

    def _words(self, row: Evaluation) -> tuple[str, str]:
        point = checked(self.point, POINT, "bad-point")
        question = checked(self.question, QUESTION, "bad-question")
        for text in (point, question):
            _require_discreet(row, text)
        return point, question

    def _make(
        self, scene: Scene, row: Evaluation, bid: Bid, asked: Askable, point: str, question: str
    ) -> Clarification:
        assert scene.actor.user is not None  # a member sits on the committee
        last = Clarification.objects.filter(bid=bid).aggregate(last=Max("number"))["last"] or 0
        return Clarification.objects.create(
            evaluation=row,
            bid=bid,
            number=last + 1,
            document=asked.exhibit,
            point=point,
            question=question,
            asked_by=scene.actor.user,
            asked_at=scene.now,
            until=_whole_minute(scene.now + timedelta(minutes=self.minutes)),
        )

    def _tell(
        self, scene: Scene, lot: Lot, room: Room, made: Clarification, asked: Askable
    ) -> None:
        rooms.emit(
            scene,
            room,
            ASKED,
            {
                **named(made),
                "document": str(asked.exhibit.pk),
                "name": asked.exhibit.name,
                "point": made.point,
                "question": made.question,
                "until": jcs.timestamp(made.until),
            },
        )
        scene.enter(
            subject=made.urn,
            digests={"question": hashlib.sha256(made.question.encode()).hexdigest()},
            context={
                "lot": lot.urn,
                "room": room.urn,
                "document": asked.exhibit.urn,
                "until": jcs.timestamp(made.until),
            },
            receipt_for=(scene.actor.urn,),
        )
        # Without evidence: its entry would be the chair's, and the tenderer would hold a receipt
        # that names a member. Opening the message leaves an entry of the tenderer's own.
        messages.send(
            scene,
            to=[made.bid.tenderer],
            template="clarification-asked",
            lot=lot,
            context={"until": planning.shown(made.until)},
        )


def _whole_minute(at: datetime) -> datetime:
    """The moment, or the next whole minute: people are told minutes, and are never told more time
    than they have."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def checked(text: str, most: int, code: str) -> str:
    """The text, composed, with plain blanks and line ends and no blanks around it; raises
    :class:`Malformed`."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " ")).strip()
    if not 1 <= len(text) <= most or not any(char.isalnum() for char in text):
        raise Malformed(_("Say it in 1 to %(most)d characters.") % {"most": most}, code=code)
    return text


def _require_discreet(row: Evaluation, text: str) -> None:
    """Refuse words by which the tenderer would learn its code, a member or another tenderer."""
    coded = evaluation.coded(row.committee)
    if any(_writes(text, code) for code in coded):
        raise Refused(
            _("The tenderer must not learn its code. Write “your bid” and name page and clause."),
            code="names-code",
            rule=BLIND.of(row.committee.lot),
        )
    # Whoever was drawn: alternates and those who left are secret as well.
    people = [seat.user for seat in row.committee.seats.select_related("user")]
    hidden = [each.full_name for each in people] + [each.username for each in people]
    hidden += [each.tenderer.name for each in coded.values()]
    name = questions.named_in(text, hidden)
    if name:
        raise Refused(
            _("“%(name)s” stands in it. The tenderer learns of no member and of no other tenderer;"
              " ask without names.") % {"name": name},
            code="names-somebody",
            rule=BLIND.of(row.committee.lot),
        )


def _writes(text: str, code: str) -> bool:
    """Whether the text has this code, as somebody might write it: T02, t-02, Ｔ０２."""
    pattern = rf"(?<![A-Za-z0-9]){code[0]}[ -]?{code[1:]}(?!\d)"
    return re.search(pattern, unicodedata.normalize("NFKC", text), re.IGNORECASE) is not None


# --- standing still ------------------------------------------------------------------------------


def on_resume(scene: Scene, lot: Lot, since: datetime) -> None:
    """What was awaited when the lot was suspended is awaited for as much longer as it stood."""
    room = evaluation.live_room(lot.pk)
    rows = Clarification.objects.filter(
        evaluation__committee__lot=lot,
        answered_at__isnull=True,
        lapsed_at__isnull=True,
        until__gt=since,
    )
    for row in rows.order_by("asked_at", "pk"):
        row.until += scene.now - since
        row.save(update_fields=["until"])
        if room is not None:
            data = {**named(row), "until": jcs.timestamp(row.until)}
            rooms.emit(scene, room, MOVED, data, by=room.urn)
